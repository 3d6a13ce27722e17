"""How fast driftd joins delayed labels with predictions, beside its bare store.

Two topics of one partition, keyed by id: predictions of 5 features over a day of event time, and
a label for each, 1 s to 1 day later (log-uniform), in order of its own time. The daemon runs on
one core and reads both from a real broker to their end. Beside it, in the same run: the join
alone, and the bare store: put, get and delete of entries of the same size, with a commit after
every batch or as seldom as the join's.

    python -m tests.benchmarks.labels --pairs 100000
"""

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

import lmdb
import numpy as np
import yaml
from rich.console import Console
from rich.table import Table

from monitor.config import load
from monitor.labels.facts import JoinSettings
from monitor.labels.join import LabelJoin
from monitor.labels.pairs import Labels, Predictions
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference
from tests.benchmarks.traffic import START_MS, load_topic
from tests.benchmarks.watched_run import WatchedRun, watch
from tests.parts.kafka_broker import start_broker

DAY_MS = 86_400_000
FEATURES = ("a", "b", "c", "d", "e")
REFERENCE_ROWS = 20_000
AT_ONCE = 1_000
"""Records that the join and the bare store take at once, as the daemon's decoder gives them."""

COMMITTED = 100_000
"""Records between two commits of the join, as the daemon's snapshots have about that many."""

PAYLOAD_BYTES = 16
HORIZON_MS = 2 * DAY_MS


def main() -> None:
    """Measure, print a table, and figures as the last line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--pairs", type=int, default=1_000_000, help="pairs [1000000]")
    arguments = parser.parse_args()
    with TemporaryDirectory(prefix="driftd-bench-") as name:
        figures = measure(Path(name), arguments.pairs)
    table = Table("figure", "value")
    for figure, value in figures.items():
        table.add_row(figure, f"{value:,.3f}" if abs(value) < 100 else f"{value:,.0f}")
    Console().print(table)
    print(json.dumps({figure: round(value, 4) for figure, value in figures.items()}))


def measure(folder: Path, pairs: int) -> dict[str, float]:
    """Return every figure by its name and unit."""
    rng = np.random.default_rng(1)
    times, label_times = moments(rng, pairs)
    bare = bare_store(folder / "bare.lmdb", rng, pairs, AT_ONCE)
    lazy = bare_store(folder / "lazy.lmdb", rng, pairs, COMMITTED)
    alone = join_alone(folder / "alone", times, label_times)
    broker = start_broker(folder)
    cores = os.sched_getaffinity(0)
    try:
        paths = [folder / "predictions.jsonl", folder / "labels.jsonl"]
        paths[0].write_bytes(b"\n".join(predictions(times, seed=2)))
        paths[1].write_bytes(b"\n".join(labels(times, label_times, seed=2)))
        for topic, path in zip(("predictions", "labels"), paths, strict=True):
            load_topic(broker.bootstrap, topic, [path])
        config = configure(folder, broker.bootstrap)
        os.sched_setaffinity(0, {min(cores)})
        run = watch(config, pairs, scrape=False)
    finally:
        os.sched_setaffinity(0, cores)
        broker.stop()
    return {
        "joined_pairs_per_s": run.rate,
        "join_alone_pairs_per_s": alone,
        "bare_store_pairs_per_s": bare,
        "bare_store_with_few_commits_pairs_per_s": lazy,
        "join_alone_over_bare_store_ratio": alone / bare,
        "joined_over_bare_store_ratio": run.rate / bare,
        "join_alone_over_bare_store_with_few_commits_ratio": alone / lazy,
        "memory_peak_mb": max(size for _, size in run.anonymous) / 1e6,
        "memory_growth_in_second_half_ratio": growth(run),
        "resident_peak_with_pages_of_the_store_mb": max(size for _, size in run.resident) / 1e6,
    }


def moments(rng: np.random.Generator, pairs: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the times of predictions, in order, and of their labels, in ms."""
    times = START_MS + np.arange(pairs) * DAY_MS // pairs
    delays = np.exp(rng.uniform(np.log(1_000), np.log(DAY_MS), pairs))
    return times, times + delays.astype(np.int64)


