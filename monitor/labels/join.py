"""The join of predictions and labels: records in, pairs out, every record counted by name."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from detectors.counts import IntArray
from monitor.engine.partition import NEVER
from monitor.labels.facts import FactArray, JoinSettings, Side
from monitor.labels.keys import KeyArray, in_order, keys_of
from monitor.labels.ledger import Ledger
from monitor.labels.pairs import Labels, Pairs, Predictions
from monitor.labels.store import FactStore
from monitor.labels.verdict import Outcome, judge

MOST_SLICES = 512
"""Slices that are kept; reading one log far ahead of the other makes many."""


@dataclass(slots=True)
class LabelJoin:
    """Joins the labels of a model with its predictions, partition by partition.

    What it gives is a function of the two logs. The store holds facts only, each with its
    offset, and what lies at or behind a side's position is not there yet: so the store may be
    ahead of the snapshot by any amount, and reading a log again gives the same pairs. A
    snapshot takes three steps: ``flush``, then ``meta`` with the engine's state in one file,
    then ``forget``, which removes what that snapshot cannot need any more.

    evicted_before: the slices before it gave way to the cap.
    """

    settings: JoinSettings
    store: FactStore
    ledgers: dict[int, Ledger] = field(default_factory=dict)
    evicted_before: int = NEVER

    @classmethod
    def open(cls, folder: Path, settings: JoinSettings, meta: Mapping[str, Any] | None) -> Self:
        """Open the store in ``folder``, with the ``meta`` of the snapshot, None without one.

        Without a snapshot the logs are read from their start and the store begins empty.
        Raises LabelStoreError where it cannot be used.
        """
        join = cls(settings, FactStore.open(folder, settings, keep=meta is not None))
        if meta is not None:
            join.evicted_before = meta["evicted_before"]
            for number, each in meta["partitions"]:
                join.ledgers[number] = Ledger.from_meta(each)
        return join

    def ledger(self, partition: int) -> Ledger:
        """Return what is known of a pair of partitions, nothing at first."""
        return self.ledgers.setdefault(partition, Ledger())

    def put_predictions(self, partition: int, records: Predictions) -> Pairs:
        """Take the next predictions of a partition; return those whose labels were waiting."""
        facts = self._facts(Side.PREDICTION, partition, records)
        facts["codes"] = records.codes
        facts["payload"][:, : self.settings.payload_bytes] = records.payload
        found, partners = self._take(Side.PREDICTION, partition, records.ids, facts)
        return Pairs(found, partners)

    def put_labels(self, partition: int, records: Labels) -> Pairs:
        """Take the next labels of a partition; return those whose predictions were there."""
        facts = self._facts(Side.LABEL, partition, records)
        facts["payload"][:, :8] = _bytes_of(records.values)
        found, partners = self._take(Side.LABEL, partition, records.ids, facts)
        return Pairs(partners, found)

    def advance(self, partition: int, predictions_ms: int, labels_ms: int) -> None:
        """Take the watermarks of a pair of partitions; NEVER where there is none.

        They are the partitions' own, or further where a silent one is taken to have reached the
        present. What waits for longer than a horizon is given up: predictions as unlabelled,
        labels as orphans.
        """
        watermarks = {Side.PREDICTION: predictions_ms, Side.LABEL: labels_ms}
        self.ledger(partition).advance(self.settings, watermarks)

    def rewind(self, partition: int, side: Side, position: int) -> None:
        """Take it that a log has other records from ``position`` on than it had."""
        own = self.ledger(partition).side(side)
        own.rewinds += 1
        own.position = int(own.numbered(np.array([position]))[0])

    def flush(self) -> None:
        """Make the store durable up to here, and keep to the cap: before a snapshot."""
        self.store.flush()
        self._evict()

    def forget(self, meta: Mapping[str, Any]) -> None:
        """Remove the slices that a restart from the snapshot with ``meta`` cannot need.

        To be called when that snapshot is on the disk.
        """
        ledgers = [Ledger.from_meta(each) for _, each in meta["partitions"]]
        needed = [each.needs_from(self.settings) for each in ledgers]
        self.store.drop_before(max(min(needed, default=NEVER), meta["evicted_before"]))
        self.store.compact()

    def meta(self) -> dict[str, Any]:
        """Return what the snapshot must hold, as JSON can."""
        return {
            "evicted_before": self.evicted_before,
            "partitions": [[number, each.meta()] for number, each in sorted(self.ledgers.items())],
        }

    def close(self) -> None:
        """Close the store; what was not flushed is read again."""
        self.store.close()

    def _facts(self, side: Side, partition: int, records: Predictions | Labels) -> FactArray:
        own = self.ledger(partition).side(side)
        facts = np.zeros(len(records.offsets), dtype=self.settings.dtype)
        facts["side"] = side
        facts["offset"] = own.numbered(records.offsets)
        facts["time"] = records.times
        facts["block"] = records.blocks
        watermark = np.maximum(records.newest - self.settings.lateness_ms, own.watermark_ms)
        facts["watermark"] = watermark
        oldest = max(NEVER, self.evicted_before * self.settings.slice_ms)
        facts["effective"] = np.maximum(np.maximum(records.times, watermark), oldest)
        return facts

    def _take(
        self, side: Side, partition: int, ids: Sequence[object], facts: FactArray
    ) -> tuple[FactArray, FactArray]:
        """Return the facts that found a partner, and the partners."""
        if not len(facts):
            return facts, facts
        ledger = self.ledger(partition)
        keys = keys_of(ids, partition)
        order, same = in_order(keys)
        groups = np.zeros(len(facts), dtype=np.int64)
        groups[order] = np.cumsum(~same) - 1
        found_groups, found = self.store.find(keys[order[~same]])
        self._correct(ledger.side(side).position, side, keys, facts, found)
        there = self._there(ledger, found)
        verdict = judge(self.settings, side, facts, groups, found_groups[there], found[there])
        self.store.put(keys[verdict.stored], facts[verdict.stored])
        self._count(ledger, side, facts, verdict.outcomes, verdict.partners, verdict.belated)
        ledger.side(side).position = int(facts["offset"][-1]) + 1
        joined = facts[verdict.joined]
        delays = joined["time"] - verdict.partners["time"]
        ledger.delays.add(delays if side is Side.LABEL else -delays)
        return joined, verdict.partners

    def _correct(
        self, position: int, side: Side, keys: KeyArray, facts: FactArray, found: FactArray
    ) -> None:
        """Remove what the store has from before a restart of records that now read otherwise.

        The log is the same, but where the clock closed blocks for a silent partition, a record's
        block and watermark may be others than the first time.
        """
        ahead = found[(found["side"] == side) & (found["offset"] >= position)]
        ahead = ahead[np.isin(ahead["offset"], facts["offset"])]
        for at in range(len(ahead)):
            stored = ahead[at : at + 1]
            place = int(np.searchsorted(facts["offset"], stored["offset"][0]))
            if facts[place].tobytes() != stored.tobytes():
                self.store.remove(keys[place : place + 1], stored)

    def _there(self, ledger: Ledger, found: FactArray) -> IntArray:
        """Return the places of the facts before the positions that were not evicted."""
        positions = np.array([ledger.side(side).position for side in Side])
        there = found["offset"] < positions[found["side"]]
        if self.evicted_before != NEVER:
            there &= found["effective"] >= self.evicted_before * self.settings.slice_ms
        return np.flatnonzero(there)

    def _count(
        self,
        ledger: Ledger,
        side: Side,
        facts: FactArray,
        outcomes: IntArray,
        partners: FactArray,
        belated: FactArray,
    ) -> None:
        own, other = ledger.side(side), ledger.side(side.other)
        counts = np.bincount(outcomes, minlength=len(Outcome)).tolist()
        for outcome in list(Outcome)[1:]:
            own.outcomes[outcome.name.lower()] += counts[outcome]
        own.wait(facts[outcomes == Outcome.WAITING], self.settings.bin_ms)
        other.outcomes["joined"] += len(partners)
        other.outcomes["late"] += len(belated)
        other.settle(np.concatenate([partners, belated]), self.settings.bin_ms)

    def _evict(self) -> None:
        """Give up the oldest slices while the store is over its cap."""
        sizes = {number: each.bytes for number, each in sorted(self.store.slices.items())}
        kept = [number for number in sizes if number >= self.evicted_before]
        total = sum(sizes[number] for number in kept)
        while len(kept) > 1 and (total > self.settings.max_bytes or len(kept) > MOST_SLICES):
            oldest = kept.pop(0)
            total -= sizes[oldest]
            self.evicted_before = oldest + 1
        for ledger in self.ledgers.values():
            ledger.evict(self.evicted_before)


def _bytes_of(values: NDArray[np.float64]) -> NDArray[np.uint8]:
    return np.ascontiguousarray(values, dtype=np.float64).view(np.uint8).reshape(-1, 8)
