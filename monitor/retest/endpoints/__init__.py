"""The protocols that endpoints of live models speak; a new one is a file and a line here."""

from collections.abc import Callable

from detectors.robustness.answers import Task
from detectors.robustness.space import Space
from monitor.config.endpoint import EndpointConfig, Protocol
from monitor.config.marks import MarksConfig
from monitor.retest.endpoints.asked_model import AskedModel
from monitor.retest.endpoints.mlflow import MLflow
from monitor.retest.endpoints.onnx import Onnx
from monitor.retest.endpoints.plain_json import PlainJSON
from monitor.retest.endpoints.python_callable import PythonCallable
from monitor.retest.endpoints.reading import Reader
from monitor.retest.endpoints.transport import Transport
from monitor.retest.endpoints.v1 import V1
from monitor.retest.endpoints.v2 import V2
from monitor.retest.endpoints.wire import Wire
from monitor.retest.model import LiveModel
from monitor.schema import Schema

OverHTTP = Callable[[EndpointConfig, str, Space, Transport], Wire]
InProcess = Callable[[EndpointConfig, Space], Wire]

OVER_HTTP: dict[Protocol, OverHTTP] = {
    Protocol.V2: V2,
    Protocol.V1: V1,
    Protocol.MLFLOW: MLflow,
    Protocol.JSON: PlainJSON,
}

IN_PROCESS: dict[Protocol, InProcess] = {Protocol.ONNX: Onnx, Protocol.PYTHON: PythonCallable}

DEFAULT_MARKS = MarksConfig()


def open_model(
    config: EndpointConfig,
    model_name: str,
    schema: Schema,
    space: Space,
    task: Task,
    queries: int,
    run_id: str,
    url: str | None = None,
    marks: MarksConfig = DEFAULT_MARKS,
) -> LiveModel:
    """Return the model at an endpoint; nothing is asked before its open().

    model_name: where the configuration names no other. queries: the most records that may be
    sent. run_id: in the id of every request. url: asked instead of the configured one. marks: by
    which the daemon knows the requests in the stream that it monitors.
    """
    reader = Reader(task, config.answers or schema.prediction.kind)

    def wire() -> Wire:
        if config.in_process:
            return IN_PROCESS[config.protocol](config, space)
        transport = Transport(config, url or config.url, marks.header)
        return OVER_HTTP[config.protocol](config, config.model or model_name, space, transport)

    return AskedModel(config, wire, reader, queries, f"{marks.id_prefix}{run_id}-")
