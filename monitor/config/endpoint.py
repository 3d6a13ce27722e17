"""The endpoint of the live model, which re-tests ask."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from detectors.prediction_kind import PredictionKind
from monitor.config.credentials import CredentialsConfig
from monitor.config.durations import PositiveDuration
from monitor.config.errors import raise_clashes, show_value
from monitor.config.load_limits import LoadConfig
from monitor.config.rate import Rate
from monitor.config.record_path import RecordPath
from monitor.config.section import SECTION

CALLABLE_PATTERN = r"[A-Za-z_][\w.]*:[A-Za-z_]\w*"
URL_PATTERN = r"https?://[^\s/?#@]+(/[^\s?#]*)?"


class Protocol(StrEnum):
    """How a model is asked."""

    V2 = "v2"
    V1 = "v1"
    MLFLOW = "mlflow"
    JSON = "json"
    ONNX = "onnx"
    PYTHON = "python"


class Layout(StrEnum):
    """How records are laid out in a request."""

    TENSOR = "tensor"
    COLUMNS = "columns"
    ROWS = "rows"
    OBJECTS = "objects"
    DATAFRAME_SPLIT = "dataframe_split"
    INPUTS = "inputs"


class Datatype(StrEnum):
    """The type of an input on the wire, in the names of the Open Inference Protocol."""

    BOOL = "BOOL"
    UINT8 = "UINT8"
    UINT16 = "UINT16"
    UINT32 = "UINT32"
    UINT64 = "UINT64"
    INT8 = "INT8"
    INT16 = "INT16"
    INT32 = "INT32"
    INT64 = "INT64"
    FP16 = "FP16"
    FP32 = "FP32"
    FP64 = "FP64"
    BYTES = "BYTES"


IN_PROCESS = (Protocol.ONNX, Protocol.PYTHON)

LAYOUTS = {
    Protocol.V2: (Layout.TENSOR, Layout.COLUMNS),
    Protocol.V1: (Layout.ROWS, Layout.OBJECTS),
    Protocol.MLFLOW: (Layout.DATAFRAME_SPLIT, Layout.INPUTS),
    Protocol.ONNX: (Layout.TENSOR, Layout.COLUMNS),
}
"""The layouts that a protocol knows; the others know only their own."""

OF_PROTOCOLS = {
    "model": (Protocol.V2, Protocol.V1),
    "version": (Protocol.V2, Protocol.V1),
    "input": (Protocol.V2, Protocol.ONNX),
    "output": (Protocol.V2, Protocol.V1, Protocol.MLFLOW, Protocol.ONNX),
    "request": (Protocol.JSON,),
    "answer": (Protocol.JSON,),
    "file": (Protocol.ONNX,),
    "callable": (Protocol.PYTHON,),
}
"""The protocols that a key is for."""

FOR_HTTP = ("url", "max_rate", "concurrency", "retries", "credentials", "load")

NEEDED = {
    Protocol.JSON: ("request",),
    Protocol.ONNX: ("file",),
    Protocol.PYTHON: ("callable",),
}


class EndpointConfig(BaseModel):
    """Where the live model answers, how it is asked, and how much."""

    model_config = SECTION

    protocol: Protocol = Field(
        description="How it is asked: the Open Inference Protocol (v2: KServe, Triton, MLServer, "
        "Seldon), v1 :predict (TensorFlow Serving, KServe), mlflow, plain json, or in this "
        "process (onnx, python).",
        examples=["v2"],
    )
    url: str = Field(
        "",
        description="Its address; of protocol json with the path that records are posted to.",
        examples=["http://credit:8080"],
    )
    model: str = Field("", description="The model's name at the endpoint. Default: its own here.")
    version: str = Field(
        "", description="The version to ask for. Default: the one that the endpoint serves."
    )
    timeout: PositiveDuration = Field(
        "2s", validate_default=True, description="How long one request may take."
    )
    max_rate: Rate | None = Field(
        None, description="The most requests in a time. Default: no limit.", examples=["50/s"]
    )
    concurrency: int = Field(
        4, ge=1, le=256, description="How many requests are under way at once, at most."
    )
    batch: int = Field(100, ge=1, le=100_000, description="The most records in one request.")
    retries: int = Field(
        2,
        ge=0,
        le=10,
        description="How often a request is sent again that failed for a reason of the server or "
        "of the network.",
    )
    queries_per_day: int | None = Field(
        None,
        ge=1,
        description="The most records that all re-tests together may send in a day. Default: no "
        "limit beyond that of each run.",
    )
    credentials: CredentialsConfig = Field(
        default_factory=CredentialsConfig,
        description="How to prove who is asking. Default: not at all.",
    )
    load: LoadConfig | None = Field(
        None,
        description="What a stress test may do at most. Default: there is none.",
        examples=[{"hosts": ["credit-staging:8080"], "max_rate": "300/s"}],
    )
    layout: Layout | None = Field(
        None,
        description="How records are laid out: of v2 and onnx as one tensor or as columns (one "
        "input a feature), of v1 as rows or objects, of mlflow as dataframe_split or inputs. "
        "Default: as the endpoint tells, else by the kinds of the features.",
    )
    input: str = Field(
        "",
        description="The name of the input that holds the tensor; v2 and onnx only. Default: the "
        "endpoint's own, else input.",
    )
    output: str = Field(
        "",
        description="The name of the output that holds the answer. Default: the first one that "
        "fits.",
        examples=["predict_proba"],
    )
    answers: PredictionKind | None = Field(
        None,
        description="What the answer is. Default: the kind of the records' prediction.",
    )
    datatype: Datatype | None = Field(
        None,
        description="The type of numbers on the wire; they are rounded to it before they are "
        "scored. Default: as the endpoint tells, else FP64.",
    )
    datatypes: dict[str, Datatype] = Field(
        default_factory=dict,
        description="The types of single features on the wire. Default: INT64 for integer "
        "features, BYTES for categories and texts, BOOL for booleans, datatype for the others.",
        examples=[{"age": "INT32"}],
    )
    request: Any = Field(
        None,
        description="Of protocol json: the body, in which $rows stands for the records as lists of "
        "values, $records for the records as objects, $columns for the features' names and $id "
        "for the request's id.",
        examples=[{"instances": "$rows"}],
    )
    answer: RecordPath | None = Field(
        None,
        description="Of protocol json: where the answers lie in the body; * stands for each "
        "record. Default: the body is the list of answers.",
        examples=["predictions.*.score"],
    )
    file: Path | None = Field(None, description="The model's file; onnx only.")
    callable: str | None = Field(
        None,
        description="A function from columns by name to answers, as module:function; python only.",
        examples=["credit.model:predict"],
    )

    @property
    def in_process(self) -> bool:
        """Whether the model runs in the process that asks it."""
        return self.protocol in IN_PROCESS

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        if self.file is not None:
            yield "file", self.file
        for key, path in self.credentials.files:
            yield f"credentials.{key}", path

    @field_validator("url")
    @classmethod
    def _require_a_url(cls, url: str) -> str:
        if url and not re.fullmatch(URL_PATTERN, url):
            raise ValueError(
                f"{show_value(url)} is not an address of a model; http:// or https://, a host and "
                "a path, without a user, such as http://credit:8080"
            )
        return url

    @field_validator("callable")
    @classmethod
    def _require_a_function(cls, name: str | None) -> str | None:
        if name is not None and not re.fullmatch(CALLABLE_PATTERN, name):
            raise ValueError(f"{name!r} is not a function; module:function")
        return name

    @model_validator(mode="after")
    def _require_what_the_protocol_needs(self) -> Self:
        raise_clashes([*self._missing(), *self._unused()])
        return self

    def _missing(self) -> Iterator[tuple[str, str]]:
        needs = f"missing, and protocol {self.protocol} needs it"
        if not self.in_process and not self.url:
            yield "url", f"{needs}; the model's address, such as http://credit:8080"
        for key in NEEDED.get(self.protocol, ()):
            if getattr(self, key) is None:
                yield key, needs

    def _unused(self) -> Iterator[tuple[str, str]]:
        unused = f"is set, and protocol {self.protocol} has no use for it; remove it"
        for key, protocols in OF_PROTOCOLS.items():
            if key in self.model_fields_set and self.protocol not in protocols:
                yield key, unused
        for key in FOR_HTTP:
            if key in self.model_fields_set and self.in_process:
                yield key, unused
        known = LAYOUTS.get(self.protocol, ())
        if self.layout is not None and self.layout not in known:
            mend = f"one of {', '.join(known)}" if known else "remove it"
            yield "layout", f"'{self.layout}' is not a layout of protocol {self.protocol}; {mend}"
