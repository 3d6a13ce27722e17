"""MLflow's scoring server: /invocations."""

from typing import Any

from detectors.robustness.space import Space
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig, Layout
from monitor.retest.endpoints.answer_path import along, entries
from monitor.retest.endpoints.status import require_ready
from monitor.retest.endpoints.transport import Transport
from monitor.retest.endpoints.wire import Reply
from monitor.retest.endpoints.wire_types import WireTypes


class MLflow:
    """A model that MLflow serves.

    Its server cuts the fractions off whole-number columns without a word, so noise below 1 would
    measure nothing: features that are whole are rounded here. It tells no version of the model.
    Source: https://mlflow.org/docs/latest/ml/deployment/deploy-model-locally
    """

    def __init__(
        self,
        config: EndpointConfig,
        model: str,  # noqa: ARG002  # a server has one model only
        space: Space,
        transport: Transport,
    ) -> None:
        """Take the layout of a request."""
        self._config = config
        self._transport = transport
        self._types = WireTypes.of(config, space, {})
        self._layout = config.layout or Layout.DATAFRAME_SPLIT

    async def open(self) -> str:
        """Ping the server."""
        status, told = await self._transport.get("/ping")
        require_ready("/ping", status, told)
        return ""

    def cast(self, table: Table) -> Table:
        """Round to the types of the features."""
        return self._types.cast(table)

    async def ask(self, table: Table, request_id: str) -> Reply:
        """Send one request to /invocations."""
        answer = await self._transport.post("/invocations", self._body(table), request_id)
        return Reply(entries(along(answer, ("predictions",)), self._config.output))

    async def close(self) -> None:
        await self._transport.close()

    def _body(self, table: Table) -> dict[str, Any]:
        plain = {name: self._types.plain(name, column) for name, column in table.columns.items()}
        if self._layout is Layout.INPUTS:
            return {"inputs": plain}
        data = [list(row) for row in zip(*plain.values(), strict=True)]
        return {"dataframe_split": {"columns": list(plain), "data": data}}
