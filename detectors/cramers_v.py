"""Cramér's V between the side that a record is on and its category."""

from dataclasses import dataclass

import numpy as np

from detectors.chi_square import chi_square
from detectors.counts import Counts, FloatArray


@dataclass(frozen=True, slots=True)
class CramersV:
    """Cramér's V, the chi-square as an association in 0..1.

    V = sqrt(X2 / N) with N the records of both sides, for two rows (reference and window).
    It depends on how unequal the two sides are: against a much larger reference it is small.

    >>> CramersV()(Counts([[50, 50]]), Counts([[75, 25]])).round(4)
    array([0.2582])

    Source: Cramér (1946), Mathematical methods of statistics, chapter 21.
    """

    def __call__(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the association of every feature.

        reference, window: counts of shape (features, bins), same bins. Returns shape
        (features,), in 0..1; nan where either side has no record. Raises ValueError if the
        two were binned differently.
        """
        records = np.maximum(reference.total + window.total, 1)
        association: FloatArray = np.sqrt(np.minimum(chi_square(reference, window) / records, 1.0))
        return association

    def noise(self, reference: Counts, window: Counts) -> FloatArray:
        """Return the association that drift-free data would show, as a root mean square.

        sqrt((bins in use - 1) / N) for N records on both sides; shape (features,).
        """
        bins = window.used_with(reference).sum(axis=1)
        both = (reference.total > 0) & (window.total > 0)
        records = np.where(both, reference.total + window.total, np.nan)
        association: FloatArray = np.sqrt((bins - 1) / records)
        return association
