"""What the engine of a model's performance needs of its configuration and reference."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import sha256
from pathlib import Path

import numpy as np

from detectors.cells import TOP_LEVELS
from detectors.columns import Columns
from detectors.estimation.losses import cells_of
from detectors.performance.known import KnownPerformance
from detectors.performance.said import Said
from detectors.performance.yardstick import Yardstick
from detectors.prediction_kind import PredictionKind
from monitor.decode.batch import Batch
from monitor.engine.error_baseline import ErrorBaseline
from monitor.engine.payload import Payload
from monitor.engine.stream_settings import StreamSettings
from monitor.labels.facts import MOST_PAYLOAD, JoinSettings
from monitor.schema import PREDICTION


@dataclass(frozen=True, slots=True)
class PerformanceSettings:
    """Labels of one model: where they come from, what is measured by them.

    topic: of the labels; own_topic: it is the records' own. folder: of the label store.
    detectors: names of river's, of the errors. baselines: of each segment. no_estimate: why
    performance is not estimated, "" where it is. warm_up: in blocks.
    """

    streams: StreamSettings
    segments: tuple[str, ...]
    topic: str
    own_topic: bool
    folder: Path
    known: KnownPerformance
    yardstick: Yardstick
    no_estimate: str
    baselines: Mapping[str, ErrorBaseline]
    detectors: tuple[str, ...]
    warm_up: int
    payload: Payload
    join: JoinSettings
    reference_digest: str

    @property
    def fingerprint(self) -> str:
        """What the predictions in the store were written for; others cannot be read."""
        payload = self.payload
        by_reference = self.reference_digest if payload.features else ""
        told = repr((payload, self.known.task.classes, by_reference))
        return sha256(told.encode()).hexdigest()[:16]

    def said(self, batch: Batch, columns: Columns) -> Said:
        """Return what the model said in a batch; columns: of the same records."""
        profile, kind = self.streams.profile, self.known.task.kind
        nothing = np.full(len(batch), np.nan)
        if kind in (PredictionKind.PROBABILITY, PredictionKind.REGRESSION):
            predicted, confidence = batch.numeric[:, profile.numeric.index(PREDICTION)], nothing
        else:
            codes = batch.codes[:, profile.categorical.index(PREDICTION)]
            levels = len(profile.levels[profile.categorical.index(PREDICTION)])
            other = len(self.known.task.classes)
            predicted = np.where(codes < min(levels, TOP_LEVELS), codes, other).astype(np.float64)
            confidence = nothing
            if kind is PredictionKind.PROBABILITIES:
                confidence = batch.numeric[:, profile.prediction]
        chances = batch.chances if self.payload.classes else np.zeros((len(batch), 0))
        cells = np.zeros((len(batch), 0), dtype=np.uint8)
        if self.payload.features:
            cells = cells_of(profile, columns).astype(np.uint8)
        return Said(predicted, confidence, chances, cells)


def measured_by(known: KnownPerformance, features: int) -> tuple[Yardstick, Payload, str]:
    """Return what measures performance, what it keeps of a prediction, and why it cannot estimate.

    features: of the profile.
    """
    yardstick = Yardstick.of(known)
    estimator = yardstick.estimator
    if estimator is None:
        return yardstick, Payload(0, 0), known.no_estimate
    payload = Payload(
        classes=len(known.task.classes) if estimator.needs_chances else 0,
        features=features if estimator.needs_cells else 0,
    )
    if payload.bytes <= MOST_PAYLOAD:
        return yardstick, payload, ""
    wrong = f"{features} features are more than the label store keeps of a prediction"
    return replace(yardstick, estimator=None), Payload(0, 0), wrong
