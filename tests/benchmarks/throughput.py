"""How fast driftd reads a real topic, beside a bare loop that only polls and parses.

One topic of three partitions, JSON records of 20 numeric features (about 650 bytes). Rounds of
(a) the bare loop and (b) `driftd run` with all detectors on follow one another, so that both
see the same machine; the ratio of each pair is what counts. Then the same from the file log,
with a scrape every second, and with 50 streams interleaved.

    python -m tests.benchmarks.throughput --records 200000
"""

import argparse
import json
import statistics
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console
from rich.table import Table

from monitor.config import load
from tests.benchmarks.evidence_step import step_costs
from tests.benchmarks.state_size import bytes_per_feature
from tests.benchmarks.traffic import Shape, configure, load_topic, write_partitions
from tests.benchmarks.update_costs import nanoseconds_per_value
from tests.benchmarks.watched_run import WatchedRun, watch
from tests.parts.kafka_broker import KafkaBroker, start_broker

PARTITIONS = 3
STREAMS = 50
WARM_RECORDS = 200_000
WARM_UP_MS = 14 * 86_400_000
EVIDENCE_STEPS = 50


@dataclass(frozen=True, slots=True)
class Bench:
    """The broker, the folder and the size that all parts share."""

    broker: KafkaBroker
    folder: Path
    records: int
    rounds: int

    def kafka(self, name: str) -> dict[str, object]:
        """Return a Kafka source with a consumer group of its own."""
        return {"kafka": {"bootstrap_servers": [self.broker.bootstrap], "group": name}}

    def daemon(self, name: str, topic: str, shape: Shape, scrape: bool, records: int) -> WatchedRun:
        """Run driftd on a topic from its start."""
        return watch(configure(self.folder, name, self.kafka(name), topic, shape), records, scrape)


def main() -> None:
    """Measure, print a table, and figures as the last line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--records", type=int, default=1_000_000, help="records [1000000]")
    parser.add_argument("--rounds", type=int, default=3, help="pairs of runs [3]")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="driftd-bench-") as name:
        folder = Path(name)
        broker = start_broker(folder)
        try:
            bench = Bench(broker, folder, arguments.records, arguments.rounds)
            figures = measure(bench)
        finally:
            broker.stop()
    show(figures)
    print(json.dumps({key: round(value, 4) for key, value in figures.items()}))


def measure(bench: Bench) -> dict[str, float]:
    """Return every figure by its name and unit."""
    one = Shape()
    paths = write_partitions(bench.folder, one, bench.records, PARTITIONS)
    load_topic(bench.broker.bootstrap, "one", paths)
    pairs = [
        (
            floor(bench.broker.bootstrap, "one"),
            bench.daemon(f"plain{at}", "one", one, False, bench.records),
            bench.daemon(f"scraped{at}", "one", one, True, bench.records),
        )
        for at in range(bench.rounds)
    ]
    plain = [run for _, run, _ in pairs]
    last = pairs[-1][2]
    figures = {
        "floor_records_per_s": statistics.median(bare for bare, _, _ in pairs),
        "kafka_records_per_s": statistics.median(run.rate for run in plain),
        "kafka_over_floor_ratio": statistics.median(run.rate / bare for bare, run, _ in pairs),
        "scraped_over_unscraped_ratio": statistics.median(
            scraped.rate / run.rate for _, run, scraped in pairs
        ),
        "resident_peak_mb": max(size for run in plain for _, size in run.resident) / 1e6,
        "resident_growth_after_200k_records_ratio": statistics.median(map(growth, plain)),
    }
    figures |= files(bench, one)
    figures |= interleaved(bench, statistics.median(run.rate for run in plain))
    model = load(bench.folder / "plain0.yaml").models["m"]
    figures["state_bytes_per_feature"] = bytes_per_feature(model, bench.folder)
    warming = model.model_copy(update={"warm_up": WARM_UP_MS})
    figures["state_while_warming_up_bytes_per_feature"] = bytes_per_feature(warming, bench.folder)
    step = step_costs(EVIDENCE_STEPS, seed=1)
    figures["evidence_step_ns_per_value"] = step["step, median, ns per feature value"]
    if last.shares:  # a run that ends before its second scrape shows none
        compared = last.shares["summarise"] + last.shares["detect"]
        figures["summaries_and_detectors_share_of_cpu_ratio"] = compared
        share_ns = compared / figures["kafka_records_per_s"] / (one.features + 1) * 1e9
        figures["driftd, summaries and detectors_ns_per_value"] = share_ns
    peers = nanoseconds_per_value()
    return figures | {f"{name}_ns_per_value": cost for name, cost in peers.items()}


def floor(bootstrap: str, topic: str) -> float:
    """Return the records a second of the bare loop, in a process of its own."""
    command = [sys.executable, "-m", "tests.benchmarks.floor", bootstrap, topic]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def files(bench: Bench, shape: Shape) -> dict[str, float]:
    """Run on the file log: the same records in one topic's folder."""
    topic = bench.folder / "log" / "one"
    topic.mkdir(parents=True)
    with (topic / "0001.jsonl").open("wb") as segment:
        parts = [
            (bench.folder / f"partition-{number}.jsonl").open("rb") for number in range(PARTITIONS)
        ]
        for lines in zip(*parts, strict=False):
            segment.writelines(lines)
        for part in parts:
            part.close()
    records = bench.records // PARTITIONS * PARTITIONS
    rates = [
        watch(
            configure(bench.folder, f"files{at}", {"files": {"folder": "log"}}, "one", shape),
            records,
            False,
        ).rate
        for at in range(bench.rounds)
    ]
    return {"files_records_per_s": statistics.median(rates)}


def interleaved(bench: Bench, one_rate: float) -> dict[str, float]:
    """Run on a topic in which 50 streams alternate record by record."""
    shape = Shape(segments=STREAMS)
    records = bench.records // 2
    load_topic(
        bench.broker.bootstrap,
        "many",
        write_partitions(bench.folder, shape, records, PARTITIONS),
    )
    rate = bench.daemon("many", "many", shape, False, records).rate
    return {"streams50_records_per_s": rate, "streams50_over_one_ratio": rate / one_rate}


def growth(run: WatchedRun) -> float:
    """Return how much larger than ever before the process got after its first 200,000 records."""
    warm = run.started + WARM_RECORDS / run.rate
    before = max(size for at, size in run.resident if at <= warm)
    return max((size for at, size in run.resident if at > warm), default=before) / before - 1


def show(figures: dict[str, float]) -> None:
    """Print the figures as a table."""
    table = Table("figure", "value")
    for name, value in figures.items():
        table.add_row(name, f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
