"""A local command: it gets the event on its standard input, and says by its exit what it did."""

import asyncio
import contextlib
import os
import signal
from asyncio.subprocess import PIPE, STDOUT, Process

import msgspec

from monitor.config.settings import ENVIRONMENT_PREFIX
from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event
from monitor.triggers.trigger import RetryLaterError

MOST_TOLD_BYTES = 300
READ_BYTES = 2**16
REST_S = 0.2
"""How long the rest of what a command said is waited for; a process that it left behind may hold
its output open."""


class Command:
    """Runs a program for each event: a list of arguments, which no shell reads.

    It is the leader of a group of processes that is killed when the time is over. Its environment
    is driftd's without the variables that configure driftd, as those may hold secrets.
    """

    def __init__(self, config: TriggerConfig) -> None:
        """Take the program and its arguments."""
        assert config.command is not None, "it is a command"
        self._command = config.command

    async def deliver(self, event: Event) -> str:
        """Run the command to its end; any exit status but 0 means that it is run again later."""
        read_end, write_end = os.pipe()
        with os.fdopen(read_end, "rb") as output:
            process = await self._start(write_end)
            tail = bytearray()
            listening = asyncio.create_task(_keep_tail(output, tail))
            try:
                await _hand_over(process, msgspec.json.encode(event))
                await asyncio.wait({listening}, timeout=REST_S)
            finally:
                await _end(process)
                listening.cancel()
                await asyncio.wait({listening})
        said = tail.decode(errors="replace").strip()
        told = f": {said}" if said else ""
        if process.returncode != 0:
            raise RetryLaterError(f"{self._command[0]} ended with {_status(process)}{told}")
        return f"exit status 0{told}"

    async def _start(self, output: int) -> Process:
        """Start the program, whose end of the pipe is then its alone."""
        try:
            return await asyncio.create_subprocess_exec(
                *self._command,
                stdin=PIPE,
                stdout=output,
                stderr=STDOUT,
                env=environment(),
                start_new_session=True,
            )
        except OSError as error:
            told = error.strerror or str(error)
            raise RetryLaterError(f"{self._command[0]} cannot be run: {told}") from None
        finally:
            os.close(output)


def environment() -> dict[str, str]:
    """Return the environment without the variables that configure driftd."""
    return {
        key: value
        for key, value in os.environ.items()
        if not key.upper().startswith(ENVIRONMENT_PREFIX)
    }


async def _hand_over(process: Process, body: bytes) -> None:
    """Write a body to a process and wait until it ends; it need not read it."""
    assert process.stdin is not None, "it has a pipe"
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        process.stdin.write(body)
        await process.stdin.drain()
    process.stdin.close()
    await process.wait()


async def _keep_tail(output: object, tail: bytearray) -> None:
    """Read what a process says, and keep the end of it."""
    reader = asyncio.StreamReader()
    transport, _ = await asyncio.get_running_loop().connect_read_pipe(
        lambda: asyncio.StreamReaderProtocol(reader), output
    )
    try:
        while part := await reader.read(READ_BYTES):
            tail += part
            del tail[:-MOST_TOLD_BYTES]
    finally:
        transport.close()


async def _end(process: Process) -> None:
    """Kill a process that still runs, with what it started."""
    if process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()


def _status(process: Process) -> str:
    status = process.returncode
    assert status is not None, "it has ended"
    return f"signal {-status}" if status < 0 else f"exit status {status}"
