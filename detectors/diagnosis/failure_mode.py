"""The ways in which a model fails, and what a diagnosis is."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class FailureMode(StrEnum):
    """What is wrong with a stream; where several explain it alike, the first one is named."""

    DATA_CORRUPTION = "data_corruption"
    PRIOR_SHIFT = "prior_shift"
    CONCEPT_DRIFT = "concept_drift"
    COVARIATE_SHIFT = "covariate_shift"
    OUT_OF_DISTRIBUTION = "out_of_distribution"


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """How far the evidence speaks for each failure mode.

    degrees: in [0, 1]; 1 is as sure as a page, and less where another mode explains it better.
    kind: the mode that is named, None where no degree reaches 1. words: one or two sentences.
    """

    degrees: Mapping[FailureMode, float]
    kind: FailureMode | None
    words: str
