"""Corruption error: how often a model is wrong on corrupted inputs, beside another model.

Source: Hendrycks and Dietterich (2019), Benchmarking neural network robustness to common
corruptions and perturbations, ICLR.
"""

import numpy as np

from detectors.counts import FloatArray


def corruption_error(errors: FloatArray, base: FloatArray) -> FloatArray:
    """Return each corruption's error as a multiple of the base model's: 1 is as wrong as that.

    CE_c = sum_s E_cs / sum_s base_cs over the severities s. errors, base: (corruptions,
    severities), shares of wrong answers. Returns (corruptions,); nan where the base is never
    wrong, or a share is nan. Raises ValueError where the two differ in shape.
    """
    _require_same_shape(errors, base)
    return _ratio(errors.sum(axis=1), base.sum(axis=1))


def mean_corruption_error(errors: FloatArray, base: FloatArray) -> float:
    """Return the mean corruption error, mCE, over all corruptions; nan where one of them is.

    errors, base: as of `corruption_error`.
    """
    return float(np.mean(corruption_error(errors, base)))


def relative_corruption_error(
    errors: FloatArray, base: FloatArray, clean: float, base_clean: float
) -> FloatArray:
    """Return how much each corruption adds to the errors, as a multiple of the base model's.

    sum_s (E_cs - E) / sum_s (base_cs - base). clean, base_clean: E and base, shares of wrong
    answers without corruption. Returns (corruptions,); nan where a corruption does not add to the
    base's errors.
    """
    _require_same_shape(errors, base)
    return _ratio((errors - clean).sum(axis=1), (base - base_clean).sum(axis=1))


def _ratio(above: FloatArray, below: FloatArray) -> FloatArray:
    ratio: FloatArray = np.divide(above, below, out=np.full(len(above), np.nan), where=below > 0)
    return ratio


def _require_same_shape(errors: FloatArray, base: FloatArray) -> None:
    if errors.shape != base.shape or errors.ndim != 2:
        raise ValueError(
            f"errors have the shape {errors.shape} and the base {base.shape}; both need "
            "(corruptions, severities)"
        )
