"""Runs outlive the process that made them, and none is ever taken for running that is not."""

import subprocess
import sys
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from monitor.retest.history import KEPT, BusyError, History
from monitor.retest.result import Run, State

BEGUN = datetime(2026, 1, 5, 3, tzinfo=UTC)


def a_run(number: int, state: State = State.FINISHED, **told: object) -> Run:
    begun = BEGUN + timedelta(hours=number)
    run = Run(
        id=f"{begun:%Y%m%dT%H%M%S}-abcdef",
        model="m",
        retest="nightly",
        cause="schedule",
        endpoint="http://127.0.0.1:1",
        version="1",
        state=state,
        started=begun.isoformat(timespec="milliseconds"),
    )
    return msgspec.structs.replace(run, **told)


def test_what_is_written_is_read_the_newest_first(tmp_path):
    history = History(tmp_path)
    for number in (1, 0, 2):
        history.begin(a_run(number))
    found = History(tmp_path).runs("m")
    assert msgspec.json.encode(found) == msgspec.json.encode([a_run(2), a_run(1), a_run(0)])
    assert history.runs("other") == []


def test_a_run_is_told_as_it_is_now_until_it_ends(tmp_path):
    writer, reader = History(tmp_path), History(tmp_path)
    writer.begin(a_run(0, State.RUNNING, total=3))
    for done in range(3):
        writer.write(a_run(0, State.RUNNING, total=3, done=done))
        assert reader.running("m").done == done
    writer.write(a_run(0, done=3))
    assert reader.running("m") is None
    assert reader.runs("m")[0].done == 3


def test_a_run_whose_process_was_killed_is_ended_as_interrupted(tmp_path):
    script = f"""
import os, signal
from pathlib import Path
from monitor.retest.history import History
from tests.monitor.retest.test_history import State, a_run
history = History(Path({str(tmp_path)!r}))
with history.lock("m"):
    history.begin(a_run(0, State.RUNNING, queries=40))
    print("begun", flush=True)
    input()
"""
    history = History(tmp_path)
    with subprocess.Popen(
        [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as worker:
        assert worker.stdout.readline() == b"begun\n"
        assert history.mend("m") == []
        told = f"model 'm' runs already, in process {worker.pid}"
        with pytest.raises(BusyError, match=told), history.lock("m"):
            pass
        worker.kill()
    (ended,) = history.mend("m")
    assert (ended.state, ended.queries, ended.id) == (State.INTERRUPTED, 40, a_run(0).id)
    assert ended.ended
    assert history.runs("m") == [ended]
    assert history.mend("m") == []


def test_queries_are_counted_from_a_time_on(tmp_path):
    history = History(tmp_path)
    for number in range(3):
        history.begin(a_run(number, queries=10**number))
    since = round((BEGUN + timedelta(hours=1)).timestamp() * 1000)
    assert history.queries_since("m", since) == 110
    assert history.queries_since("m", since + 1) == 100


def test_a_file_that_is_damaged_is_left_out(tmp_path):
    history = History(tmp_path)
    history.begin(a_run(0))
    history.begin(a_run(1))
    (history.folder(a_run(0).id, "m") / "run.json").write_bytes(b'{"id": "x')
    assert [run.id for run in History(tmp_path).runs("m")] == [a_run(1).id]


def test_the_oldest_runs_are_removed_where_there_are_many(tmp_path):
    history = History(tmp_path)
    for number in range(KEPT + 2):
        history.begin(a_run(number))
    assert [run.id for run in history.runs("m")] == [
        a_run(number).id for number in range(KEPT + 1, 1, -1)
    ]
    assert not history.folder(a_run(0).id, "m").exists()
