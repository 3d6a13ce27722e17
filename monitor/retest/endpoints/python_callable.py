"""A Python function as the model; the extra for models that are not served."""

from collections.abc import Callable
from importlib import import_module
from typing import Any

import numpy as np

from detectors.robustness.space import Space
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints.in_process import within
from monitor.retest.endpoints.wire import Reply
from monitor.retest.endpoints.wire_types import WireTypes
from monitor.retest.model import EndpointError


class PythonCallable:
    """A function from columns by name to an answer for each record.

    Columns are as in `Table`: float64 (n,), embeddings (n, size), names and booleans as objects.
    Returns (n,) or (n, classes), a list or an array. Nothing is unpickled here: the module is
    imported by its name, and how it comes to its model is its own affair.
    """

    def __init__(self, config: EndpointConfig, space: Space) -> None:
        """Import the function. Raises EndpointError where there is none."""
        self._config = config
        self._types = WireTypes.of(config, space, {}, finite=False)
        self._call = _imported(config)

    async def open(self) -> str:
        """Return the version that the function has as an attribute, if any."""
        return str(getattr(self._call, "version", ""))

    def cast(self, table: Table) -> Table:
        """Round to the types of the features."""
        return self._types.cast(table)

    async def ask(self, table: Table, request_id: str) -> Reply:  # noqa: ARG002  # nothing is sent
        """Call the function."""
        columns = dict(table.columns)
        values = await within(self._config.timeout / 1000, lambda: self._call(columns))
        if isinstance(values, np.ndarray):
            return Reply(values, labels=values.dtype.kind in "iub")
        return Reply(values)

    async def close(self) -> None:
        """Nothing to close."""


def gradient_of(config: EndpointConfig) -> Callable[..., Any] | None:
    """Return the gradient that a configured function has as its attribute, None without one.

    It is called with columns by name and outcomes (n,) and returns, by name, the derivatives of
    the loss by numeric columns, of their shapes. Raises EndpointError.
    """
    if config.callable is None:
        return None
    found: Callable[..., Any] | None = getattr(_imported(config), "gradient", None)
    return found


def _imported(config: EndpointConfig) -> Callable[..., Any]:
    module, _, name = (config.callable or "").partition(":")
    where = f"endpoint.callable: {config.callable!r}"
    try:
        found = getattr(import_module(module), name)
    except Exception as error:  # a module may raise anything when it is imported
        raise EndpointError(
            "configuration", f"{where} cannot be imported: {type(error).__name__}: {error}"
        ) from None
    if not callable(found):
        raise EndpointError("configuration", f"{where} is no function")
    return found  # type: ignore[no-any-return]  # a module's attribute may be anything
