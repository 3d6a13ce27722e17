"""The Open Inference Protocol, version 2, over HTTP: KServe, Triton, MLServer, Seldon."""

from typing import Any

import numpy as np

from detectors.robustness.space import Space
from detectors.robustness.table import Column, Table
from monitor.config.endpoint import Datatype, EndpointConfig, Layout
from monitor.retest.endpoints.status import require_ready
from monitor.retest.endpoints.transport import Transport
from monitor.retest.endpoints.wire import Reply, RequestError
from monitor.retest.endpoints.wire_types import FLOATS, WireTypes
from monitor.retest.model import EndpointError


class V2:
    """A model behind the Open Inference Protocol, with JSON bodies.

    Records are one tensor of shape [n, width], or one input a feature of shape [n, 1] ([n, size]
    of an embedding). Source: https://kserve.github.io/website/docs/concepts/architecture/
    data-plane/v2-protocol
    """

    def __init__(
        self, config: EndpointConfig, model: str, space: Space, transport: Transport
    ) -> None:
        """Take what the endpoint will not tell: names, layout and types are asked for at open."""
        self._config = config
        self._space = space
        self._transport = transport
        version = f"/versions/{config.version}" if config.version else ""
        self._path = f"/v2/models/{model}{version}"
        self._layout = config.layout or Layout.COLUMNS
        self._input = config.input or "input"
        self._datatype = config.datatype or Datatype.FP64
        self._types = WireTypes.of(config, space, {})

    async def open(self) -> str:
        """Wait for nothing: a model that is not ready is an EndpointError."""
        status, answer = await self._transport.get(f"{self._path}/ready")
        require_ready(f"{self._path}/ready", status, answer)
        status, told = await self._transport.get(self._path)
        self._settle(_inputs(told) if status == 200 else [])
        if self._config.version:
            return self._config.version
        versions = told.get("versions") if isinstance(told, dict) else None
        return str(versions[0]) if isinstance(versions, list) and len(versions) == 1 else ""

    def cast(self, table: Table) -> Table:
        """Round to the types of the inputs."""
        return self._types.cast(table)

    async def ask(self, table: Table, request_id: str) -> Reply:
        """Send one inference request."""
        body: dict[str, Any] = {"id": request_id, **self._request(table)}
        if self._config.output:
            body["outputs"] = [{"name": self._config.output}]
        answer = await self._transport.post(f"{self._path}/infer", body, request_id)
        output = self._output(answer)
        version = answer.get("model_version")
        labels = output["datatype"] not in FLOATS
        return Reply(_shaped(output), labels, version if isinstance(version, str) else "")

    async def close(self) -> None:
        await self._transport.close()

    def _settle(self, inputs: list[dict[str, Any]]) -> None:
        """Decide layout, names and types by the configuration, then what the endpoint told."""
        config, names = self._config, [each.name for each in self._space.features]
        by_name = {each["name"]: each for each in inputs}
        if config.layout is None:
            as_columns = bool(by_name) and set(names) <= set(by_name)
            tensor = self._types.all_numbers and not as_columns
            self._layout = Layout.TENSOR if tensor else Layout.COLUMNS
        if self._layout is Layout.COLUMNS:
            missing = [name for name in names if by_name and name not in by_name]
            if missing:
                raise EndpointError(
                    "schema_changed",
                    f"{self._path} has no input {missing[0]!r}, but {', '.join(by_name)}; correct "
                    "endpoint.layout or the features",
                )
            told = {name: Datatype(by_name[name]["datatype"]) for name in names if by_name}
            self._types = WireTypes.of(config, self._space, told)
            return
        told_input = by_name.get(config.input) or (inputs[0] if len(inputs) == 1 else None)
        if told_input is not None:
            self._require_width(told_input)
            self._input = config.input or told_input["name"]
            self._datatype = config.datatype or Datatype(told_input["datatype"])
        self._types = self._types.in_one(self._datatype)

    def _require_width(self, told: dict[str, Any]) -> None:
        shape = told.get("shape") or [-1]
        width = self._types.width
        if shape[-1] not in (-1, width):
            raise EndpointError(
                "schema_changed",
                f"{self._path} takes {shape[-1]} numbers a record in its input "
                f"{told['name']!r}, and the features are {width}; correct the features",
            )

    def _request(self, table: Table) -> dict[str, Any]:
        if self._layout is Layout.TENSOR:
            rows = self._types.rows(table)
            flat = [value for row in rows for value in row]
            shape = [len(table), len(flat) // max(len(table), 1)]
            tensor = {"name": self._input, "shape": shape, "datatype": self._datatype, "data": flat}
            return {"inputs": [tensor]}
        inputs = [self._column(name, column) for name, column in table.columns.items()]
        # How MLServer makes a data frame of them; others leave parameters alone.
        return {"parameters": {"content_type": "pd"}, "inputs": inputs}

    def _column(self, name: str, column: Column) -> dict[str, Any]:
        datatype, data = self._types.types[name], self._types.plain(name, column)
        width = column.shape[1] if column.ndim == 2 else 1
        if column.ndim == 2:
            data = [value for row in data for value in row]
        told: dict[str, Any]
        told = {"name": name, "shape": [len(column), width], "datatype": datatype, "data": data}
        if datatype is Datatype.BYTES:
            told["parameters"] = {"content_type": "str"}
        return told

    def _output(self, answer: Any) -> dict[str, Any]:
        """Return the output that holds the answer: the named one, else the widest of floats."""
        found = answer.get("outputs") if isinstance(answer, dict) else None
        outputs = [each for each in found or () if _is_output(each)]
        if self._config.output:
            outputs = [each for each in outputs if each["name"] == self._config.output]
        if not outputs:
            wanted = f"output {self._config.output!r}" if self._config.output else "output"
            raise RequestError("schema_changed", f"{self._path}/infer answered without {wanted}")
        return max(outputs, key=lambda each: each["datatype"] in FLOATS)


def _inputs(told: Any) -> list[dict[str, Any]]:
    """Return the inputs that metadata tell in full; servers may tell none."""
    found = told.get("inputs") if isinstance(told, dict) else None
    if not isinstance(found, list):
        return []
    return [
        each
        for each in found
        if isinstance(each, dict) and "name" in each and each.get("datatype") in set(Datatype)
    ]


def _is_output(each: Any) -> bool:
    return isinstance(each, dict) and {"name", "datatype", "shape", "data"} <= each.keys()


def _shaped(output: dict[str, Any]) -> Any:
    """Return an output's values by record; its data may be flat or nested, null is nan."""
    try:
        kind = np.float64 if output["datatype"] != Datatype.BYTES else np.object_
        return np.array(output["data"], dtype=kind).reshape(output["shape"])
    except (TypeError, ValueError) as error:
        name, shape = output["name"], output["shape"]
        raise RequestError(
            "wrong_shape", f"output {name!r} does not hold data of its shape {shape}: {error}"
        ) from None
