"""The process that runs a re-test beside the daemon: ``python -m monitor.retest.worker``."""

import json
import os
import sys
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from monitor.config import Settings
    from monitor.retest.result import Run

NICENESS = 19
"""The least claim to a processor: the daemon comes first."""

BUSY, FAILED = 75, 1
"""Exit codes: another process holds the model (EX_TEMPFAIL of sysexits.h), or the run failed."""


def main() -> int:
    """Run the re-test that standard input tells; end at once when that is closed.

    Told are the daemon's settings, the model, the re-test and the cause, as a line of JSON.
    """
    os.nice(NICENESS)
    packed, model, retest, cause = json.loads(sys.stdin.buffer.readline())
    threading.Thread(target=end_with_daemon, daemon=True).start()
    from monitor.config.load import unpack

    return run(unpack(packed.encode()), model, retest, cause)


def run(settings: "Settings", model: str, retest: str, cause: str) -> int:
    """Run a re-test and return the exit code."""
    import structlog

    from monitor import logs
    from monitor.reference.file import read_reference
    from monitor.retest.history import BusyError, History
    from monitor.retest.locked_run import inconclusive, run_locked

    logs.configure(settings.log.level, settings.log.format)
    log = structlog.get_logger()
    history = History(settings.state / "retests")
    begun: list[Run] = []
    try:
        reference = read_reference(settings.models[model].reference)
        run_locked(settings, reference, model, retest, cause, None, history, begun.append, False)
    except BusyError as error:
        log.info("retest_waits", model=model, retest=retest, reason=str(error))
        return BUSY
    except Exception as error:
        log.error("retest_failed", model=model, retest=retest, error=repr(error))
        if not begun:  # else the run itself tells
            history.begin(inconclusive(settings, model, retest, cause, str(error)))
        return FAILED
    return 0


def end_with_daemon() -> None:
    """Wait for the daemon to go, be it killed, and end; the kernel frees locks and sockets."""
    # Not through sys.stdin, whose lock an exit of the main thread would wait for.
    while os.read(0, 1):
        pass
    os._exit(FAILED)


if __name__ == "__main__":
    sys.exit(main())