def scores(pairs: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Return probabilities, calibrated, and what came true."""
    rng = np.random.default_rng(seed)
    said = np.round(rng.beta(1, 3, pairs), 6)
    return said, rng.random(pairs) < said


def predictions(times: np.ndarray, seed: int) -> Iterator[bytes]:
    """Yield predictions, in order of event time."""
    values = np.round(np.random.default_rng(seed + 1).standard_normal((len(times), 5)), 6)
    said, _ = scores(len(times), seed)
    for at, (row, score, now) in enumerate(
        zip(values.tolist(), said.tolist(), times.tolist(), strict=True)
    ):
        record = {"id": f"r{at:09d}", "ts": now, **dict(zip(FEATURES, row, strict=True))}
        yield json.dumps({**record, "p": score}).encode()


def labels(times: np.ndarray, label_times: np.ndarray, seed: int) -> Iterator[bytes]:
    """Yield the labels, in order of their own event time."""
    _, true = scores(len(times), seed)
    for at in np.argsort(label_times, kind="stable").tolist():
        told = {"id": f"r{at:09d}", "ts": int(label_times[at]), "y": int(true[at])}
        yield json.dumps(told).encode()


def configure(folder: Path, bootstrap: str) -> Path:
    """Write the configuration and build its reference from labelled rows."""
    document = {
        "state": "state",
        "listen": "127.0.0.1:0",
        "source": {"kafka": {"bootstrap_servers": [bootstrap], "group": "labels"}},
        "models": {
            "m": {
                "reference": "m.ref",
                "records": {
                    "topics": ["predictions"],
                    "id": "id",
                    "time": {"field": "ts", "unit": "ms"},
                    "prediction": {"field": "p", "kind": "probability"},
                },
                "features": dict.fromkeys(FEATURES, "numeric"),
                "labels": {
                    "topics": ["labels"],
                    "time": {"field": "ts", "unit": "ms"},
                    "label": "y",
                    "horizon": "2d",
                },
                "warm_up": "0s",
            }
        },
    }
    path = folder / "labels.yaml"
    path.write_text(yaml.safe_dump(document))
    data = folder / "reference.jsonl"
    _, true = scores(REFERENCE_ROWS, seed=3)
    rows = map(json.loads, predictions(np.arange(REFERENCE_ROWS), seed=3))
    labelled = [
        json.dumps({**row, "y": int(y)}) for row, y in zip(rows, true.tolist(), strict=True)
    ]
    data.write_text("\n".join(labelled))
    model = load(path).models["m"]
    reference = build_reference(model.schema, [data], labels=model.label_schema)
    write_reference(model.reference, reference)
    return path


def bare_store(path: Path, rng: np.random.Generator, pairs: int, commit_every: int) -> float:
    """Return how often a second the bare store puts, gets and deletes an entry of a fact's size."""
    size = settings().dtype.itemsize
    keys = [key.tobytes() for key in rng.integers(0, 1 << 62, (pairs, 2))]
    order = rng.permutation(pairs).tolist()
    value = bytes(size)
    environment = lmdb.open(str(path), subdir=False, lock=False, map_size=8 << 30)
    began = time.perf_counter()
    for start in range(0, pairs, commit_every):
        with environment.begin(write=True) as transaction:
            for key in keys[start : start + commit_every]:
                transaction.put(key, value)
    for start in range(0, pairs, commit_every):
        with environment.begin(write=True) as transaction:
            for place in order[start : start + commit_every]:
                transaction.get(keys[place])
                transaction.delete(keys[place])
    took = time.perf_counter() - began
    environment.close()
    return pairs / took


def join_alone(folder: Path, times: np.ndarray, label_times: np.ndarray) -> float:
    """Return the pairs a second of the join by itself, with a snapshot after every 100,000."""
    join = LabelJoin.open(folder, settings(), None)
    payload = np.zeros((AT_ONCE, PAYLOAD_BYTES), dtype=np.uint8)
    codes = np.zeros((AT_ONCE, 2), dtype=np.int16)
    by_label = np.argsort(label_times, kind="stable")
    told = label_times[by_label]
    label_at, found = 0, 0
    began = time.perf_counter()
    for start in range(0, len(times) + AT_ONCE, AT_ONCE):
        part = np.arange(start, min(start + AT_ONCE, len(times)))
        until = len(told)
        if len(part):
            now = times[part]
            blocks = now // 60_000
            ids = [f"r{at:09d}" for at in part.tolist()]
            records = Predictions(
                ids, part, now, now, blocks, codes[: len(part)], payload[: len(part)]
            )
            found += len(join.put_predictions(0, records))
            until = int(told.searchsorted(now[-1]))
        while label_at < until:
            some = np.arange(label_at, min(label_at + AT_ONCE, until))
            now = told[some]
            ids = [f"r{at:09d}" for at in by_label[some].tolist()]
            records = Labels(ids, some, now, now, now // 60_000, np.ones(len(some)))
            found += len(join.put_labels(0, records))
            label_at += len(some)
        if start % COMMITTED == 0:
            join.flush()
            join.forget(join.meta())
    took = time.perf_counter() - began
    join.close()
    if found != len(times):
        raise RuntimeError(f"{found} of {len(times)} pairs were joined")
    return found / took


def settings() -> JoinSettings:
    """Return the join's settings, as those of the configuration."""
    return JoinSettings(HORIZON_MS, 30_000, PAYLOAD_BYTES, 10 << 30)


def growth(run: WatchedRun) -> float:
    """Return how much larger the process ever was in the second half of the run than in the first.

    Without the pages of the store's files, which grow until the horizon is reached.
    """
    sizes = [size for at, size in run.anonymous if at >= run.started]
    half = len(sizes) // 2
    return max(sizes[half:]) / max(sizes[:half]) - 1


if __name__ == "__main__":
    main()
