"""Gradients by PyTorch and JAX, where they are installed, and what is said where they are not."""

import sys
from importlib.util import find_spec

import numpy as np
import pytest
from numpy.testing import assert_allclose

from detectors.robustness.gradients.jax import JaxGradient
from detectors.robustness.gradients.linear import LinearGradient
from detectors.robustness.gradients.torch import TorchGradient

RNG = np.random.default_rng(0)
INPUTS = RNG.normal(size=(12, 4))
SHAPES = [(1, 2), (3, 3), (1, 0)]
"""Rows of coefficients, and classes."""

torch_only = pytest.mark.skipif(find_spec("torch") is None, reason="needs torch")
jax_only = pytest.mark.skipif(find_spec("jax") is None, reason="needs jax")


def _linear(rows: int, classes: int):
    """Return a linear model, its analytic gradient, and what is expected of each record."""
    coef, intercept = RNG.normal(size=(rows, 4)), RNG.normal(size=rows)
    expected = np.arange(12) % classes if classes else RNG.normal(size=12)
    return coef, intercept, LinearGradient(coef, intercept, classes > 0), expected.astype(float)


@torch_only
@pytest.mark.parametrize(("rows", "classes"), SHAPES)
def test_torch_tells_the_analytic_gradient_of_a_linear_model(rows, classes):
    import torch

    coef, intercept, analytic, expected = _linear(rows, classes)
    module = torch.nn.Linear(4, rows)
    with torch.no_grad():
        module.weight.copy_(torch.tensor(coef))
        module.bias.copy_(torch.tensor(intercept))
    found = TorchGradient(module, classes)(INPUTS, expected)
    assert_allclose(found, analytic(INPUTS, expected), atol=1e-5)


@torch_only
def test_torch_takes_a_loss_of_the_users():
    import torch

    found = TorchGradient(
        lambda points: points.sum(dim=1), loss=lambda values, expected: (values - expected) ** 2
    )(INPUTS, np.zeros(12))
    due = np.repeat(2 * INPUTS.sum(axis=1)[:, None], 4, axis=1)
    assert_allclose(found, due, atol=1e-5)
    assert torch.is_grad_enabled()


@jax_only
@pytest.mark.parametrize(("rows", "classes"), SHAPES)
def test_jax_tells_the_analytic_gradient_of_a_linear_model(rows, classes):
    coef, intercept, analytic, expected = _linear(rows, classes)
    found = JaxGradient(lambda points: points @ coef.T + intercept, classes)(INPUTS, expected)
    assert_allclose(found, analytic(INPUTS, expected), atol=1e-5)


@jax_only
def test_jax_takes_a_loss_of_the_users():
    found = JaxGradient(
        lambda points: points.sum(axis=1), loss=lambda values, expected: (values - expected) ** 2
    )(INPUTS, np.zeros(12))
    due = np.repeat(2 * INPUTS.sum(axis=1)[:, None], 4, axis=1)
    assert_allclose(found, due, atol=1e-4)


@pytest.mark.parametrize(
    ("library", "gradient"), [("torch", TorchGradient(sum)), ("jax", JaxGradient(sum))]
)
def test_without_the_library_it_is_said_how_to_install_it(monkeypatch, library, gradient):
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(ImportError, match=f"install it: pip install {library}"):
        gradient(INPUTS, np.zeros(12))
