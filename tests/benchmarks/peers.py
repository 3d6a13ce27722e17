"""What other tools do: tests, thresholds and change detectors on the same blocks."""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from river.drift import ADWIN, KSWIN
from scipy.special import chdtrc, kolmogorov

from detectors.counts import BoolArray, Counts, FloatArray, IntArray
from detectors.psi import PSI

LEVEL = 0.05
KSWIN_FEATURES = 10
"""KSWIN costs a test per value: it watches as many features as the scenarios change."""


@dataclass(frozen=True, slots=True)
class Block:
    """One block as peers see it: fine counts, counts of levels, numeric values of its records."""

    fine: IntArray
    levels: IntArray
    numeric: NDArray[np.float32]

    @property
    def means(self) -> FloatArray:
        """Mean of each numeric feature."""
        means: FloatArray = self.numeric.mean(axis=0, dtype=np.float64)
        return means


@dataclass(frozen=True, slots=True)
class Reference:
    """What peers compare with; centres: (numeric, fine bins), numeric: (records, numeric)."""

    fine: IntArray
    levels: IntArray
    centres: FloatArray
    numeric: NDArray[np.float32]

    @property
    def sd(self) -> FloatArray:
        """Standard deviation of each numeric feature."""
        shares = self.fine / self.fine.sum(axis=1, keepdims=True)
        mean = (shares * self.centres).sum(axis=1, keepdims=True)
        return np.sqrt((shares * (self.centres - mean) ** 2).sum(axis=1))


Peer = Callable[[Block], bool]
"""Takes the next block of a stream and tells whether it raises an alarm."""


def peers(reference: Reference) -> dict[str, Peer]:
    """Return fresh peers by name."""
    one, twelve = Recent(1), Recent(12)
    return {
        "KS and chi-square, any p < .05": _testing(reference, one, _any),
        "KS and chi-square, Bonferroni": _testing(reference, one, _bonferroni),
        "KS and chi-square, Benjamini-Hochberg": _testing(reference, one, _benjamini_hochberg),
        "the same, Bonferroni, 12 blocks": _testing(reference, twelve, _bonferroni),
        "PSI > 0.2": lambda block: bool((_psi(reference, block) > 0.2).any()),
        "Wasserstein > 0.1 sd": lambda block: bool((_wasserstein(reference, block) > 0.1).any()),
        "ADWIN on block means (river)": _river([ADWIN() for _ in reference.fine]),
        f"KSWIN on block means of {KSWIN_FEATURES} features (river)": _river(
            [KSWIN(seed=0) for _ in range(KSWIN_FEATURES)]
        ),
    }


@dataclass(slots=True)
class Recent:
    """The sum of the last blocks."""

    length: int
    blocks: deque[Block] = field(default_factory=deque)

    def push(self, block: Block) -> Block:
        """Add a block and return the sum of the window that ends with it."""
        self.blocks.append(block)
        if len(self.blocks) > self.length:
            self.blocks.popleft()
        fine = np.sum([each.fine for each in self.blocks], axis=0)
        return Block(fine, np.sum([each.levels for each in self.blocks], axis=0), block.numeric)


def p_values(reference: Reference, window: Block) -> FloatArray:
    """Return KS and chi-square p-values of every feature; (features,), as two-sample tests."""
    n, m = reference.fine[0].sum(), window.fine[0].sum()
    below = np.cumsum(window.fine, axis=1) / m - np.cumsum(reference.fine, axis=1) / n
    size = np.sqrt(n * m / (n + m))
    order = kolmogorov((size + 0.12 + 0.11 / size) * np.abs(below).max(axis=1))
    pooled = (reference.levels + window.levels) / (n + m)
    excess = (window.levels - m * pooled) ** 2 / (m * pooled)
    excess += (reference.levels - n * pooled) ** 2 / (n * pooled)
    return np.concatenate([order, chdtrc(window.levels.shape[1] - 1, excess.sum(axis=1))])


def _testing(reference: Reference, recent: Recent, rule: Callable[[FloatArray], bool]) -> Peer:
    return lambda block: rule(p_values(reference, recent.push(block)))


def _any(p: FloatArray) -> bool:
    return bool(p.min() < LEVEL)


def _bonferroni(p: FloatArray) -> bool:
    return bool(p.min() < LEVEL / len(p))


def _benjamini_hochberg(p: FloatArray) -> bool:
    rejected: BoolArray = np.sort(p) <= LEVEL * np.arange(1, len(p) + 1) / len(p)
    return bool(rejected.any())


def _psi(reference: Reference, block: Block) -> FloatArray:
    """Return PSI in ten bins of equal share, as it is usually drawn, and of levels."""
    shares = np.cumsum(reference.fine, axis=1) / reference.fine.sum(axis=1, keepdims=True)
    places = np.minimum((shares * 10 - 1e-9).astype(np.int64), 9)
    places += 10 * np.arange(len(places))[:, None]
    size = 10 * len(places)
    before, after = (
        np.bincount(places.ravel(), weights=fine.ravel(), minlength=size).reshape(-1, 10)
        for fine in (reference.fine, block.fine)
    )
    return np.concatenate(
        [
            PSI()(Counts(before), Counts(after)),
            PSI()(Counts(reference.levels), Counts(block.levels)),
        ]
    )


def _wasserstein(reference: Reference, block: Block) -> FloatArray:
    n, m = reference.fine[0].sum(), block.fine[0].sum()
    below = np.cumsum(block.fine, axis=1) / m - np.cumsum(reference.fine, axis=1) / n
    steps = np.diff(reference.centres, axis=1)
    return (np.abs(below[:, :-1]) * steps).sum(axis=1) / reference.sd


def _river(detectors: Sequence[ADWIN | KSWIN]) -> Peer:
    def step(block: Block) -> bool:
        alarmed = False
        for detector, mean in zip(detectors, block.means, strict=False):
            detector.update(float(mean))
            alarmed |= detector.drift_detected
        return alarmed

    return step
