"""The examples in the detectors' docstrings hold."""

import doctest
from importlib import import_module
from pkgutil import iter_modules

import pytest

import detectors


@pytest.mark.parametrize("name", [module.name for module in iter_modules(detectors.__path__)])
def test_the_examples_of_a_docstring_hold(name):
    assert doctest.testmod(import_module(f"detectors.{name}")).failed == 0
