"""How fast driftd reads while it re-tests a model, beside how fast it reads otherwise.

Records of the image segments that river bundles (18 numeric features, 7 probabilities) are moved
into the log of a daemon that waits, and the time is taken until all are read. In rounds, one daemon
has nothing else to do and the other re-tests its model meanwhile, with attacks and as fast as the
endpoint answers; that is a process on the same machine, which in practice it is not, and so at the
least priority. The ratio of each pair is what counts. The processor time of the daemon
itself is told too: what its own threads spend on a re-test.

    python -m tests.benchmarks.retest_load --records 100000
"""

import argparse
import json
import random
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import psutil
from rich.console import Console
from rich.table import Table

from monitor.demo.data import Split
from monitor.http.app_thread import AppThread
from monitor.retest.history import History
from monitor.retest.result import State
from tests.parts.daemon import DaemonProcess
from tests.parts.tested_service import NAME, Traffic, Trained, set_up, split_data, v2_app, weak

START_MS = 1_767_571_200_000
STEP_MS = 10
GOAL = 0.8
NICENESS = 19
WAIT_S = 300.0
RETEST = {
    "every": "1h",
    "queries": 100_000_000,
    "curves": False,
    "requirements": [
        {"perturbation": name, "severity": 0.5, "measure": "robust_accuracy", "least": 0.01,
         "options": {"norm": "linf"}}
        for name in ("hop_skip_jump", "square")
    ],
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Reading:
    """How one daemon read the records.

    seconds: that it took. cpu_s: of the daemon's own process. worker_cpu_s: of the re-test's.
    """

    seconds: float
    cpu_s: float
    worker_cpu_s: float


def main() -> None:
    """Measure, print a table, and figures as the last line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=400_000, help="records [400000]")
    parser.add_argument("--rounds", type=int, default=5, help="pairs of runs [5]")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    split = split_data()
    model = weak(split)
    if arguments.serve:
        serve(model)
        return
    with TemporaryDirectory(prefix="driftd-bench-") as name, serving() as url:
        folder = Path(name)
        write_records(folder / "records.jsonl", split, model, arguments.records)
        pairs = [
            (
                read(folder / f"alone{at}", split, model, url, retested=False),
                read(folder / f"retested{at}", split, model, url, retested=True),
            )
            for at in range(arguments.rounds)
        ]
    show(pairs, arguments.records)


def serve(model: Trained) -> None:
    """Answer until standard input is closed; the address is told first."""
    psutil.Process().nice(NICENESS)
    server = AppThread("127.0.0.1:0", v2_app(model, Forgetful()))
    server.start()
    print(server.url, flush=True)
    sys.stdin.read()
    server.stop()


class Forgetful(Traffic):
    """Traffic that nobody asks for."""

    def add(self, headers: object, records: object) -> None:
        """Write nothing down."""


@contextmanager
def serving() -> Iterator[str]:
    """The model behind a server in a process of its own; yields its address."""
    command = [sys.executable, "-m", "tests.benchmarks.retest_load", "--serve"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        try:
            yield process.stdout.readline().strip()
        finally:
            process.stdin.close()


def write_records(path: Path, split: Split, model: Trained, count: int) -> None:
    """Write records of the live half, drawn again and again, in order of time."""
    rows = np.array([[values[name] for name in split.features] for values, _ in split.live])
    answers = model.probabilities(rows).tolist()
    drawn = random.Random(1).choices(range(len(rows)), k=count)
    with path.open("w") as file:
        for at, row in enumerate(drawn):
            record = {
                "id": f"r{at}",
                "ts": START_MS + at * STEP_MS,
                "features": split.live[row][0],
                "probabilities": answers[row],
            }
            file.write(json.dumps(record) + "\n")


def read(folder: Path, split: Split, model: Trained, url: str, retested: bool) -> Reading:
    """Let a daemon read the records, while it re-tests its model or not."""
    folder.mkdir()
    set_up(folder, split, model, url, RETEST)
    config = folder / "driftd.yaml"
    if retested:
        let_be_due(folder / "state" / "retests" / NAME)
    topic = folder / "log" / "segments"
    topic.mkdir()
    waiting = topic / "0001.new"
    waiting.hardlink_to(folder.parent / "records.jsonl")
    history = History(folder / "state" / "retests")
    with DaemonProcess(config) as daemon:
        daemon.address()
        if retested:  # records have been asked about unchanged, and the attacks begin
            daemon.wait_for(lambda: any(run.clean for run in history.runs(NAME)), WAIT_S)
        assert daemon.process is not None
        process = psutil.Process(daemon.process.pid)
        workers = process.children()
        assert len(workers) == retested
        before = [cpu_s(each) for each in (process, *workers)]
        began = time.monotonic()
        waiting.rename(topic / "0001.jsonl")
        size = (topic / "0001.jsonl").stat().st_size
        daemon.wait_for(lambda: read_bytes(daemon) >= size, WAIT_S)
        seconds = time.monotonic() - began
        if retested:
            newest = history.runs(NAME)[0]
            assert newest.state is State.RUNNING, "the re-test must last as long as the reading"
        spent = [cpu_s(each) for each in (process, *workers)]
        own, *others = [after - first for after, first in zip(spent, before, strict=True)]
        reading = Reading(seconds, own, sum(others))
        assert daemon.terminate() == 0
    return reading


def let_be_due(folder: Path) -> None:
    """Store that the re-test ran last three hours ago."""
    long_ago = time.time_ns() // 1_000_000 - 3 * 3_600_000
    folder.mkdir(parents=True)
    mark = {"since": long_ago, "done": long_ago, "begun": 0, "tries": 0}
    (folder / "schedule.json").write_text(json.dumps({"nightly": mark}))


def read_bytes(daemon: DaemonProcess) -> float:
    """Return how much of the log the daemon has read; a look costs it a millisecond or two."""
    time.sleep(0.05)
    return daemon.metric("driftd_source_bytes_total")


def cpu_s(process: psutil.Process) -> float:
    """Return the processor time that a process has used, without its children's."""
    times = process.cpu_times()
    return float(times.user + times.system)


def show(pairs: list[tuple[Reading, Reading]], records: int) -> None:
    """Print a table, and figures as the last line."""
    ratios = [alone.seconds / retested.seconds for alone, retested in pairs]
    figures = {
        "alone_records_per_s": statistics.median(records / each.seconds for each, _ in pairs),
        "retested_records_per_s": statistics.median(records / each.seconds for _, each in pairs),
        "retested_over_alone_ratio": statistics.median(ratios),
        "retested_over_alone_ratio_least": min(ratios),
        "alone_daemon_cpu_us_per_record": statistics.median(
            each.cpu_s / records * 1e6 for each, _ in pairs
        ),
        "retested_daemon_cpu_us_per_record": statistics.median(
            each.cpu_s / records * 1e6 for _, each in pairs
        ),
        "worker_cpu_ratio": statistics.median(
            each.worker_cpu_s / each.seconds for _, each in pairs
        ),
        "goal_ratio": GOAL,
    }
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}")
    Console().print(table)
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}))


if __name__ == "__main__":
    main()
