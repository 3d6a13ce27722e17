"""All that a diagnosis looks at, from the windows of a stream and from its labels."""

from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.diagnosis.damage import Damage, Inspection, damages
from detectors.diagnosis.mixture import LabelShift, Mixture
from detectors.diagnosis.movement import Scores, inside_support, last_bins
from detectors.diagnosis.outliers import Outliers
from detectors.diagnosis.performance_signal import PerformanceSignal
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

MOST_WANDER = 1e12


@dataclass(frozen=True, slots=True)
class Signals:
    """The evidence at hand, in nats where nothing else is said.

    threshold: at which the stream pages. features: names. inputs: (features,), which rows are not
    the model's output. strongest: of all windows, within the budget. moved: (features,), that the
    values of each within the reference's support moved, in the strongest window; no more than
    that one's. damages: broken features, the surest first. outliers: records outside. mixture: of
    the reference's labels, by ``label_names``; None without them. changes: what happened to the
    features that moved most, in words.
    """

    threshold: float
    features: tuple[str, ...]
    inputs: BoolArray
    strongest: Evidence
    moved: FloatArray
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
        ratios, inputs = detector.ratios, inputs_of(profile)
        suffixes = Suffixes.of(windows, since, int(ratios.inflation.lengths[-1]))
        strongest = detector.step([bucket.observed for bucket in windows.buckets], since)
        quiet = cls(
            threshold=threshold,
            features=profile.features,
            inputs=inputs,
            strongest=strongest,
            moved=np.zeros(len(profile.features)),
            damages=(),
            outliers=Outliers(),
            mixture=None,
            label_names=() if known is None else _label_names(known),
            changes={},
            performance=performance,
        )
        if suffixes is None:
            return quiet
        # Infinite where nobody knows how so long a window wanders.
        wander = np.clip(
            ratios.inflation.of_windows(ratios.wander, suffixes.blocks).T, 1.0, MOST_WANDER
        )
        at = suffixes.starting(strongest.first)
        scores, counts = Scores.of(ratios, suffixes, at), suffixes.counts[at]
        whole = np.minimum(scores.by_feature(scores.means(counts)), strongest.value)
        means = scores.means(inside_support(counts, last_bins(profile.edges)))
        look = Inspection(profile, reference, suffixes, inputs, wander, whole)
        broken = damages(look)
        healthy = inputs.copy()
        healthy[[each.row for each in broken]] = False
        return replace(
            quiet,
            moved=np.minimum(scores.by_feature(means), whole),
            damages=tuple(broken),
            outliers=Outliers.of(profile, reference, suffixes, np.median(wander, axis=1)),
            mixture=_mixture(look, detector.ratios, strongest, known, performance, healthy),
            changes=_changes(profile, reference, windows, strongest, whole, threshold),
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
    look: Inspection,
    ratios: Ratios,
    strongest: Evidence,
    known: KnownPerformance | None,
    performance: PerformanceSignal | None,
    healthy: BoolArray,
) -> Mixture | None:
    """Fit labels to the window that shows best that something moved, inputs or labels."""
    if known is None or len(known.by_label) < 2 or not known.by_label.any():
        return None
    labels = LabelShift.of(performance)
    surer = labels is not None and labels.evidence > strongest.value
    at = look.windows.starting(labels.first if labels and surer else strongest.first)
    scores = Scores.of(ratios, look.windows, at)
    inside = inside_support(look.windows.counts[at], last_bins(look.profile.edges))
    return Mixture.fit(scores, scores.means(inside), known.by_label, healthy, labels)


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
    moved: FloatArray,
    threshold: float,
) -> dict[int, str]:
    """Return what happened to the few features that moved most, where any did."""
    if strongest.value < threshold:
        return {}
    window = windows.since(strongest.first)
    ranked = np.argsort(-moved, kind="stable")[: MOST_TOLD + 1].tolist()
    return {
        row: change_in_words(profile, reference, window, row)
        for row in ranked
        if moved[row] >= BESIDE_THE_SUREST * moved.max()
    }
