"""Two random logs keyed by id, and what their join is by the definition: one record at a time."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from hypothesis import strategies as st

from monitor.labels.facts import JoinSettings
from monitor.labels.join import LabelJoin
from monitor.labels.pairs import Labels, Pairs, Predictions

SETTINGS = JoinSettings(horizon_ms=64, lateness_ms=10, payload_bytes=4, max_bytes=1 << 30)
BLOCK_MS = 7
PARTITIONS = 2


@dataclass(frozen=True, slots=True)
class Entry:
    """One record: the partition's newest time before it was `after` ms older than its time."""

    id: int
    time: int
    value: int


Log = list[Entry]
Told = tuple[Counter[tuple[int, ...]], Counter[str], Counter[str]]

_entries = st.tuples(
    st.integers(0, 3),
    st.one_of(st.integers(-30, 30), st.integers(-150, 20), st.integers(60, 240)),
    st.integers(0, 1),
)


def _log(steps: Sequence[tuple[int, int, int]]) -> Log:
    newest, log = 1000, []
    for id, after, value in steps:
        log.append(Entry(id, max(0, newest + after), value))
        newest = max(newest, log[-1].time)
    return log


logs = st.lists(_entries, max_size=14).map(_log)
pairs_of_logs = st.lists(st.tuples(logs, logs), min_size=PARTITIONS, max_size=PARTITIONS)


def newest_of(log: Log) -> list[int]:
    """The newest time up to and with each record."""
    return np.maximum.accumulate([entry.time for entry in log]).tolist() if log else []


def block_of(entry: Entry) -> int:
    return entry.time // BLOCK_MS


def read(join: LabelJoin, partition: int, side: int, log: Log, start: int, end: int) -> Pairs:
    """Give the join some records of a log."""
    part, newest = log[start:end], newest_of(log)[start:end]
    columns = {
        "ids": [f"id-{entry.id}" for entry in part],
        "offsets": np.arange(start, start + len(part)) * 3,
        "times": np.array([entry.time for entry in part], dtype=np.int64),
        "newest": np.array(newest, dtype=np.int64),
        "blocks": np.array([block_of(entry) for entry in part], dtype=np.int64),
    }
    if side == 0:
        payload = np.array([[e.id, e.value, side, 9] for e in part], dtype=np.uint8)
        codes = np.array([[e.value, e.id] for e in part], dtype=np.int16)
        return join.put_predictions(
            partition,
            Predictions(codes=codes.reshape(-1, 2), payload=payload.reshape(-1, 4), **columns),
        )
    values = np.array([entry.value for entry in part], dtype=np.float64)
    return join.put_labels(partition, Labels(values=values, **columns))


def rows(partition: int, pairs: Pairs) -> list[tuple[int, ...]]:
    """Pairs as plain tuples: all that they tell."""
    return [
        (partition, block, delay, *codes, *payload, int(value), *offsets)
        for block, delay, codes, payload, value, *offsets in zip(
            pairs.blocks.tolist(),
            pairs.delays_ms.tolist(),
            pairs.codes.tolist(),
            pairs.payload[:, :4].tolist(),
            pairs.values.tolist(),
            pairs.predictions["offset"].tolist(),
            pairs.labels["offset"].tolist(),
            strict=True,
        )
    ]


def defined(partition: int, predictions: Log, labels: Log) -> Told:
    """The join of two whole logs by the definition, without a store."""
    pairs: Counter[tuple[int, ...]] = Counter()
    of_predictions: Counter[str] = Counter()
    of_labels: Counter[str] = Counter()
    firsts = [_firsts(predictions, of_predictions), _firsts(labels, of_labels)]
    joined = set()
    for at, label in firsts[1]:
        outcome = "orphan"
        for place, prediction in firsts[0]:
            if prediction.id != label.id:
                continue
            here, there = _watermark(predictions, place), _watermark(labels, at)
            if here > label.time + SETTINGS.horizon_ms:
                continue
            if max(label.time, there) <= prediction.time + SETTINGS.horizon_ms:
                outcome = "joined"
                joined.add(place)
                block = max(block_of(prediction), block_of(label))
                codes = (prediction.value, prediction.id)
                payload = (prediction.id, prediction.value, 0, 9)
                delay = label.time - prediction.time
                pairs[
                    partition, block, delay, *codes, *payload, label.value, place * 3, at * 3
                ] += 1
                break
            if there <= _known_until(predictions, place):
                outcome = "late"
                break
        of_labels[outcome] += 1
    for place, _ in firsts[0]:
        of_predictions["joined" if place in joined else "unlabelled"] += 1
    of_predictions["duplicate"] += of_predictions.pop("changed", 0)
    return pairs, +of_predictions, +of_labels


def _watermark(log: Log, at: int) -> int:
    return newest_of(log)[at] - SETTINGS.lateness_ms


def _known_until(log: Log, at: int) -> int:
    effective = max(log[at].time, _watermark(log, at))
    slice_ms = SETTINGS.horizon_ms // 4
    end = (effective // slice_ms + 1) * slice_ms
    return end + 2 * SETTINGS.horizon_ms + SETTINGS.lateness_ms


def _firsts(log: Log, outcomes: Counter[str]) -> list[tuple[int, Entry]]:
    firsts: list[tuple[int, Entry]] = []
    for at, entry in enumerate(log):
        known = [
            first
            for place, first in firsts
            if first.id == entry.id and _watermark(log, at) <= _known_until(log, place)
        ]
        if known:
            outcomes["duplicate" if known[-1].value == entry.value else "changed"] += 1
        else:
            firsts.append((at, entry))
    return firsts
