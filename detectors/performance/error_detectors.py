"""river's detectors of concept drift on a stream of errors, with a state that can be stored."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np
from numpy.typing import NDArray
from river import drift
from river.drift import binary

from detectors.adwin import HISTORY, LEVELS
from detectors.counts import FloatArray

ErrorArray = NDArray[np.uint16]


class OneByOne(Protocol):
    """What all of river's detectors have in common."""

    @property
    def drift_detected(self) -> bool:
        """Whether the newest value showed a change."""

    def update(self, x: float) -> None:
        """Take the next value; the first one after a change starts the detector anew."""


@dataclass(frozen=True, slots=True)
class Method:
    """A detector of river's, and how it is used here.

    make: returns a new one. history: values that it is rebuilt from, at least those that it
    looks at. may_page: whether its rate of false alarms leaves room in a budget of pages.
    """

    make: Callable[[], OneByOne]
    history: int
    may_page: bool


class ErrorDetector:
    """One of river's detectors over errors in [0, 1].

    Its state here is the errors fed since it last started anew, as for ScoreAdwin: it starts
    anew after a change, and with its newest ``history`` errors when twice as many have come
    without one; feeding those finds nothing that counts as a new change. So state is bounded,
    and the changes found are a function of the errors in order, however they are cut into
    feeds and wherever they are stored and restored.
    """

    def __init__(self, method: Method) -> None:
        self.detections = 0
        self._method = method
        self._detector = method.make()
        self._history: ErrorArray = np.zeros(0, dtype=np.uint16)

    @classmethod
    def restore(cls, method: Method, history: ErrorArray, detections: int) -> "ErrorDetector":
        """Return the detector whose ``state`` this was."""
        restored = cls(method)
        restored._replay(history)
        restored.detections = detections
        return restored

    def state(self) -> tuple[ErrorArray, int]:
        """Return the errors that ``restore`` needs, and the changes found so far."""
        return self._history, self.detections

    def feed(self, errors: FloatArray) -> int:
        """Feed errors in order; return how many changes they showed.

        Raises ValueError if one of them is not in [0, 1].
        """
        outside = errors[~((errors >= 0) & (errors <= 1))]
        if len(outside):
            raise ValueError(f"errors lie in [0, 1], and {outside[0]} does not; divide by a bound")
        waiting = np.rint(errors * LEVELS).astype(np.uint16)
        found = 0
        while len(waiting):
            waiting = waiting[self._feed_to_next_start(waiting) :]
            found += self._detector.drift_detected
        self.detections += found
        return found

    def _feed_to_next_start(self, waiting: ErrorArray) -> int:
        """Feed errors until the detector has to start anew, or all; return how many."""
        if self._detector.drift_detected:
            self._history = self._history[:0]
        most = 2 * self._method.history
        fed = self._update(waiting[: most - len(self._history)])
        self._history = np.concatenate([self._history, waiting[:fed]])
        if not self._detector.drift_detected and len(self._history) == most:
            self._replay(self._history[self._method.history :])
        return fed

    def _replay(self, history: ErrorArray) -> None:
        """Start anew with errors that were fed before."""
        self._detector = self._method.make()
        self._history = history
        while (fed := self._update(self._history)) < len(self._history):
            self._history = self._history[fed:]

    def _update(self, errors: ErrorArray) -> int:
        """Feed errors up to and with the first that shows a change; return how many."""
        detector = self._detector
        for fed, error in enumerate((errors / LEVELS).tolist(), start=1):
            detector.update(error)
            if detector.drift_detected:
                return fed
        return len(errors)


def _made(river: Callable[..., object], **options: object) -> Callable[[], OneByOne]:
    return lambda: cast(OneByOne, river(**options))


REGISTRY: dict[str, Method] = {
    "page_hinkley": Method(_made(drift.PageHinkley, mode="up"), HISTORY, may_page=False),
    "ddm": Method(_made(binary.DDM), HISTORY, may_page=False),
    "eddm": Method(_made(binary.EDDM), HISTORY, may_page=False),
    "hddm_a": Method(_made(binary.HDDMA), HISTORY, may_page=False),
    "hddm_w": Method(_made(binary.HDDMW), HISTORY, may_page=False),
    "kswin": Method(_made(drift.KSWIN, seed=0), 128, may_page=False),
}
