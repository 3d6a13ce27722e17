"""All that a diagnosis looks at, from the windows of a stream and from its labels."""

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.diagnosis.damage import Damage, Inspection, damages
from detectors.diagnosis.mixture import Mixture
from detectors.diagnosis.movement import Scores, inside_support, last_bins
from detectors.diagnosis.outliers import Outliers
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.suffixes import Suffixes
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import JOINT, Evidence
from detectors.evidence.listing import best_by_feature
from detectors.performance.known import KnownPerformance
from detectors.profile import Profile
from detectors.summary import Summary
from detectors.windows import Windows
from detectors.words import change_in_words

PREDICTION = "prediction"
"""Name of the model's output; that of several classes has a confidence beside it."""

MOST_TOLD = 2


@dataclass(frozen=True, slots=True)
class Signals:
    """The evidence at hand, in nats where nothing else is said.

    threshold: at which the stream pages. features: names. inputs: (features,), which rows are not
    the model's output. strongest: of all windows, within the budget. alone: (features,), that
    each moved, the choice among them paid. inside: (features,), that its values within the
    reference's support moved, in the strongest window. damages: broken features, the surest
    first. outliers: records outside. mixture: of the reference's labels; None without them.
    changes: what happened to the features that moved most, in words.
    """

    threshold: float
    features: tuple[str, ...]
    inputs: BoolArray
    strongest: Evidence
    alone: FloatArray
    inside: FloatArray
    damages: tuple[Damage, ...]
    outliers: Outliers
    mixture: Mixture | None
    label_names: tuple[str, ...]
    changes: dict[int, str]
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
        threshold: at which it pages. known, performance: None without labels.
        """
        nothing = np.zeros(len(profile.features))
        inputs = _inputs(profile)
        suffixes = Suffixes.of(windows, since)
        observed = [bucket.observed for bucket in windows.buckets]
        sums = None if suffixes is None else detector.windows(observed, since)
        names = () if known is None else _label_names(known)
        if suffixes is None or sums is None:
            return cls(
                threshold=threshold,
                features=profile.features,
                inputs=inputs,
                strongest=Evidence(),
                alone=nothing,
                inside=nothing,
                damages=(),
                outliers=Outliers(),
                mixture=None,
                label_names=names,
                changes={},
                performance=performance,
            )
        ratios = detector.ratios
        strongest = detector.step(observed, since)
        best = best_by_feature(ratios, sums)
        alone = np.maximum(best.value - np.log(len(nothing)), 0.0)
        wander = np.maximum(ratios.inflation.of_windows(ratios.wander, suffixes.blocks).T, 1.0)
        broken = damages(Inspection(profile, reference, suffixes, inputs, wander, alone))
        at = suffixes.starting(strongest.first)
        scores = Scores.of(ratios, suffixes, at)
        counts = suffixes.counts[at]
        means = scores.means(inside_support(counts, last_bins(profile.edges))) - scores.season
        inside = scores.by_feature(means)
        whole = inputs.copy()
        whole[[each.row for each in broken]] = False
        mixture = None
        if known is not None and len(known.by_label) > 1:
            labels, choices = (
                (None, 1)
                if performance is None
                else (performance.labels, performance.label_windows)
            )
            mixture = Mixture.fit(scores, means, known.by_label, whole, labels, choices)
        return cls(
            threshold=threshold,
            features=profile.features,
            inputs=inputs,
            strongest=strongest,
            alone=alone,
            inside=inside,
            damages=tuple(broken),
            outliers=Outliers.of(profile, reference, suffixes, np.median(wander, axis=1)),
            mixture=mixture,
            label_names=names,
            changes=_changes(profile, reference, windows, strongest, alone, threshold),
            performance=performance,
        )

    @property
    def moved(self) -> FloatArray:
        """Evidence of each feature that its values inside the support moved; (features,)."""
        return np.minimum(self.alone, self.inside)

    @property
    def joint(self) -> float:
        """Evidence that features moved together without one that shows it, 0 where one does."""
        return self.strongest.value if self.strongest.feature == JOINT else 0.0


def _inputs(profile: Profile) -> BoolArray:
    inputs = np.array([name != PREDICTION for name in profile.features])
    inputs[profile.prediction] = False
    return inputs


def _label_names(known: KnownPerformance) -> tuple[str, ...]:
    if known.task.classes:
        return known.task.classes
    edges = [f"{edge:.3g}" for edge in known.label_edges]
    if not edges:
        return ()
    between = [f"{low} to {high}" for low, high in pairwise(edges)]
    return (f"up to {edges[0]}", *between, f"above {edges[-1]}")


def _changes(
    profile: Profile,
    reference: Summary,
    windows: Windows[Summary],
    strongest: Evidence,
    alone: FloatArray,
    threshold: float,
) -> dict[int, str]:
    """Return what happened to the few features that moved most, where any did."""
    if strongest.value < threshold:
        return {}
    window = windows.since(strongest.first)
    ranked = np.argsort(-alone, kind="stable")[: MOST_TOLD + 1].tolist()
    return {
        row: change_in_words(profile, reference, window, row) for row in ranked if alone[row] > 0
    }
