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

    make: returns a new one. history: errors that it is rebuilt from, at least those that it
    looks at.
    """

    make: Callable[[], OneByOne]
    history: int


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
    "page_hinkley": Method(_made(drift.PageHinkley, mode="up"), HISTORY),
    "ddm": Method(_made(binary.DDM), HISTORY),
    "eddm": Method(_made(binary.EDDM), HISTORY),
    "hddm_a": Method(_made(binary.HDDMA), HISTORY),
    "hddm_w": Method(_made(binary.HDDMW), HISTORY),
    "kswin": Method(_made(drift.KSWIN, seed=0), 128),
}
"""Each detector by name, with river's settings; but Page-Hinkley looks for rises only.

Their detections are counted, and none may page. Measured as used here, on independent errors in
blocks of 250, 4,320 blocks a month: false alarms in a month at a steady rate of 2, 10 and 30
errors in 100 (1 to 12 months each); the median records until a rise from 10 in 100 is found (40
runs; missed: not within 20,000); microseconds an error. ADWIN pages by the evidence of its cuts,
the windows by their own.

|              | at 2 | at 10 | at 30 | to 12   | to 15   | to 20  | cost |
| ------------ | ---- | ----- | ----- | ------- | ------- | ------ | ---- |
| page_hinkley | 0    | 1.0   | 41    | 4,550   | 975     | 450    | 2    |
| ddm          | 55   | 7.7   | 3     | missed  | 1,425   | 600    | 2    |
| eddm         |      | 1,553 |       | 250     | 300     | 175    | 1    |
| hddm_a       | 0    | 1.8   | 16    | missed  | 1,900   | 450    | 20   |
| hddm_w       | 0    | 0.2   | 433   | missed  | missed  | 3,425  | 18   |
| kswin        |      | 0     |       | missed  | missed  | missed | 400  |
| ADWIN        | 0    | 0     | 0.2   | missed  | 1,000   | 350    | 1    |
| windows      |      | 0     |       | 9,375   | 1,250   | 500    |      |

No detector's rate is small whatever the rate of errors, so that none is given a share of a budget
of one page a month. Errors that are right or wrong tell KSWIN's windows of 30 nothing (60,000
errors, six runs of 4,000 a rise); on the losses of a regression it had 1,750 false alarms a month
and EDDM 279, the others none.
"""
