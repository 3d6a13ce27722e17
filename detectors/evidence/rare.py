"""Rare bins: a two-sample Bayes factor that carries the reference's own ignorance."""

from dataclasses import dataclass

import numpy as np
from scipy.special import betaln

from detectors.cells import VALUE_BINS, WIDTH
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.evidence.streams import Kind, kind_of_cell, solid_cells

ALTERNATIVES = np.array([0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 0.9])
"""Shares that a rare bin may have grown to: with 0.1 as the largest, a constant that changes
in every record would look less like a change than like an unlucky reference."""

MULTIPLE = 2.0
"""Only a share of more than so many times the reference's is bet on."""

SLACK = 3.0
"""Nats that the quick bound on a Bayes factor is raised by."""

MOST_SHARE = 0.05


@dataclass(frozen=True, slots=True)
class RareBins:
    """Cells of a table of counts that hold almost nothing of the reference.

    row, column: (bins,). count: (bins,), their records among the reference's ``records``.
    prior: (bins,), what is added to the count: 1/2 (Jeffreys), or 1 for a bin outside the
    reference's range, whose share has the law Beta(1, N) by construction.
    """

    row: IntArray
    column: IntArray
    count: IntArray
    prior: FloatArray
    kinds: tuple[Kind, ...]
    records: int

    @classmethod
    def of(cls, counts: IntArray, used: BoolArray, numeric: int) -> "RareBins":
        """Choose the rare cells of a reference's counts.

        counts, used: (features, WIDTH), the first ``numeric`` rows numeric.
        """
        records = int(counts[:1].sum())
        rare = used & ~solid_cells(counts, used)
        rare &= (counts + 0.5) / (records + 1) < MOST_SHARE
        row, column = np.nonzero(rare)
        last = used[:, :VALUE_BINS].sum(axis=1) - 1
        outside = (row < numeric) & (last[row] > 0) & ((column == 0) | (column == last[row]))
        outside &= counts[row, column] == 0
        kinds = tuple(
            Kind.OUTSIDE if beyond else kind_of_cell(numeric, *cell)
            for beyond, *cell in zip(outside.tolist(), row.tolist(), column.tolist(), strict=True)
        )
        prior = np.where(outside, 1.0, 0.5)
        return cls(row, column, counts[row, column], prior, kinds, records)

    def __len__(self) -> int:
        return len(self.row)

    @property
    def bets(self) -> int:
        """How many Bayes factors the bins hold: what the group's share is split over."""
        return int(self.alternatives.sum())

    @property
    def alternatives(self) -> BoolArray:
        """Which of ALTERNATIVES each bin may have grown to; (bins, len(ALTERNATIVES))."""
        before = (self.count[:, None] + 0.5) / (self.records + 1)
        larger: BoolArray = MULTIPLE * before < ALTERNATIVES
        return larger

    @property
    def places(self) -> IntArray:
        """Where the bins lie in a flattened table of counts."""
        return self.row * WIDTH + self.column

    def log_factors(self, bins: IntArray, found: FloatArray, records: FloatArray) -> FloatArray:
        """Return the best log Bayes factor of each of some windows and bins; shape (n,).

        bins: (n,), which of the bins. found, records: (n,), records in the bin and in all, of
        the window. -inf where a bin has no alternative.

        With c of N in the reference and k of m in the window, log e = k log q + (m - k)
        log(1 - q) - [log B(k + c + a, m - k + N - c + 1/2) - log B(c + a, N - c + 1/2)], with a
        the prior count. Under the reference's posterior its mean is 1 for every q.
        """
        count = self.count[bins] + self.prior[bins]
        left = self.records - self.count[bins] + 0.5
        rest = records - found
        marginal = betaln(found + count, rest + left) - betaln(count, left)
        ratio = (
            found[:, None] * np.log(ALTERNATIVES)
            + rest[:, None] * np.log1p(-ALTERNATIVES)
            - marginal[:, None]
        )
        best: FloatArray = np.where(self.alternatives[bins], ratio, -np.inf).max(axis=1)
        return best

    def worth_a_look(self, found: FloatArray, records: FloatArray, needed: FloatArray) -> BoolArray:
        """Tell where a log Bayes factor can exceed what is needed; shape (windows, bins).

        found, needed: (windows, bins), needed in nats. records: (windows,). The likelihood
        ratio of two shares against one is at most k log(1 + N / m), and the Bayes factor
        exceeds it by no more than the reference's ignorance, about sqrt(1 + m / N).
        """
        growth = np.log1p(self.records / records)
        slack = SLACK + np.log1p(records / self.records) / 2
        looked: BoolArray = (found > 0) & (found >= (needed - slack[:, None]) / growth[:, None])
        return looked

    def effects(self, bins: IntArray, found: FloatArray, records: FloatArray) -> FloatArray:
        """Return Cohen's h of shares, 2 asin sqrt q - 2 asin sqrt p, in sd; shape (n,)."""
        before = (self.count[bins] + 0.5) / (self.records + 1)
        effect: FloatArray = 2 * np.arcsin(np.sqrt(found / records)) - 2 * np.arcsin(
            np.sqrt(before)
        )
        return effect
