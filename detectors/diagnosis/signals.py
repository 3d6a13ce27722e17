"""All that a diagnosis looks at, from the windows of a stream and from its labels."""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.diagnosis.label_shift import LabelShift
from detectors.diagnosis.mixture import Mixture
from detectors.diagnosis.movement import Scores, inside_support
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.seen import Seen
from detectors.diagnosis.suffixes import Suffixes
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import JOINT, Evidence
from detectors.evidence.ratios import Ratios
from detectors.performance.known import KnownPerformance
from detectors.profile import Profile
from detectors.summary import Summary
from detectors.windows import Windows
from detectors.words import change_in_words

PREDICTION = "prediction"
"""Name of the model's output; that of several classes has a confidence beside it."""

MOST_TOLD = 2
BESIDE_THE_SUREST = 0.2
"""So many features are told, from this part of the evidence of the surest one on."""


@dataclass(frozen=True, slots=True)
class Signals:
    """The evidence at hand, in nats where nothing else is said.

    threshold: at which the stream pages. features: names. inputs: (features,), which rows are not
    the model's output. strongest: of all windows, within the budget. seen: what features show.
    mixture: of the reference's labels, by ``label_names``; None without them. changes: what
    happened to the features that moved most, in words, by row.
    """

    threshold: float
    features: tuple[str, ...]
    inputs: BoolArray
    strongest: Evidence
    seen: Seen
    mixture: Mixture | None
    label_names: tuple[str, ...]
    changes: Mapping[int, str]
    performance: PerformanceSignal | None

    @classmethod
    def of(
        cls,
        profile: Profile,
        reference: Summary,
        windows: Windows[Summary],
        detector: Detector,
        since: int,
        threshold: float,
        known: KnownPerformance | None,
        performance: PerformanceSignal | None,
    ) -> "Signals":
        """Return what the windows that start at block ``since`` or later say.

        reference, detector: of the part of the reference that the stream is compared with.
        threshold: at which it pages, inf while it may not: so nothing is named. known,
        performance: None without labels.
        """
        ratios, inputs = detector.ratios, inputs_of(profile)
        longest = int(ratios.inflation.lengths[-1])
        strongest = detector.step([bucket.observed for bucket in windows.buckets], since)
        suffixes = Suffixes.of(windows, since, longest)
        seen = Seen.nothing(len(inputs))
        changes: Mapping[int, str] = {}
        if suffixes is not None:
            seen = Seen.of(profile, reference, ratios, suffixes, strongest, inputs)
            if strongest.value >= threshold:
                changes = _changes(profile, reference, windows.since(strongest.first), seen.whole)
        labels = LabelShift.of(performance, ratios, ~inputs)
        first = strongest.first
        if labels is not None and labels.evidence > strongest.value:
            # Labels are watched on their own: an alarm of the inputs that cleared is not theirs.
            first = labels.first
            suffixes = Suffixes.of(windows, min(since, first), longest)
        mixture = None
        if known is not None and suffixes is not None:
            at, healthy = suffixes.starting(first), seen.healthy(inputs)
            mixture = _mixture(known, profile, ratios, suffixes, at, healthy, labels)
        return cls(
            threshold=threshold,
            features=profile.features,
            inputs=inputs,
            strongest=strongest,
            seen=seen,
            mixture=mixture,
            label_names=() if known is None else _label_names(known),
            changes=changes,
            performance=performance,
        )

    @property
    def joint(self) -> float:
        """Evidence that features moved together without one that shows it, 0 where one does."""
        return self.strongest.value if self.strongest.feature == JOINT else 0.0


def inputs_of(profile: Profile) -> BoolArray:
    """Tell which features are not the model's output; (features,)."""
    inputs = np.array([name != PREDICTION for name in profile.features])
    inputs[profile.prediction] = False
    return inputs


def _mixture(
    known: KnownPerformance,
    profile: Profile,
    ratios: Ratios,
    windows: Suffixes,
    at: int,
    healthy: BoolArray,
    labels: LabelShift | None,
) -> Mixture | None:
    """Fit labels to window number ``at``; None where the reference has fewer than two of them."""
    if np.count_nonzero(known.by_label.any(axis=(1, 2))) < 2:
        return None
    scores = Scores.of(ratios, windows, at)
    means = scores.means(inside_support(windows.counts[at], profile.edges))
    return Mixture.fit(scores, means, known.by_label, healthy, labels)


def _label_names(known: KnownPerformance) -> tuple[str, ...]:
    if known.task.classes:
        return known.task.classes
    edges = [f"{edge:.3g}" for edge in known.label_edges]
    if not edges:
        return ()
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return (f"up to {edges[0]}", *between, f"above {edges[-1]}")


def _changes(
    profile: Profile, reference: Summary, window: Summary, evidence: FloatArray
) -> dict[int, str]:
    """Return what happened to the few features that moved most; evidence: (features,)."""
    ranked = np.argsort(-evidence, kind="stable")[: MOST_TOLD + 1].tolist()
    least = BESIDE_THE_SUREST * evidence.max(initial=0.0)
    return {
        row: change_in_words(profile, reference, window, row)
        for row in ranked
        if evidence[row] >= least
    }
