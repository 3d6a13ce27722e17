"""The seam between perturbations and what uses them."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import ClassVar, Protocol

import numpy as np

from detectors.counts import IntArray
from detectors.robustness.space import Space
from detectors.robustness.table import Sample, Table


class LabelRule(StrEnum):
    """Whether a changed record still has its parent's label.

    KEPT: the change is too small, or is a fault of the way to the model, so the truth is what it
    was. UNKNOWN: the truth may have changed with it; only flips are told, not accuracy.
    """

    KEPT = "kept"
    UNKNOWN = "unknown"


class PerturbationError(Exception):
    """A perturbation cannot be made of this sample; the message says why and names the mend."""


@dataclass(frozen=True, slots=True)
class Variant:
    """One way in which a perturbation changed a sample.

    name: of the variant, "" where there is only one; for example the feature that is missing.
    table: the changed records. places: (m,), the place in the sample of each one's parent.
    resampled: whether they are records of the sample as they were, in other shares: nothing is
    to be told then by comparing a record with its parent.
    """

    name: str
    table: Table
    places: IntArray
    resampled: bool = False


class Perturbation(Protocol):
    """Changes records by a severity.

    A perturbation is a frozen dataclass whose fields are its options. severities: the five that a
    curve is drawn of, the least first, in ``unit``; (1.0,) with the unit "" where there is only
    on. label: see LabelRule.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    severities: ClassVar[tuple[float, ...]]
    label: ClassVar[LabelRule]

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return the variants; the same seed at another severity draws the same noise.

        Raises PerturbationError where the sample has nothing that it could change, and
        ValueError for a severity that makes no sense.
        """
        ...
