"""Which model versions of a partition are monitored as streams of their own."""

from collections.abc import Sequence
from typing import Any

import numpy as np

from detectors.counts import IntArray
from monitor.schema import REST

MOST_VERSIONS = 20


class Versions:
    """The versions seen on one partition, at most MOST_VERSIONS at a time.

    A further one takes the place of a version that has been silent for the longest window;
    while there is none such, its records belong to the version ``__other__``. What is
    admitted depends on the partition's own records and their order only.
    """

    def __init__(self, longest_ms: int, last_seen: dict[str, int] | None = None) -> None:
        """Start from the versions' last event times, as told by ``last_seen``."""
        self._longest_ms = longest_ms
        self.last_seen: dict[str, int] = dict(last_seen or {})

    def admit(self, versions: Sequence[str], newest: IntArray) -> tuple[list[str], IntArray]:
        """Return the admitted names and each record's index into them.

        versions: of the next records, in the log's order. newest: (n,), the newest event time
        of the partition up to and with each record, in ms.
        """
        distinct = dict.fromkeys(versions)
        if len(distinct) == 1:
            codes = np.zeros(len(versions), dtype=np.int64)
        else:
            table = {version: code for code, version in enumerate(distinct)}
            codes = np.fromiter(map(table.__getitem__, versions), np.int64, len(versions))
        if len(self.last_seen.keys() | distinct.keys()) > MOST_VERSIONS:
            return self._admit_one_by_one(versions, newest)
        last = np.zeros(len(distinct), dtype=np.int64)
        np.maximum.at(last, codes, newest)
        self.last_seen.update(zip(distinct, last.tolist(), strict=True))
        return list(distinct), codes

    def _admit_one_by_one(
        self, versions: Sequence[str], newest: IntArray
    ) -> tuple[list[str], IntArray]:
        admitted: dict[str, Any] = {}
        codes = []
        for version, now in zip(versions, newest.tolist(), strict=True):
            name = version if self._has_room_for(version, now) else REST
            if name == version:
                self.last_seen[version] = now
            codes.append(admitted.setdefault(name, len(admitted)))
        return list(admitted), np.array(codes, dtype=np.int64)

    def _has_room_for(self, version: str, now: int) -> bool:
        if version in self.last_seen or len(self.last_seen) < MOST_VERSIONS:
            return True
        silent = min(self.last_seen, key=lambda each: (self.last_seen[each], each))
        if self.last_seen[silent] >= now - self._longest_ms:
            return False
        del self.last_seen[silent]
        return True
