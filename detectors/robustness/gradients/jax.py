"""Loss gradients of JAX functions; needs jax, which is imported when used."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from detectors.counts import FloatArray


@dataclass(frozen=True, slots=True)
class JaxGradient:
    """The gradient of a loss by a function's inputs, by jax.grad.

    function: takes inputs (m, width) and returns logits (m, classes), (m, 1) or (m,) for the
    second of two classes, or values (m,) or (m, 1) of a regression; each record's by its own
    inputs only. classes: how many, 0 for a regression. loss: of outputs and expected arrays (m,),
    an array (m,); default: the log-odds against the expected class (see `odds_slope`),
    or the absolute difference of a regression.
    """

    function: Callable[[Any], Any]
    classes: int = 0
    loss: Callable[[Any, Any], Any] | None = None

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the gradient of the loss by the inputs, (m, width); as InputGradient.

        Raises ImportError without jax.
        """
        jax = _jax()
        loss = self.loss or self._loss
        wanted = jax.numpy.asarray(expected)
        total = jax.grad(lambda points: loss(self.function(points), wanted).sum())
        return np.asarray(total(jax.numpy.asarray(inputs)), dtype=np.float64)

    def _loss(self, outputs: Any, expected: Any) -> Any:
        jax = _jax()
        flat = outputs.reshape(len(expected), -1)
        if not self.classes:
            return jax.numpy.abs(flat[:, 0] - expected)
        if flat.shape[1] == 1:
            return jax.numpy.where(expected == 1, -flat[:, 0], flat[:, 0])
        own = jax.nn.one_hot(expected.astype(int), flat.shape[1], dtype=bool)
        others = jax.numpy.where(own, -jax.numpy.inf, flat)
        return jax.nn.logsumexp(others, axis=1) - jax.numpy.where(own, flat, 0.0).sum(axis=1)


def _jax() -> Any:
    try:
        return import_module("jax")
    except ImportError as error:
        raise ImportError(
            "gradients of a JAX function need jax, which is not installed; install it: "
            "pip install jax"
        ) from error
