"""A command gets the event on its standard input, no shell, and a time limit."""

import asyncio
import json
import sys
import time

import msgspec
import pytest

from monitor.triggers.attempt import attempt
from monitor.triggers.registry import make_trigger
from monitor.triggers.trigger import RetryLaterError
from tests.monitor.triggers.events import NAME, deliver, event, settings_of
from tests.parts.receiver import wait_until


def python(program: str, *arguments: str) -> dict[str, list[str]]:
    return {"command": [sys.executable, "-c", program, *arguments]}


def test_it_gets_the_event_on_standard_input_and_its_arguments_as_they_are(tmp_path):
    program = """
import json, sys
with open(sys.argv[1], "w") as file:
    json.dump({"event": json.load(sys.stdin), "arguments": sys.argv[2:]}, file)
print("run 7", "is queued", sep="\\n")
"""
    arguments = ["$HOME", "; touch x", "*", "a b"]
    told = deliver(settings_of(tmp_path, python(program, str(tmp_path / "out"), *arguments)))
    assert told == "exit status 0: run 7\nis queued"
    heard = json.loads((tmp_path / "out").read_text())
    assert heard["arguments"] == arguments
    assert msgspec.convert(heard["event"], type(event())) == event()


def test_any_other_exit_status_is_tried_again_and_told_with_the_end_of_what_it_said(tmp_path):
    program = "import sys; print('x' * 10**6); sys.exit('the queue is full')"
    with pytest.raises(RetryLaterError, match=r"exit status 1: x+\nthe queue is full") as error:
        deliver(settings_of(tmp_path, python(program)))
    assert len(str(error.value)) < 500


def test_one_that_a_signal_ends_is_tried_again(tmp_path):
    program = "import os, signal; os.kill(os.getpid(), signal.SIGTERM)"
    with pytest.raises(RetryLaterError, match="ended with signal 15"):
        deliver(settings_of(tmp_path, python(program)))


def test_a_program_that_is_not_there_is_tried_again(tmp_path):
    with pytest.raises(RetryLaterError, match="/no/such cannot be run: No such file"):
        deliver(settings_of(tmp_path, {"command": ["/no/such"]}))


def test_it_need_not_read_the_event(tmp_path):
    long = event(summary="x" * 10**6)
    assert deliver(settings_of(tmp_path, {"command": ["true"]}), long) == "exit status 0"


def test_when_the_time_is_over_it_is_killed_with_what_it_started(tmp_path):
    program = """
import os, subprocess, sys, time
child = subprocess.Popen(["sleep", "60"])
with open(sys.argv[1] + ".new", "w") as file:
    print(os.getpid(), child.pid, file=file)
os.rename(sys.argv[1] + ".new", sys.argv[1])
time.sleep(60)
"""
    settings = settings_of(tmp_path, python(program, str(tmp_path / "pids")))
    began = time.monotonic()
    outcome = asyncio.run(attempt(make_trigger(settings, NAME), NAME, event(), 1.0))
    assert outcome.words == "the delivery took longer than 1 s"
    assert outcome.again
    assert time.monotonic() - began < 3
    for pid in (tmp_path / "pids").read_text().split():
        wait_until(lambda pid=pid: not is_alive(int(pid)))


def test_a_process_that_it_leaves_behind_does_not_hold_up_the_delivery(tmp_path):
    program = """
import subprocess, sys
subprocess.Popen(["sleep", "5"], start_new_session=True)
print("started")
"""
    began = time.monotonic()
    assert deliver(settings_of(tmp_path, python(program))) == "exit status 0: started"
    assert time.monotonic() - began < 3


def test_variables_that_configure_driftd_are_kept_from_it(tmp_path, monkeypatch):
    monkeypatch.setenv("DRIFTD_SOURCE__KAFKA__SECURITY__PASSWORD", "hunter2")
    monkeypatch.setenv("OTHER", "seen")
    program = "import os; print(*[k for k in os.environ if 'DRIFTD' in k], os.environ['OTHER'])"
    assert deliver(settings_of(tmp_path, python(program))) == "exit status 0: seen"


def is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that nobody has waited for yet does not."""
    try:
        with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False
