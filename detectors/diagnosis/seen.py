"""What the features of a stream show in its windows."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.diagnosis.damage import Damage, Inspection, damages
from detectors.diagnosis.movement import Scores, inside_support
from detectors.diagnosis.outliers import Outliers
from detectors.diagnosis.suffixes import Suffixes
from detectors.evidence.evidence import Evidence
from detectors.evidence.ratios import Ratios
from detectors.profile import Profile
from detectors.summary import Summary


@dataclass(frozen=True, slots=True)
class Seen:
    """Evidence in nats, none of a feature larger than the strongest of all windows.

    whole: (features,), that each moved in any way, in the strongest window. moved: (features,),
    that its values within the reference's support moved. damages: broken features, the surest
    first. outliers: records outside the support.
    """

    whole: FloatArray
    moved: FloatArray
    damages: tuple[Damage, ...]
    outliers: Outliers

    @classmethod
    def nothing(cls, features: int) -> "Seen":
        """Return what is seen without any record."""
        return cls(np.zeros(features), np.zeros(features), (), Outliers())

    @classmethod
    def of(
        cls,
        profile: Profile,
        reference: Summary,
        ratios: Ratios,
        windows: Suffixes,
        strongest: Evidence,
        inputs: BoolArray,
    ) -> "Seen":
        """Look at all windows; inputs: (features,), which are not the model's output."""
        wander = np.maximum(ratios.inflation.of_windows(ratios.wander, windows.blocks).T, 1.0)
        at = windows.starting(strongest.first)
        scores, counts = Scores.of(ratios, windows, at), windows.counts[at]
        whole = np.minimum(scores.by_feature(scores.means(counts)), strongest.value)
        inside = scores.by_feature(scores.means(inside_support(counts, profile.edges)))
        return cls(
            whole=whole,
            moved=np.minimum(inside, whole),
            damages=tuple(damages(Inspection(profile, reference, windows, inputs, wander, whole))),
            outliers=Outliers.of(profile, reference, windows, wander),
        )

    def healthy(self, inputs: BoolArray) -> BoolArray:
        """Tell which of the inputs are not broken."""
        healthy = inputs.copy()
        healthy[[each.row for each in self.damages]] = False
        return healthy
