"""What the labels of a stream say of its performance, as far as a diagnosis needs it."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.evidence.detector import Detector
from detectors.performance.class_measures import accuracy
from detectors.performance.summary import Performance
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.performance.value_measures import mae
from detectors.performance.yardstick import Yardstick
from detectors.prediction_kind import PredictionKind
from detectors.windows import Bucket, Windows

PAIRS_TOLD = 1000
ERRORS_OF_CHANCE = 2.0


@dataclass(frozen=True, slots=True)
class PerformanceSignal:
    """Performance in the window that shows best that it fell.

    evidence: that errors are more or larger than the reference's, in nats. measure: its name;
    reference, realised: its values. estimated: what the same records were estimated to have,
    nan without an estimate; estimate_error: the standard error of realised less estimated while
    the estimate holds. pairs: of the window. first: its first block.
    labels: (W, L), counts of labels as KnownPerformance.by_label groups them, in W windows that
    start with ``label_first`` blocks, (W,), and end with block ``last``. labels_before: (L,), in
    the reference. None where they were not counted.
    """

    evidence: float
    reference: float
    realised: float
    estimated: float
    estimate_error: float
    measure: str
    worse_is_lower: bool
    pairs: int
    first: int
    last: int
    labels: FloatArray | None = None
    label_first: IntArray | None = None
    labels_before: FloatArray | None = None

    @classmethod
    def of(
        cls,
        yardstick: Yardstick,
        reference: Tally,
        by_label: IntArray,
        windows: Windows[Performance],
        detector: Detector,
        since: int,
    ) -> "PerformanceSignal | None":
        """Return what the pairs from block ``since`` on say; None where there are none.

        reference: the tally that the stream is compared with. by_label: as in KnownPerformance.
        detector: of its errors. Where nothing speaks for more of them, the newest PAIRS_TOLD
        are told.
        """
        used = [bucket for bucket in windows.buckets if bucket.first >= since]
        held = [bucket for bucket in used if bucket.summary.records]
        if not held:
            return None
        found = detector.step([bucket.observed for bucket in held], since)
        first = found.first if found.value > 0 else _newest(held)
        window = windows.since(first)
        task, estimator = yardstick.task, yardstick.estimator
        numbers = task.kind is PredictionKind.REGRESSION
        name, measure = ("mae", mae) if numbers else ("accuracy", accuracy)
        estimated, error = np.nan, np.nan
        if estimator is not None and window.records:
            compared = estimator.compared(window.labelled, window.tally)
            place = estimator.measures.index(name)
            estimated = float(compared.estimated.value[place])
            error = float(compared.estimated.error[place])
        return cls(
            evidence=found.value,
            reference=measure(reference, task).value,
            realised=measure(window.tally, task).value,
            estimated=estimated,
            estimate_error=error,
            measure=name,
            worse_is_lower=not numbers,
            pairs=window.records,
            first=first,
            last=used[0].last,
            labels=np.cumsum([bucket.summary.labels for bucket in used], axis=0, dtype=np.float64),
            label_first=np.array([bucket.first for bucket in used]),
            labels_before=_labels_of(reference, task, by_label),
        )

    @property
    def estimate_known(self) -> bool:
        """Whether there is an estimate to compare with."""
        return bool(np.isfinite(self.estimated) and np.isfinite(self.estimate_error))

    def within(self, share: float) -> bool:
        """Tell whether a share of the records that are all wrong can explain what was lost.

        Of classes only: how large errors are has no bound.
        """
        if not self.worse_is_lower:
            return False
        chance = np.sqrt(self.realised * (1 - self.realised) / max(self.pairs, 1))
        return bool(self.reference - self.realised <= share + ERRORS_OF_CHANCE * chance)

    @property
    def beyond_estimate(self) -> float:
        """By how many standard errors it is worse than inputs explain, at least 0; nan unknown."""
        if not self.estimate_known:
            return float("nan")
        sign = 1 if self.worse_is_lower else -1
        worse = sign * (self.estimated - self.realised)
        return max(0.0, worse / max(self.estimate_error, 1e-12))


def _labels_of(reference: Tally, task: Task, by_label: IntArray) -> FloatArray | None:
    """Return the reference's counts of labels; None of a regression's part that counted none."""
    if task.classes:
        by_class: FloatArray = reference.confusion.sum(axis=0)[: len(by_label)].astype(np.float64)
        return by_class
    counted: FloatArray = by_label[:, :1].sum(axis=(1, 2)).astype(np.float64)
    return counted if counted.sum() == reference.records else None


def _newest(buckets: Sequence[Bucket[Performance]]) -> int:
    """Return the first block of the shortest window with PAIRS_TOLD pairs, or of all."""
    pairs = np.cumsum([bucket.summary.records for bucket in buckets])
    return buckets[min(int(np.searchsorted(pairs, PAIRS_TOLD)), len(buckets) - 1)].first
