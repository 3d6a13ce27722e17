"""The endpoint of the live model, which re-tests ask."""

from enum import StrEnum

from pydantic import BaseModel, Field

from monitor.config.durations import PositiveDuration
from monitor.config.rate import Rate
from monitor.config.section import SECTION


class Protocol(StrEnum):
    """How a model is asked."""

    V2 = "v2"
    V1 = "v1"
    MLFLOW = "mlflow"
    JSON = "json"
    ONNX = "onnx"
    PYTHON = "python"


class EndpointConfig(BaseModel):
    """Where the live model answers, and how much it may be asked."""

    model_config = SECTION

    protocol: Protocol = Field(
        description="How it is asked: the Open Inference Protocol (v2: KServe, Triton, MLServer, "
        "Seldon), v1 :predict (TensorFlow Serving, KServe), mlflow, plain json, or in this "
        "process (onnx, python).",
        examples=["v2"],
    )
    url: str = Field("", description="Its address.", examples=["http://credit:8080"])
    model: str = Field("", description="The model's name at the endpoint. Default: its own here.")
    timeout: PositiveDuration = Field(
        "2s", validate_default=True, description="How long one request may take."
    )
    max_rate: Rate | None = Field(
        None, description="The most requests in a time. Default: no limit.", examples=["50/s"]
    )
