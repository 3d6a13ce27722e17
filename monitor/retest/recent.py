"""A uniform sample of the production records of late, for re-tests to begin from."""

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detectors.columns import UInt64Array
from detectors.counts import IntArray
from detectors.sample import record_hashes
from monitor.archive import ArchiveError, read_archive, write_archive
from monitor.sources.source import Chunk

SLICE_MS = 3_600_000
SLICES = 4
"""The sample is of the newest so many slices of event time that any record fell into."""

MOST_BYTES = 32 * 2**20
"""Of the values of all slices; where records are large, fewer are kept."""

KIND = "driftd-recent-records"
ALL = np.uint64(2**64 - 1)


@dataclass(slots=True)
class _Slice:
    """The records of a slice of time with the smallest hashes: hash to time and value.

    below: no other record is kept unless its hash is smaller. most: how many are kept.
    """

    most: int
    kept: dict[int, tuple[int, bytes]] = field(default_factory=dict)
    size: int = 0
    below: np.uint64 = ALL

    def add(self, hashes: UInt64Array, times: IntArray, values: Sequence[bytes]) -> None:
        for mixed, time, value in zip(hashes.tolist(), times.tolist(), values, strict=True):
            if mixed not in self.kept:
                self.kept[mixed] = time, value
                self.size += len(value)
        while len(self.kept) > self.most or self.size > MOST_BYTES // SLICES:
            if len(self.kept) <= self.most:
                self.most = len(self.kept) * 3 // 4
            self._trim()

    def _trim(self) -> None:
        """Keep the ``most`` smallest hashes."""
        smallest = sorted(self.kept)[: self.most]
        self.kept = {mixed: self.kept[mixed] for mixed in smallest}
        self.size = sum(len(value) for _, value in self.kept.values())
        self.below = np.uint64(smallest[-1] if smallest else 0)


class RecentRecords:
    """Raw values of production records, sampled by hash: the same ones however they come.

    Each slice of time keeps its records with the smallest hashes, so the smallest of all slices
    are a uniform sample of what came in them.

    Source: Cohen and Kaplan (2007), Summarizing data using bottom-k sketches.
    """

    def __init__(self, most: int) -> None:
        """Take how many records are wanted."""
        self._most = most
        self._slices: dict[int, _Slice] = {}
        self._lock = threading.Lock()
        self.changed = False

    def add(self, chunk: Chunk, offsets: IntArray, times: IntArray) -> None:
        """Take the next records of a partition.

        offsets: of those in the chunk that are used, increasing. times: (n,), their event times.
        """
        if not len(offsets):
            return
        hashes = record_hashes(chunk.partition.key, offsets)
        numbers = times // SLICE_MS
        with self._lock:
            for number in np.unique(numbers)[-SLICES:].tolist():
                part = self._slice(number)
                if part is None:
                    continue
                chosen = np.flatnonzero((numbers == number) & (hashes < part.below))
                if len(chosen):
                    places = np.searchsorted(chunk.offsets, offsets[chosen])
                    values = [chunk.values[place] or b"" for place in places.tolist()]
                    part.add(hashes[chosen], times[chosen], values)
                    self.changed = True

    def _slice(self, number: int) -> _Slice | None:
        """Return a slice of time; None where newer ones have taken its place."""
        found = self._slices.get(number)
        if found is not None:
            return found
        if len(self._slices) == SLICES:
            oldest = min(self._slices)
            if number < oldest:
                return None
            del self._slices[oldest]
        return self._slices.setdefault(number, _Slice(self._most))

    def values(self) -> list[bytes]:
        """Return the sample, in order of event time; any thread may ask for it."""
        with self._lock:
            return self._values()

    def _values(self) -> list[bytes]:
        # Where a slice keeps fewer than it had, hashes up to its bound only are complete.
        bound = min((int(each.below) for each in self._slices.values()), default=0)
        found = sorted(
            (mixed, *record)
            for each in self._slices.values()
            for mixed, record in each.kept.items()
            if mixed <= bound
        )[: self._most]
        return [value for _, _, value in sorted(found, key=lambda each: each[1])]

    def write(self, path: Path) -> None:
        """Write the sample, one raw record a line. Raises OSError where that fails."""
        lines = [value.replace(b"\r", b" ").replace(b"\n", b" ") for value in self.values()]
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.new")
        new.write_bytes(b"".join(line + b"\n" for line in lines))
        new.replace(path)

    def save(self, path: Path) -> None:
        """Store everything, to go on from after a restart; any thread may.

        Raises OSError where that fails.
        """
        with self._lock:
            self.changed = False
            slices = [[number, each.most] for number, each in self._slices.items()]
            below = np.array([each.below for each in self._slices.values()], np.uint64)
            rows = [
                (number, mixed, time, value)
                for number, each in self._slices.items()
                for mixed, (time, value) in each.kept.items()
            ]
        path.parent.mkdir(parents=True, exist_ok=True)
        write_archive(
            path,
            KIND,
            {"slices": slices},
            {
                "below": below,
                "numbers": np.array([row[0] for row in rows], np.int64),
                "hashes": np.array([row[1] for row in rows], np.uint64),
                "times": np.array([row[2] for row in rows], np.int64),
                "sizes": np.array([len(row[3]) for row in rows], np.int64),
                "values": np.frombuffer(b"".join(row[3] for row in rows), np.uint8),
            },
        )

    def restore(self, path: Path) -> None:
        """Go on from what was stored, if anything was and it can be read."""
        try:
            meta, arrays, _ = read_archive(path, KIND)
        except ArchiveError:
            return
        for (number, most), below in zip(meta["slices"], arrays["below"], strict=True):
            self._slices[number] = _Slice(min(most, self._most), below=below)
        values = arrays["values"].tobytes()
        ends = np.cumsum(arrays["sizes"]).tolist()
        starts = [0, *ends[:-1]]
        for number, mixed, time, start, end in zip(
            arrays["numbers"].tolist(),
            arrays["hashes"],
            arrays["times"],
            starts,
            ends,
            strict=True,
        ):
            self._slices[number].add(mixed[None], time[None], [values[start:end]])
