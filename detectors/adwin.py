"""ADWIN on a stream's prediction scores, with a state that can be stored."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from river.drift import ADWIN

from detectors.counts import FloatArray

HISTORY = 4096
"""Scores that a detector is rebuilt from."""

LEVELS = 65535
"""Scores are rounded to multiples of 1 / LEVELS before they are fed."""

CHECKED = 32
"""river's ADWIN looks for a change after every so many scores."""

ScoreArray = NDArray[np.uint16]


@dataclass(frozen=True, slots=True)
class Cut:
    """A change of the mean that was found, at the place that shows it best.

    before, after: scores on its two sides. mean_before, mean_after: of each. sd: within them.
    """

    before: int
    after: int
    mean_before: float
    mean_after: float
    sd: float

    @classmethod
    def of(cls, history: ScoreArray) -> "Cut":
        """Return the best cut of more than CHECKED rounded scores, at multiples of CHECKED.

        ADWIN drops its oldest scores until the rest agree, which is seldom where the mean
        changed.
        """
        scores = history / LEVELS
        sums = np.cumsum(scores)
        before = np.arange(CHECKED, len(scores), CHECKED)
        after = len(scores) - before
        older = sums[before - 1] / before
        newer = (sums[-1] - sums[before - 1]) / after
        place = int(np.argmax((newer - older) ** 2 * before * after))
        n = int(before[place])
        squares = scores[:n].var() * n + scores[n:].var() * (len(scores) - n)
        return cls(
            before=n,
            after=len(scores) - n,
            mean_before=float(older[place]),
            mean_after=float(newer[place]),
            sd=max(float(np.sqrt(squares / len(scores))), 1 / LEVELS),
        )


class ScoreAdwin:
    """Adaptive window over scores in [0, 1]: it drops its older part when the mean changed.

    river's detector keeps its buckets to itself, so the state here is the scores fed since it
    last started anew, and restoring feeds them again. It starts anew with the first score
    after a change, and with the newest HISTORY scores when 2 * HISTORY have come without one;
    feeding those finds nothing that counts as a new change. So state is bounded, and mean,
    width and changes are a function of the scores in order, however they are cut into feeds
    and wherever they are stored and restored.

    Source: Bifet and Gavalda (2007), Learning from time-changing data with adaptive windowing.
    """

    def __init__(self) -> None:
        self.detections = 0
        self._adwin = _new_adwin()
        self._history: ScoreArray = np.zeros(0, dtype=np.uint16)

    @classmethod
    def restore(cls, history: ScoreArray, detections: int) -> "ScoreAdwin":
        """Return the detector whose ``state`` this was."""
        restored = cls()
        restored._replay(history)
        restored.detections = detections
        return restored

    def state(self) -> tuple[ScoreArray, int]:
        """Return the scores that ``restore`` needs, and the changes found so far."""
        return self._history, self.detections

    @property
    def mean(self) -> float:
        """Mean of the scores in the window; nan where it is empty."""
        return float(self._adwin.estimation) if self.width else float("nan")

    @property
    def width(self) -> int:
        """Scores in the window."""
        return int(self._adwin.width)

    def feed(self, scores: FloatArray) -> list[Cut]:
        """Feed scores in order; return the changes that they showed.

        Raises ValueError if one of them is not in [0, 1].
        """
        outside = scores[~((scores >= 0) & (scores <= 1))]
        if len(outside):
            raise ValueError(f"ADWIN takes scores in [0, 1], not {outside[0]}")
        waiting = np.rint(scores * LEVELS).astype(np.uint16)
        cuts: list[Cut] = []
        while len(waiting):
            fed = self._feed_to_next_start(waiting)
            waiting = waiting[fed:]
            if self._adwin.drift_detected:
                cuts.append(Cut.of(self._history))
        self.detections += len(cuts)
        return cuts

    def _feed_to_next_start(self, waiting: ScoreArray) -> int:
        """Feed scores until the detector has to start anew, or all; return how many."""
        if self._adwin.drift_detected:
            self._history = self._history[:0]
        fed = self._update(waiting[: 2 * HISTORY - len(self._history)])
        self._history = np.concatenate([self._history, waiting[:fed]])
        if not self._adwin.drift_detected and len(self._history) == 2 * HISTORY:
            self._replay(self._history[HISTORY:])
        return fed

    def _replay(self, history: ScoreArray) -> None:
        """Start anew with scores that were fed before."""
        self._adwin = _new_adwin()
        self._history = history
        while (fed := self._update(self._history)) < len(self._history):
            self._history = self._history[fed:]

    def _update(self, scores: ScoreArray) -> int:
        """Feed scores up to and with the first that shows a change; return how many."""
        adwin = self._adwin
        update: Callable[[float], None] = adwin.update
        for fed, score in enumerate((scores / LEVELS).tolist(), start=1):
            update(score)
            if adwin.drift_detected:
                return fed
        return len(scores)


def _new_adwin() -> ADWIN:
    return ADWIN()  # type: ignore[no-untyped-call]
