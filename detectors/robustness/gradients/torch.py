"""Loss gradients of PyTorch modules; needs torch, which is imported when used."""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from typing import Any

import numpy as np

from detectors.counts import FloatArray


@dataclass(frozen=True, slots=True)
class TorchGradient:
    """The gradient of a loss by a module's inputs, by autograd.

    module: takes inputs (m, width) in its own precision and on its own device, and returns
    logits (m, classes), (m, 1) or (m,) for the second of two classes, or values (m,) or (m, 1)
    of a regression. It should be in evaluation mode. classes: how many, 0 for a regression.
    loss: of outputs and expected tensors (m,), a tensor (m,); default: the log-odds
    against the expected class (see `odds_slope`), or the absolute difference of a regression.
    One backward pass for all records.
    """

    module: Callable[[Any], Any]
    classes: int = 0
    loss: Callable[[Any, Any], Any] | None = None

    def __call__(self, inputs: FloatArray, expected: FloatArray) -> FloatArray:
        """Return the gradient of the loss by the inputs, (m, width); as InputGradient.

        Raises ImportError without torch.
        """
        torch = _torch()
        weights = next(iter(getattr(self.module, "parameters", tuple)()), None)
        like = torch.zeros(0) if weights is None else weights
        points = torch.tensor(inputs, dtype=like.dtype, device=like.device, requires_grad=True)
        wanted = torch.tensor(expected, dtype=like.dtype, device=like.device)
        losses = (self.loss or self._loss)(self.module(points), wanted)
        (slopes,) = torch.autograd.grad(losses.sum(), points)
        return np.asarray(slopes.cpu().numpy(), dtype=np.float64)

    def _loss(self, outputs: Any, expected: Any) -> Any:
        torch = _torch()
        flat = outputs.reshape(len(expected), -1)
        if not self.classes:
            return (flat[:, 0] - expected).abs()
        if flat.shape[1] == 1:
            return torch.where(expected == 1, -flat[:, 0], flat[:, 0])
        own = torch.nn.functional.one_hot(expected.long(), flat.shape[1]).bool()
        return flat.masked_fill(own, -torch.inf).logsumexp(dim=1) - flat[own]


def _torch() -> Any:
    try:
        return import_module("torch")
    except ImportError as error:
        raise ImportError(
            "gradients of a PyTorch module need torch, which is not installed; install it: "
            "pip install torch"
        ) from error
