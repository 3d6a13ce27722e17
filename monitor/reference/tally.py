"""The second pass over the data: summaries of segments, samples of them, and sums of units."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from detectors.cells import MISSING, OTHER
from detectors.columns import Columns
from detectors.counts import FloatArray, IntArray
from detectors.profile import Profile
from detectors.sample import Sample, record_hashes
from detectors.summarise import summarise
from detectors.summary import Summary, total
from monitor.engine.grouping import group
from monitor.reference.pair_tally import PairTally
from monitor.reference.row_sample import RowSample
from monitor.reference.rows import Rows
from monitor.reference.scan import is_even
from monitor.reference.unit_sums import UnitSums
from monitor.reference.units import Units
from monitor.schema import REST

MOST_ROWS = 20_000
MOST_VALUES = 8_000_000
"""Rows are sampled up to these limits: so many of a part, so many values over all parts."""


@dataclass(frozen=True, slots=True)
class Part:
    """What a stream may be compared with: all rows, those of a segment, or those of the rest.

    name: "" for all rows. segments: the numbers of the segments that belong to it.
    """

    name: str
    segments: tuple[int, ...]


class Tally:
    """Takes all rows once more, batch after batch, in the order in which they were scanned.

    parts: what a stream may be compared with; all rows first, alone where there is no segment.
    units: sums of units, None where rows have no order. pairs: tallies of the labelled rows, None
    where there are none.
    """

    def __init__(
        self,
        profile: Profile,
        segments: Sequence[str],
        key: int,
        units: Units | None,
        pairs: PairTally | None = None,
    ) -> None:
        """Take the segments, most frequent first, and the seed that decides what is sampled."""
        self.pairs = pairs
        names = [*segments, REST]
        everything = Part("", tuple(range(len(names))))
        alone = [Part(name, (code,)) for code, name in enumerate(names)] if segments else []
        self.parts = (everything, *alone)
        self.units = None if units is None else UnitSums(profile, units, len(names))
        self._profile = profile
        self._key = key
        self._codes = {name: code for code, name in enumerate(segments)}
        self._tables = [{name: code for code, name in enumerate(each)} for each in profile.levels]
        self._summaries = [Summary.empty(profile)] * len(names)
        sampled = MOST_VALUES // (max(1, len(profile.numeric)) * len(self.parts))
        self._samples = [RowSample(min(MOST_ROWS, sampled)) for _ in self.parts]
        self._rows = 0

    def add(self, rows: Rows) -> None:
        """Take a batch of rows."""
        numbers = np.arange(self._rows, self._rows + len(rows))
        self._rows += len(rows)
        columns = _columns(rows, self._tables)
        nothing = np.zeros(len(rows), dtype=np.int64)
        segments = nothing
        if rows.segments is not None:
            rest = len(self._codes)
            segments = rows.segments.mapped(self._codes, rest, rest)
        for each in group(columns, nothing, nothing.astype(np.bool_), nothing, segments):
            added = self._summaries[each.segment] + summarise(self._profile, each.columns)
            self._summaries[each.segment] = replace(added, sample=Sample.empty())
        self._sample(rows, numbers, segments)
        if self.units is not None:
            by_rows = self.units.units.by_rows
            times = numbers if by_rows else rows.times
            if times is not None:
                self.units.add(columns, times, segments)
        if self.pairs is not None:
            self.pairs.add(rows, columns, numbers, segments)

    @property
    def summaries(self) -> Mapping[str, Summary]:
        """The summary of every part, by its name; of the rest too where it is not apart."""
        found = {
            part.name: total([self._summaries[each] for each in part.segments])
            for part in self.parts
        }
        return {REST: self._summaries[-1], **found}

    @property
    def untimed(self) -> int:
        """Rows that are in no unit, for they have no usable time."""
        return 0 if self.units is None else self._rows - int(self.units.records.sum())

    def samples(self) -> Mapping[str, FloatArray]:
        """Return numeric values of a sample of each part's rows, none of an even hash."""
        return {
            part.name: sample.columns()[0]
            for part, sample in zip(self.parts, self._samples, strict=True)
        }

    def _sample(self, rows: Rows, numbers: IntArray, segments: IntArray) -> None:
        hashes = record_hashes(self._key, numbers)
        odd = ~is_even(hashes)
        for part, sample in zip(self.parts, self._samples, strict=True):
            of_part = odd & (segments == part.segments[0]) if part.name else odd
            candidates = np.flatnonzero(of_part)
            near = candidates[sample.near(hashes[candidates])]
            sample.add(hashes[near], [rows.numeric[near]])


def _columns(rows: Rows, tables: Sequence[dict[str, int]]) -> Columns:
    codes = np.empty((len(rows), len(tables)), dtype=np.int16)
    for column, (texts, table) in enumerate(zip(rows.texts, tables, strict=True)):
        codes[:, column] = texts.mapped(table, OTHER, MISSING)
    places = np.arange(len(rows))
    return Columns(
        numeric=rows.numeric,
        codes=codes,
        embeddings=rows.embeddings,
        invalid=rows.invalid,
        score=np.full(len(rows), np.nan),
        hashes=places.astype(np.uint64),
        times=places,
        partitions=places,
        offsets=places,
    )
