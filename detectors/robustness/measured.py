"""What a trial measured: a value, its interval, and the verdict on a limit."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.robustness.drop import drop_bounds
from detectors.robustness.intervals import clopper_pearson
from detectors.robustness.mean_bounds import mean_bounds
from detectors.robustness.quantile_bounds import quantile_bounds
from detectors.robustness.verdict import (
    ALPHA_PASS,
    Decision,
    Verdict,
    interval_verdict,
    share_verdict,
)

ALPHA_SHOWN = 0.05
"""Intervals for people hold the true value in 95 % of cases."""


@dataclass(frozen=True, slots=True)
class Interval:
    """A value and its two-sided 95 % interval; nan where undefined."""

    value: float
    low: float
    high: float


class Measured(Protocol):
    """One measure of one variant.

    Records without a usable answer count neither for nor against: a verdict stands only if it
    would with all of them good and with all of them bad.
    """

    @property
    def records(self) -> int: ...

    def interval(self) -> Interval:
        """Return the value over the records that were answered."""
        ...

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:
        """Return the verdict; most: whether the measure may be at most, else at least, limit."""
        ...


@dataclass(frozen=True, slots=True)
class Share:
    """A share of records: ``counted`` of those answered, of ``records`` with ``unknown`` ones."""

    counted: int
    unknown: int
    records: int

    @classmethod
    def of(cls, counted: BoolArray, unknown: BoolArray) -> "Share":
        """Return the share of records that are counted and not unknown; both (n,)."""
        return cls(int((counted & ~unknown).sum()), int(unknown.sum()), len(counted))

    def interval(self) -> Interval:
        """Return the share with its Clopper-Pearson interval."""
        answered = self.records - self.unknown
        if not answered:
            return Interval(np.nan, 0.0, 1.0)
        low, high = clopper_pearson(self.counted, answered, ALPHA_SHOWN)
        return Interval(self.counted / answered, float(low), float(high))

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:
        """Return the verdict; as Measured."""
        high = self.counted + self.unknown
        return share_verdict(self.counted, high, self.records, limit, most, alpha_fail)


@dataclass(frozen=True, slots=True)
class Census:
    """A share of a set that was looked at whole, so that it is known and no estimate.

    counted: of ``records``; whatever has no answer must be counted or not beforehand.
    """

    counted: int
    records: int

    def interval(self) -> Interval:
        """Return the share, which is its own interval."""
        share = self.counted / self.records if self.records else np.nan
        return Interval(share, share, share)

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:  # noqa: ARG002
        """Return the verdict, which chance has no part in; as Measured."""
        share = self.interval().value
        if not self.records:
            return Decision(Verdict.INCONCLUSIVE, 0.0, 1.0)
        well = share <= limit if most else share >= limit
        return Decision(Verdict.PASSED if well else Verdict.FAILED, share, share)


@dataclass(frozen=True, slots=True)
class Reading:
    """A number that was read off, such as a rate; records: that it rests on."""

    value: float
    records: int

    def interval(self) -> Interval:
        """Return the number, of which no interval is known."""
        return Interval(self.value, self.value, self.value)

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:  # noqa: ARG002
        """Return the verdict, which takes the number as it is; as Measured."""
        well = self.value <= limit if most else self.value >= limit
        return Decision(Verdict.PASSED if well else Verdict.FAILED, self.value, self.value)


@dataclass(frozen=True, slots=True)
class Drop:
    """The fall of a share from one look at the same records to another.

    before, after: (n,), whether each record counts. unknown: (n,), without an answer after.
    """

    before: BoolArray
    after: BoolArray
    unknown: BoolArray

    @property
    def records(self) -> int:
        """Records looked at."""
        return len(self.before)

    def interval(self) -> Interval:
        """Return the fall over the records that were answered, with its exact interval."""
        lost, won, records = self._counts(~self.unknown, self.after)
        if not records:
            return Interval(np.nan, -1.0, 1.0)
        low, high = drop_bounds(lost, won, records, ALPHA_SHOWN / 2, ALPHA_SHOWN / 2)
        return Interval((lost - won) / records, low, high)

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:
        """Return the verdict; as Measured."""
        everyone = np.ones(len(self.before), dtype=np.bool_)
        least = self._bounds(*self._counts(everyone, self.after | self.unknown), most, alpha_fail)
        worst = self._bounds(*self._counts(everyone, self.after & ~self.unknown), most, alpha_fail)
        low, high = least[0], worst[1]
        return interval_verdict(low, high, low, high, limit, most)

    def _counts(self, among: BoolArray, after: BoolArray) -> tuple[int, int, int]:
        lost = among & self.before & ~after
        won = among & ~self.before & after
        return int(lost.sum()), int(won.sum()), int(among.sum())

    def _bounds(
        self, lost: int, won: int, records: int, most: bool, alpha_fail: float
    ) -> tuple[float, float]:
        if not records:
            return -1.0, 1.0
        alphas = (alpha_fail, ALPHA_PASS) if most else (ALPHA_PASS, alpha_fail)
        return drop_bounds(lost, won, records, *alphas)


@dataclass(frozen=True, slots=True)
class Mean:
    """The mean of a bounded quantity of each record.

    values: (n,), nan where a record has no answer. lowest, highest: what a value can be.
    """

    values: FloatArray
    lowest: float
    highest: float

    @property
    def records(self) -> int:
        """Records looked at."""
        return len(self.values)

    def interval(self) -> Interval:
        """Return the mean over the records that were answered, with its interval."""
        known = self.values[~np.isnan(self.values)]
        if not len(known):
            return Interval(np.nan, self.lowest, self.highest)
        low, high = mean_bounds(known, ALPHA_SHOWN / 2, ALPHA_SHOWN / 2, self.lowest, self.highest)
        return Interval(float(known.mean()), low, high)

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:
        """Return the verdict; as Measured."""
        if not self.records:
            return Decision(Verdict.INCONCLUSIVE, self.lowest, self.highest)
        least = np.nan_to_num(self.values, nan=self.lowest)
        worst = np.nan_to_num(self.values, nan=self.highest)
        alpha_low, alpha_high = (alpha_fail, ALPHA_PASS) if most else (ALPHA_PASS, alpha_fail)
        low, _ = mean_bounds(least, alpha_low, alpha_high, self.lowest, self.highest)
        _, high = mean_bounds(worst, alpha_low, alpha_high, self.lowest, self.highest)
        return interval_verdict(low, high, low, high, limit, most)


@dataclass(frozen=True, slots=True)
class Quantile:
    """A quantile of a quantity of each record that is never below 0.

    values: (n,), inf where a record's is larger than could be seen, nan where it has no answer.
    """

    values: FloatArray
    quantile: float

    @property
    def records(self) -> int:
        """Records looked at."""
        return len(self.values)

    def interval(self) -> Interval:
        """Return the quantile of the known values, with the exact interval of its ranks.

        Values that are alike, such as those of a stall, make it too narrow.
        """
        known = self.values[~np.isnan(self.values)]
        if not len(known):
            return Interval(np.nan, np.nan, np.nan)
        value = np.quantile(known, self.quantile, method="inverted_cdf")
        low, high = quantile_bounds(known, self.quantile, ALPHA_SHOWN / 2, ALPHA_SHOWN / 2)
        return Interval(float(value), max(low, 0.0), high)

    def decide(self, limit: float, most: bool, alpha_fail: float) -> Decision:
        """Return the verdict: a quantile is beyond a limit where too many values are.

        The bounds of the decision are those of the quantile's 95 % interval.
        """
        unknown = np.isnan(self.values)
        known = self.values[~unknown]
        beyond = int(((known > limit) if most else (known < limit)).sum())
        allowed = 1 - self.quantile if most else self.quantile
        high = beyond + int(unknown.sum())
        decided = share_verdict(beyond, high, self.records, allowed, True, alpha_fail)
        shown = self.interval()
        return Decision(decided.verdict, shown.low, shown.high, decided.needed)
