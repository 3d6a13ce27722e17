"""The V1 protocol, :predict, over HTTP: TensorFlow Serving, KServe."""

from typing import Any

from detectors.robustness.space import Space
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig, Layout
from monitor.retest.endpoints.answer_path import along, entries
from monitor.retest.endpoints.status import require_ready
from monitor.retest.endpoints.transport import Transport
from monitor.retest.endpoints.wire import Reply
from monitor.retest.endpoints.wire_types import WireTypes
from monitor.retest.model import EndpointError

AVAILABLE = "AVAILABLE"


class V1:
    """A model behind :predict; a record is a list of values, or an object of them by feature.

    Source: https://www.tensorflow.org/tfx/serving/api_rest
    """

    def __init__(
        self, config: EndpointConfig, model: str, space: Space, transport: Transport
    ) -> None:
        """Take the model's name at the endpoint."""
        self._config = config
        self._transport = transport
        version = f"/versions/{config.version}" if config.version else ""
        self._path = f"/v1/models/{model}{version}"
        self._types = WireTypes.of(config, space, {})
        default = Layout.ROWS if self._types.all_numbers else Layout.OBJECTS
        self._layout = config.layout or default

    async def open(self) -> str:
        """Ask for the model's status."""
        status, told = await self._transport.get(self._path)
        require_ready(self._path, status, told)
        if not isinstance(told, dict):
            return self._config.version
        if told.get("ready") is False:
            raise EndpointError("not_ready", f"{self._path} is not ready; wait until it is")
        states = told.get("model_version_status")
        if not isinstance(states, list):
            return self._config.version
        ready = [str(each["version"]) for each in states if each.get("state") == AVAILABLE]
        if not ready:
            raise EndpointError("not_ready", f"no version of {self._path} is {AVAILABLE}")
        return self._config.version or max(ready, key=lambda name: (len(name), name))

    def cast(self, table: Table) -> Table:
        """Round to the types of the features."""
        return self._types.cast(table)

    async def ask(self, table: Table, request_id: str) -> Reply:
        """Send one :predict request."""
        as_rows = self._layout is Layout.ROWS
        instances: Any = self._types.rows(table) if as_rows else self._types.objects(table)
        answer = await self._transport.post(
            f"{self._path}:predict", {"instances": instances}, request_id
        )
        found = along(answer, ("predictions",))
        return Reply(entries(found, self._config.output))

    async def close(self) -> None:
        await self._transport.close()
