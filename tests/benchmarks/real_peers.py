"""What other tools do on the blocks of a real table: tests, thresholds, change detectors.

As `peers`, for columns with gaps and with different numbers of levels, whose values are at hand.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from river.drift import ADWIN, KSWIN
from scipy.special import chdtrc, kolmogorov

from detectors.counts import FloatArray, IntArray

LEVEL = 0.05
QUANTILES = (np.arange(1_000) + 0.5) / 1_000


@dataclass(frozen=True, slots=True)
class Values:
    """Rows of a table.

    numeric: one (n,) array each, nan where missing. codes: one (n,) array of levels each, a
    missing value is one of them. levels: how many each has, in the whole table.
    """

    numeric: tuple[FloatArray, ...]
    codes: tuple[IntArray, ...]
    levels: tuple[int, ...]

    @classmethod
    def of(cls, table: pa.Table, numeric: Sequence[str], categorical: Sequence[str]) -> "Values":
        """Return columns of a table."""
        encoded = [
            table[name].combine_chunks().dictionary_encode(null_encoding="encode")
            for name in categorical
        ]
        return cls(
            numeric=tuple(table[name].to_numpy().astype(np.float64) for name in numeric),
            codes=tuple(each.indices.to_numpy() for each in encoded),
            levels=tuple(len(each.dictionary) for each in encoded),
        )

    def __getitem__(self, rows: slice) -> "Values":
        return Values(
            numeric=tuple(values[rows] for values in self.numeric),
            codes=tuple(codes[rows] for codes in self.codes),
            levels=self.levels,
        )

    @property
    def present(self) -> tuple[FloatArray, ...]:
        """Numeric values without the missing ones, in increasing order."""
        return tuple(np.sort(values[~np.isnan(values)]) for values in self.numeric)

    @property
    def counts(self) -> tuple[IntArray, ...]:
        """Rows of each level."""
        pairs = zip(self.codes, self.levels, strict=True)
        return tuple(np.bincount(codes, minlength=levels) for codes, levels in pairs)

    def means(self) -> FloatArray:
        """Return the mean of each numeric column, then the share of each level."""
        numeric = [values.mean() if len(values) else np.nan for values in self.present]
        return np.concatenate([numeric, *(counts / counts.sum() for counts in self.counts)])


Peer = Callable[[Values], bool]
"""Takes the next block of a stream and tells whether it raises an alarm."""


def peers(reference: Values, blocks: Sequence[slice], slow: bool) -> Mapping[str, Peer]:
    """Return fresh peers by name.

    blocks: how the reference is cut, for those that watch a stream: they see it first. slow:
    KSWIN too, which costs a test per column and block.
    """
    tests = _Tests(reference.present, reference.counts)
    past = [reference[rows].means() for rows in blocks]
    found: dict[str, Peer] = {
        "KS and chi-square, Bonferroni": lambda block: _bonferroni(tests.p_values(block)),
        "KS and chi-square, Benjamini-Hochberg": lambda block: _benjamini_hochberg(
            tests.p_values(block)
        ),
        "PSI > 0.2": _psi(reference),
        "Wasserstein > 0.1 sd": _wasserstein(reference),
        "ADWIN on block means (river)": _river(ADWIN, past),
    }
    if slow:
        found["KSWIN on block means (river)"] = _river(lambda: KSWIN(seed=0), past)
    return found


@dataclass(frozen=True, slots=True)
class _Tests:
    """Two-sample tests against a reference's sorted values and counts of levels."""

    values: tuple[FloatArray, ...]
    counts: tuple[IntArray, ...]

    def p_values(self, block: Values) -> FloatArray:
        """Return the p-value of each column that has a value in the block."""
        order = [
            _kolmogorov_smirnov(before, after)
            for before, after in zip(self.values, block.present, strict=True)
            if len(after) and len(before)
        ]
        levels = map(_chi_square, self.counts, block.counts)
        return np.array([*order, *levels])


def _kolmogorov_smirnov(before: FloatArray, after: FloatArray) -> float:
    """Return the p-value of sorted samples, with Stephens' correction for their size."""
    n, m = len(before), len(after)
    gaps = [
        np.abs(before.searchsorted(after, side) / n - after.searchsorted(after, side) / m).max()
        for side in ("left", "right")
    ]
    size = np.sqrt(n * m / (n + m))
    return float(kolmogorov((size + 0.12 + 0.11 / size) * max(gaps)))


def _chi_square(before: IntArray, after: IntArray) -> float:
    """Return the p-value of two rows of counts, levels that neither has left out."""
    table = np.stack([before, after])[:, before + after > 0].astype(np.float64)
    expected = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return float(chdtrc(table.shape[1] - 1, ((table - expected) ** 2 / expected).sum()))


def _bonferroni(p: FloatArray) -> bool:
    return bool(p.min() < LEVEL / len(p))


def _benjamini_hochberg(p: FloatArray) -> bool:
    return bool((np.sort(p) <= LEVEL * np.arange(1, len(p) + 1) / len(p)).any())


def _psi(reference: Values) -> Peer:
    """Compare deciles of the reference, and levels, with half a count in every bin."""
    known = reference.present
    edges = [np.unique(np.quantile(values, np.arange(1, 10) / 10)) for values in known]

    def binned(values: Sequence[FloatArray]) -> list[IntArray]:
        pairs = zip(values, edges, strict=True)
        return [
            np.bincount(each.searchsorted(found), minlength=len(each) + 1) for found, each in pairs
        ]

    before = [*binned(known), *reference.counts]

    def largest(block: Values) -> bool:
        after = [*binned(block.present), *block.counts]
        return max(map(_stability_index, before, after)) > 0.2

    return largest


def _stability_index(before: IntArray, after: IntArray) -> float:
    p, q = ((counts + 0.5) / (counts + 0.5).sum() for counts in (before, after))
    return float(((q - p) * np.log(q / p)).sum()) if after.sum() else 0.0


def _wasserstein(reference: Values) -> Peer:
    """Compare quantiles; the distance is told in standard deviations of the reference."""
    known = [np.quantile(values, QUANTILES, method="inverted_cdf") for values in reference.present]
    sd = [float(values.std()) for values in reference.present]

    def any_far(block: Values) -> bool:
        return any(
            np.abs(np.quantile(after, QUANTILES, method="inverted_cdf") - before).mean() > 0.1 * one
            for before, after, one in zip(known, block.present, sd, strict=True)
            if len(after)
        )

    return any_far


def _river(detector: Callable[[], ADWIN | KSWIN], past: Sequence[FloatArray]) -> Peer:
    """Watch each column's block means, scaled to 0 to 1 by those of the reference's blocks."""
    known = np.array(past)
    low, high = np.nanmin(known, axis=0), np.nanmax(known, axis=0)
    detectors = [detector() for _ in low]

    def step(means: FloatArray) -> bool:
        alarmed = False
        scaled = (means - low) / np.where(high > low, high - low, 1.0)
        for each, mean in zip(detectors, scaled.tolist(), strict=True):
            if not np.isnan(mean):
                each.update(mean)  # type: ignore[no-untyped-call]
                alarmed |= each.drift_detected
        return alarmed

    for means in past:
        step(means)
    return lambda block: step(block.means())
