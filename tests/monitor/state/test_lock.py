"""One holder at a time, told by its process id, and none any more once that process has ended."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from monitor.state.lock import StateLock

HOLD = """
import sys
from pathlib import Path
from monitor.state.lock import StateLock
lock = StateLock(Path(sys.argv[1]))
print(lock.acquire(), flush=True)
sys.stdin.read()
"""


def test_only_one_of_two_locks_is_held_and_the_other_tells_by_whom(tmp_path):
    with StateLock(tmp_path) as first, StateLock(tmp_path) as second:
        assert first.acquire()
        assert not second.acquire()
        assert second.holder() == str(os.getpid())


def test_a_lock_that_is_given_back_can_be_had(tmp_path):
    with StateLock(tmp_path) as second:
        with StateLock(tmp_path) as first:
            assert first.acquire()
            assert not second.acquire()
        assert second.acquire()


def test_a_holder_that_was_never_there_is_unknown(tmp_path):
    with StateLock(tmp_path) as lock:
        assert lock.holder() == "unknown"


def test_the_lock_of_a_process_that_is_killed_is_free(tmp_path: Path):
    command = [sys.executable, "-c", HOLD, str(tmp_path)]
    with (
        StateLock(tmp_path) as lock,
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other,
    ):
        assert other.stdout is not None
        assert other.stdout.readline() == b"True\n"
        assert not lock.acquire()
        assert lock.holder() == str(other.pid)
        other.send_signal(signal.SIGKILL)
        other.wait()
        assert lock.acquire()
        assert lock.holder() == str(os.getpid())
