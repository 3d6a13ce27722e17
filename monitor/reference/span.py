"""The time that the rows of a reference span, whatever a few clocks said."""

from dataclasses import dataclass

import numpy as np

from detectors.columns import UInt64Array
from detectors.counts import IntArray
from detectors.evidence.season import DAY_MS
from monitor.reference.row_sample import RowSample

SAMPLED_TIMES = 50_000
MOST = (0.025, 0.975)
"""Most rows have times between these quantiles."""

FARTHEST = 20
"""A time so many times further from most rows' than those are from one another is no time."""

MARGIN = 0.01
"""What the times of all rows may reach beyond those of sampled ones, as a part of their span."""


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last of the rows' times, in ms since 1970."""

    first_ms: int
    last_ms: int

    @property
    def days(self) -> float:
        """Length in days."""
        return (self.last_ms - self.first_ms) / DAY_MS


class SpanFinder:
    """Takes the times of all rows, batch after batch."""

    def __init__(self) -> None:
        self._sample = RowSample(SAMPLED_TIMES)
        self._first, self._last = np.iinfo(np.int64).max, -1

    def add(self, hashes: UInt64Array, times: IntArray) -> None:
        """Take times, negative where a row has none, with the rows' hashes."""
        usable = times >= 0
        if usable.any():
            hashes, times = hashes[usable], times[usable]
            near = self._sample.near(hashes)
            self._sample.add(hashes[near], [times[near]])
            self._first = min(self._first, int(times.min()))
            self._last = max(self._last, int(times.max()))

    def span(self) -> Span | None:
        """Return the span, None where no row had a time.

        A zero that stands for no time, or a clock that was set wrong, lies years away from the
        other rows: it is left out, or the span would be years.
        """
        if self._last < 0:
            return None
        (times,) = self._sample.columns()
        low, high = np.quantile(times, MOST)
        reach = max(FARTHEST * (high - low), DAY_MS)
        near = times[(times >= low - reach) & (times <= high + reach)]
        margin = max(int(MARGIN * (near.max() - near.min())), DAY_MS // 24)
        return Span(
            max(self._first, int(near.min()) - margin), min(self._last, int(near.max()) + margin)
        )
