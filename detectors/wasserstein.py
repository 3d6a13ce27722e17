"""Wasserstein-1 distance between a window and the reference, from binned counts."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import Counts, FloatArray, IntArray, sampling_variance
from detectors.tails import reach_beyond, reach_within

FARTHEST = 1e300
"""Values further out count as this far, so that differences of two of them stay finite."""


@dataclass(frozen=True, slots=True)
class BinnedValues:
    """Counts of numeric values in ordered bins, with the smallest and the largest value.

    counts: of shape (features, bins). low, high: (features,), +inf and -inf where none is.
    """

    counts: Counts
    low: FloatArray
    high: FloatArray


@dataclass(frozen=True, slots=True)
class Wasserstein:
    """Wasserstein-1 distance: how far values moved on average, in the reference's robust sd.

    W1 = integral |F(x) - G(x)| dx / sd, with F the reference's and G the window's distribution
    function. Both are known at the bins' edges and taken as linear between them; the integral
    is exact for such functions. Two kinds of bins can be very long:

    - Outside the reference's range the farthest value is known and lies where it lies, so one
      outlier at a distance d among m records moves W1 by d / m. The other values there reach
      part of the way to it, as detectors.tails says.
    - The outermost bins within the range are long where tails are heavy. Their values reach
      part of the way to the end of the range.

    No value is misplaced by more than its bin's width, so the raw data's distance differs by
    at most ``binning_error``.

    edges: (features, bins - 1), centre, scale: (features,), as in detectors.profile.Profile.

    Source: Vallender (1974), Calculation of the Wasserstein distance between probability
    distributions on the line, Theory of Probability and Its Applications 18(4).
    """

    edges: FloatArray
    centre: FloatArray
    scale: FloatArray

    def __call__(self, reference: BinnedValues, window: BinnedValues) -> FloatArray:
        """Return the distance of every feature.

        Returns shape (features,), in robust sd of the reference, from 0; nan where either side
        has no value. Raises ValueError if the two were binned differently.
        """
        window.counts.require_same_bins(reference.counts)
        gaps = np.cumsum(reference.counts.shares() - window.counts.shares(), axis=1)
        lowest, highest = (
            _share_of_one(reference.counts, column) - _share_of_one(window.counts, column)
            for column in (np.zeros_like(self._top), self._top + 1)
        )
        return self._integral(reference, window, gaps, lowest, -highest)

    def noise(self, reference: BinnedValues, window: BinnedValues) -> FloatArray:
        """Return the distance that drift-free data of this size would show on average.

        sqrt(2 / pi) integral sqrt(F (1 - F)) dx / sd * sqrt(1/n + 1/m) for n reference and m
        window records, in the same bins; shape (features,).
        """
        below = np.clip(np.cumsum(reference.counts.shares(), axis=1), 0.0, 1.0)
        spread = np.sqrt(2 / np.pi * below * (1 - below))
        nothing = np.zeros(len(below))
        path = self._integral(reference, window, spread, nothing, nothing)
        return path * np.sqrt(sampling_variance(reference.counts.total, window.counts.total))

    def binning_error(self, reference: BinnedValues, window: BinnedValues) -> FloatArray:
        """Return how far the raw data's distance may lie from the binned one at most.

        sum_k (p_k + q_k) width_k / sd; shape (features,).
        """
        ends = self._ends(reference, window)
        shares = reference.counts.shares() + window.counts.shares()
        return self._in_sd(np.sum(shares * np.diff(ends, axis=1), axis=1))

    def _integral(
        self,
        reference: BinnedValues,
        window: BinnedValues,
        heights: FloatArray,
        lowest: FloatArray,
        highest: FloatArray,
    ) -> FloatArray:
        """Integrate the absolute value of a path given at the bins' upper ends, in sd.

        heights: (features, bins), the last one is not used. lowest, highest: (features,), the
        path just above the smallest and just below the largest value; beyond them it is 0.
        """
        ends = self._ends(reference, window)
        sides = reference.counts, window.counts
        inner_low, outer_low = self._reach(ends, *sides, np.ones_like(self._top), -1)
        inner_high, outer_high = self._reach(ends, *sides, self._top, 1)
        low, edges, high = ends[:, 0], ends[:, 1:-1], ends[:, -1]
        bottom, top, nothing = heights[:, 0], _take(heights, self._top), np.zeros(len(ends))
        # Where two points lie at one place, the path jumps; the stable sort keeps their order.
        places = np.column_stack(
            [low, low, outer_low, inner_low, high, edges, inner_high, outer_high, high]
        )
        points = np.column_stack(
            [nothing, lowest, lowest, bottom, highest, heights[:, :-1], top, highest, nothing]
        )
        order = np.argsort(places, axis=1, kind="stable")
        steps = np.diff(np.take_along_axis(places, order, axis=1), axis=1)
        points = np.take_along_axis(points, order, axis=1)
        return self._in_sd(np.sum(steps * _mean_height(points[:, :-1], points[:, 1:]), axis=1))

    def _reach(
        self, ends: FloatArray, reference: Counts, window: Counts, inner: IntArray, way: int
    ) -> tuple[FloatArray, FloatArray]:
        """Return where the values in a tail's two bins reach to, all but the farthest.

        inner: place of the outermost bin within the range. way: 1 where the tail goes up, -1
        where it goes down. Returns shapes (features,): in that bin, and in the one beyond it.
        """
        first = inner + (way < 0)
        start, end, farthest = (_take(ends, first + step * way) for step in range(3))
        records = reference.values + window.values
        share = np.fmax(*(_take(side.shares(), inner + way) for side in (reference, window)))
        # Distances count from one sd beyond the centre, so that they are never zero.
        near, far = (np.maximum((x - self.centre) * way, 0.0) + self.scale for x in (start, end))
        within = reach_within(near, np.abs(end - start), _take(records, inner))
        beyond = reach_beyond(
            far, np.abs(farthest - end), _take(records, inner + way), np.nan_to_num(share)
        )
        return start + (end - start) * within, end + (farthest - end) * beyond

    def _ends(self, reference: BinnedValues, window: BinnedValues) -> FloatArray:
        """Return where the bins of two sides begin and end; shape (features, bins + 1)."""
        low = np.clip(np.minimum(reference.low, window.low), -FARTHEST, FARTHEST)
        high = np.clip(np.maximum(reference.high, window.high), -FARTHEST, FARTHEST)
        edges = np.clip(self.edges, low[:, None], high[:, None])
        return np.column_stack([low, edges, high])

    @property
    def _top(self) -> IntArray:
        """Place of the bin that ends at the reference's maximum; shape (features,)."""
        top: IntArray = np.maximum((self.edges < np.inf).sum(axis=1) - 1, 1)
        return top

    def _in_sd(self, distance: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            return distance / self.scale


def _share_of_one(counts: Counts, columns: IntArray) -> FloatArray:
    """Return the share of one record where a column holds any; shape (features,)."""
    share: FloatArray = (_take(counts.values, columns) > 0) / np.maximum(counts.total, 1)
    return share


def _mean_height(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the mean absolute value of linear functions given at both ends of an interval."""
    sizes = np.abs(left) + np.abs(right)
    crossing = (left**2 + right**2) / (2 * np.where(sizes > 0, sizes, 1.0))
    return np.where(left * right >= 0, sizes / 2, crossing)


def _take(table: FloatArray | IntArray, places: IntArray) -> FloatArray:
    """Return one entry of each row."""
    entries: FloatArray = np.take_along_axis(table.astype(np.float64), places[:, None], axis=1)
    return entries[:, 0]
