"""Wasserstein-1 distance between a window and the reference, from binned counts."""

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy.special import exprel

from detectors.counts import Counts, FloatArray, IntArray, sampling_variance

Number = TypeVar("Number", np.float64, np.int64)

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

    - Below and above the reference's range values are spread evenly as far as the smallest
      and the largest of them, which are known. So one outlier at a distance d among m records
      moves W1 by d / m.
    - The outermost bins within the range are long where tails are heavy. Their values are
      spread evenly over the part of the bin next to the others that gives them the mean of a
      power law: the one that starts with all of them and has one left at the bin's other end.

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
        lowest = self._share_of_lowest(reference) - self._share_of_lowest(window)
        highest = self._share_of_highest(window) - self._share_of_highest(reference)
        return self._integral(reference, window, gaps, lowest, highest)

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
        low, high = _range(reference, window)
        edges = np.clip(self.edges, low[:, None], high[:, None])
        widths = np.diff(np.column_stack([low, edges, high]), axis=1)
        shares = reference.counts.shares() + window.counts.shares()
        return self._in_sd(np.sum(shares * widths, axis=1))

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
        low, high = _range(reference, window)
        edges = np.clip(self.edges, low[:, None], high[:, None])
        lower_tail, upper_tail = self._tails(edges, reference.counts, window.counts)
        at_last = _take(heights, self._last_edge)
        nothing = np.zeros(len(low))
        # Where two points lie at one place, the path jumps; the stable sort keeps their order.
        places = np.column_stack([low, low, lower_tail, high, edges, upper_tail, high])
        points = np.column_stack(
            [nothing, lowest, heights[:, 0], highest, heights[:, :-1], at_last, nothing]
        )
        order = np.argsort(places, axis=1, kind="stable")
        steps = np.diff(np.take_along_axis(places, order, axis=1), axis=1)
        points = np.take_along_axis(points, order, axis=1)
        return self._in_sd(np.sum(steps * _mean_height(points[:, :-1], points[:, 1:]), axis=1))

    def _tails(
        self, edges: FloatArray, reference: Counts, window: Counts
    ) -> tuple[FloatArray, FloatArray]:
        """Return how far down and up the values in the outermost bins within the range reach."""
        records = reference.values + window.values
        last = self._last_edge
        lower, upper = edges[:, 1], _take(edges, np.maximum(last - 1, 0))
        down, up = lower - edges[:, 0], _take(edges, last) - upper
        # Distances count from one sd beyond the centre, so that they are never zero.
        from_above = np.maximum(self.centre - lower, 0.0) + self.scale
        from_below = np.maximum(upper - self.centre, 0.0) + self.scale
        return (
            lower - down * _part_in_use(from_above, down, records[:, 1]),
            upper + up * _part_in_use(from_below, up, _take(records, last)),
        )

    @property
    def _last_edge(self) -> IntArray:
        """Place of the reference's maximum among a feature's edges; shape (features,)."""
        last: IntArray = np.maximum(np.isfinite(self.edges).sum(axis=1) - 1, 0)
        return last

    def _share_of_lowest(self, side: BinnedValues) -> FloatArray:
        below: FloatArray = (side.counts.values[:, 0] > 0) / np.maximum(side.counts.total, 1)
        return below

    def _share_of_highest(self, side: BinnedValues) -> FloatArray:
        above = _take(side.counts.values, self._last_edge + 1) > 0
        share: FloatArray = above / np.maximum(side.counts.total, 1)
        return share

    def _in_sd(self, distance: FloatArray) -> FloatArray:
        with np.errstate(over="ignore"):
            return distance / self.scale


def _range(reference: BinnedValues, window: BinnedValues) -> tuple[FloatArray, FloatArray]:
    low = np.clip(np.minimum(reference.low, window.low), -FARTHEST, FARTHEST)
    high = np.clip(np.maximum(reference.high, window.high), -FARTHEST, FARTHEST)
    return low, high


def _part_in_use(near: FloatArray, length: FloatArray, records: IntArray) -> FloatArray:
    """Return the part of a tail's length that its values are spread over evenly.

    Twice their mean under the power law that has all of them beyond the distance ``near`` and
    one of them beyond ``near + length``.
    """
    with np.errstate(over="ignore"):
        reach = np.minimum(np.log1p(length / near), 600.0)
    mean = exprel(reach - np.log(np.maximum(records, 1))) / exprel(reach)
    part: FloatArray = np.minimum(2 * mean, 1.0)
    return part


def _mean_height(left: FloatArray, right: FloatArray) -> FloatArray:
    """Return the mean absolute value of linear functions given at both ends of an interval."""
    sizes = np.abs(left) + np.abs(right)
    crossing = (left**2 + right**2) / (2 * np.where(sizes > 0, sizes, 1.0))
    return np.where(left * right >= 0, sizes / 2, crossing)


def _take(table: NDArray[Number], places: IntArray) -> NDArray[Number]:
    """Return one entry of each row."""
    return np.take_along_axis(table, places[:, None], axis=1)[:, 0]
