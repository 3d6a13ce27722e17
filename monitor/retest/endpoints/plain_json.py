"""Plain JSON: a body made of a template, answers found by a path."""

from collections.abc import Callable, Mapping
from typing import Any

from detectors.robustness.space import Space
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints.answer_path import along
from monitor.retest.endpoints.transport import Transport
from monitor.retest.endpoints.wire import Reply
from monitor.retest.endpoints.wire_types import WireTypes


class PlainJSON:
    """A model that takes a JSON body of any form at one URL."""

    def __init__(
        self,
        config: EndpointConfig,
        model: str,  # noqa: ARG002  # the URL names it
        space: Space,
        transport: Transport,
    ) -> None:
        """Take the template and the path."""
        self._config = config
        self._transport = transport
        self._types = WireTypes.of(config, space, {})

    async def open(self) -> str:
        """Connect; what else a plain URL answers to is not known."""
        await self._transport.get("")
        return ""

    def cast(self, table: Table) -> Table:
        """Round to the types of the features."""
        return self._types.cast(table)

    async def ask(self, table: Table, request_id: str) -> Reply:
        """Post the template with the records in it."""
        values: Mapping[str, Callable[[], Any]] = {
            "$rows": lambda: self._types.rows(table),
            "$records": lambda: self._types.objects(table),
            "$columns": lambda: list(table.columns),
            "$id": lambda: request_id,
        }
        answer = await self._transport.post("", _filled(self._config.request, values), request_id)
        return Reply(along(answer, self._config.answer or ()))

    async def close(self) -> None:
        await self._transport.close()


def _filled(template: Any, values: Mapping[str, Callable[[], Any]]) -> Any:
    """Return a template with what its $ texts stand for."""
    if isinstance(template, dict):
        return {key: _filled(value, values) for key, value in template.items()}
    if isinstance(template, list):
        return [_filled(value, values) for value in template]
    return values[template]() if isinstance(template, str) and template in values else template
