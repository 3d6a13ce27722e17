"""Loss gradients of linear models."""

from dataclasses import dataclass
from typing import Protocol, Self, cast

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.gradients.loss import distance_slope, odds_slope


class Linear(Protocol):
    """What scikit-learn calls a fitted linear model; ``classes_`` makes it a classifier."""

    coef_: FloatArray
    intercept_: FloatArray


@dataclass(frozen=True, slots=True)
class LinearGradient:
    """The log-odds against a class of softmax(W x + b) or σ(w·x + b), or |w·x + b - y|.

    The latter for a regression; one with another link than the identity is not known from its
    attributes, and gets a gradient that may lead the wrong way. coef: (rows, width). intercept:
    (rows,). Scores of a classifier that is no logistic regression (ridge, hinge) are taken as
    logits: the direction is right for two classes, and that of the largest scores for more.
    """

    coef: FloatArray
    intercept: FloatArray
    classifier: bool

    @classmethod
    def of(cls, model: object) -> Self:
        """Read a fitted model of scikit-learn, or one alike.

        Raises TypeError where it has no coefficients, ValueError where these are not one row for
        each class, one for two classes, or one for a regression.
        """
        for name in ("coef_", "intercept_"):
            if not hasattr(model, name):
                raise TypeError(
                    f"{type(model).__name__} has no {name}: fit it first, or give the gradient of "
                    "the model yourself"
                )
        fitted = cast("Linear", model)
        coef = np.atleast_2d(np.asarray(fitted.coef_, dtype=np.float64))
        intercept = np.broadcast_to(np.asarray(fitted.intercept_, dtype=np.float64), len(coef))
        classes = getattr(model, "classes_", None)
        rows = 1 if classes is None or len(classes) == 2 else len(classes)
        # One row for each pair of three classes looks like one for each class.
        pairs = classes is not None and len(classes) > 2 and hasattr(model, "support_vectors_")
        if len(coef) != rows or pairs:
            raise ValueError(
                f"{type(model).__name__}: coef_ has {len(coef)} rows{' for pairs' if pairs else ''}"
                f", {rows} for {'a regression' if classes is None else f'{len(classes)} classes'} "
                "were expected; give the gradient of the model yourself"
            )
        return cls(coef, intercept, classes is not None)

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the gradient of the loss by the inputs, (m, width); as InputGradient."""
        scores = inputs @ self.coef.T + self.intercept
        if self.classifier:
            return odds_slope(scores, expected) @ self.coef
        return distance_slope(scores[:, 0], expected)[:, None] * self.coef
