"""Loss gradients of scikit-learn's estimators, also behind scalers."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.gradients.inputs import InputGradient
from detectors.robustness.gradients.linear import LinearGradient
from detectors.robustness.gradients.mlp import MLPGradient


@dataclass(frozen=True, slots=True)
class ScaledGradient:
    """A gradient by inputs that a model sees as x · gain + offset; gain, offset: (width,)."""

    gain: FloatArray
    offset: FloatArray
    inner: InputGradient

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the gradient of the loss by the inputs, (m, width); as InputGradient."""
        return self.inner(inputs * self.gain + self.offset, expected) * self.gain


def estimator_gradient(model: object) -> InputGradient:
    """Return the analytic loss gradient of a fitted estimator, by what its attributes are.

    A linear model (coef_, intercept_), a perceptron (coefs_, intercepts_), or a pipeline that
    ends in one behind StandardScaler, MinMaxScaler or RobustScaler. Codes of classes are places
    in ``classes_``. Raises TypeError for anything else, with what to do.
    """
    steps = getattr(model, "steps", None)
    if steps is not None:
        gradient = estimator_gradient(steps[-1][1])
        for _, scaler in reversed(steps[:-1]):
            if scaler is not None and not isinstance(scaler, str):
                gradient = _behind(scaler, gradient)
        return gradient
    return MLPGradient.of(model) if hasattr(model, "coefs_") else LinearGradient.of(model)


def _behind(scaler: Any, inner: InputGradient) -> InputGradient:
    if hasattr(scaler, "data_min_"):
        return ScaledGradient(_number(scaler.scale_, 1.0), _number(scaler.min_, 0.0), inner)
    centre = next((name for name in ("mean_", "center_") if hasattr(scaler, name)), None)
    if centre is None or not hasattr(scaler, "scale_"):
        raise TypeError(
            f"{type(scaler).__name__} is no fitted scaler whose gradient is known (StandardScaler, "
            "MinMaxScaler, RobustScaler); give the gradient of the model yourself"
        )
    scale, shift = _number(scaler.scale_, 1.0), _number(getattr(scaler, centre), 0.0)
    # A StandardScaler that divides only knows the mean all the same.
    shift = shift if getattr(scaler, "with_mean", True) else np.zeros_like(shift)
    return ScaledGradient(1 / scale, -shift / scale, inner)


def _number(attribute: FloatArray | None, left_alone: float) -> FloatArray:
    """Return an attribute; None stands for what the scaler was told to leave alone."""
    return np.asarray(left_alone if attribute is None else attribute, dtype=np.float64)
