"""Loss gradients of multi-layer perceptrons."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Protocol, Self, cast

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.gradients.loss import distance_slope, odds_slope


class Perceptron(Protocol):
    """What scikit-learn calls a fitted perceptron; ``classes_`` makes it a classifier."""

    coefs_: list[FloatArray]
    intercepts_: list[FloatArray]
    activation: str
    out_activation_: str


@dataclass(frozen=True, slots=True)
class Activation:
    """A function of a hidden layer, and its slope told by its value."""

    value: Callable[[FloatArray], FloatArray]
    slope: Callable[[FloatArray], FloatArray]


ACTIVATIONS: Mapping[str, Activation] = {
    "identity": Activation(lambda x: x, np.ones_like),
    "relu": Activation(lambda x: np.maximum(x, 0.0), lambda y: (y > 0).astype(np.float64)),
    "tanh": Activation(lambda x: np.tanh(x), lambda y: 1 - y**2),
    "logistic": Activation(lambda x: (1 + np.tanh(x / 2)) / 2, lambda y: y * (1 - y)),
}
LAST = {"softmax", "logistic", "identity"}


@dataclass(frozen=True, slots=True)
class MLPGradient:
    """Back-propagation of the log-odds against a class, or of |f(x) - y|, to the inputs.

    The latter for a regression. weights: of each layer, (inputs, outputs). biases: of each
    layer, (outputs,). The loss is taken before the last activation.

    Source: Rumelhart, Hinton and Williams (1986), Learning representations by back-propagating
    errors.
    """

    weights: tuple[FloatArray, ...]
    biases: tuple[FloatArray, ...]
    activation: Activation
    classifier: bool

    @classmethod
    def of(cls, model: object) -> Self:
        """Read a fitted MLPClassifier or MLPRegressor of scikit-learn, or one alike.

        Raises TypeError where it has no layers, ValueError for an activation that is not known
        and where the outputs are not one for each class, one for two classes or a regression.
        """
        for name in ("coefs_", "intercepts_", "activation", "out_activation_"):
            if not hasattr(model, name):
                raise TypeError(
                    f"{type(model).__name__} has no {name}: fit it first, or give the gradient of "
                    "the model yourself"
                )
        fitted = cast("Perceptron", model)
        weights = tuple(np.asarray(each, dtype=np.float64) for each in fitted.coefs_)
        biases = tuple(np.asarray(each, dtype=np.float64) for each in fitted.intercepts_)
        classes = getattr(model, "classes_", None)
        _require_known(fitted, 0 if classes is None else len(classes), weights[-1].shape[1])
        return cls(weights, biases, ACTIVATIONS[fitted.activation], classes is not None)

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the gradient of the loss by the inputs, (m, width); as InputGradient."""
        layers = [inputs]
        for weights, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            layers.append(self.activation.value(layers[-1] @ weights + bias))
        scores = layers[-1] @ self.weights[-1] + self.biases[-1]
        if self.classifier:
            slope = odds_slope(scores, expected)
        else:
            slope = distance_slope(scores[:, 0], expected)[:, None]
        slope = slope @ self.weights[-1].T
        hidden = zip(self.weights[:-1], layers[1:], strict=True)
        for weights, value in reversed(list(hidden)):
            slope = (slope * self.activation.slope(value)) @ weights.T
        return slope


def _require_known(fitted: Perceptron, classes: int, outputs: int) -> None:
    name = type(fitted).__name__
    for found, known in ((fitted.activation, ACTIVATIONS), (fitted.out_activation_, LAST)):
        if found not in known:
            raise ValueError(
                f"{name}: the activation {found!r} is not known, only {', '.join(sorted(known))}; "
                "give the gradient of the model yourself"
            )
    due = classes if classes > 2 else 1
    if outputs != due:
        what = f"{classes} classes" if classes else "a regression"
        raise ValueError(
            f"{name}: {outputs} outputs, {due} for {what} expected; give the gradient of the "
            "model yourself"
        )
