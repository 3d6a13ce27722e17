"""A model in a file of ONNX, run in this process by ONNX Runtime; an optional extra."""

from importlib.metadata import version as installed
from importlib.util import find_spec
from typing import Any

import numpy as np

from detectors.robustness.space import Space, Values
from detectors.robustness.table import Column, Table
from monitor.config.endpoint import Datatype, EndpointConfig, Layout
from monitor.retest.endpoints.in_process import within
from monitor.retest.endpoints.wire import Reply, RequestError
from monitor.retest.endpoints.wire_types import FLOATS, WireTypes
from monitor.retest.model import EndpointError

DATATYPES = {
    "tensor(bool)": Datatype.BOOL,
    "tensor(uint8)": Datatype.UINT8,
    "tensor(uint16)": Datatype.UINT16,
    "tensor(uint32)": Datatype.UINT32,
    "tensor(uint64)": Datatype.UINT64,
    "tensor(int8)": Datatype.INT8,
    "tensor(int16)": Datatype.INT16,
    "tensor(int32)": Datatype.INT32,
    "tensor(int64)": Datatype.INT64,
    "tensor(float16)": Datatype.FP16,
    "tensor(float)": Datatype.FP32,
    "tensor(double)": Datatype.FP64,
    "tensor(string)": Datatype.BYTES,
}


class Onnx:
    """A session of ONNX Runtime: one tensor, or one input a feature of shape (n, 1)."""

    def __init__(self, config: EndpointConfig, space: Space) -> None:
        """Load the model. Raises EndpointError where it cannot be."""
        self._config = config
        self._space = space
        self._session = _session(config)
        told = {each.name: each for each in self._session.get_inputs()}
        names = [each.name for each in space.features]
        columns = config.layout is Layout.COLUMNS or (
            config.layout is None and set(names) <= set(told)
        )
        self._layout = Layout.COLUMNS if columns else Layout.TENSOR
        if columns:
            self._require(names, told)
            types = {name: DATATYPES[told[name].type] for name in names}
            self._types = WireTypes.of(config, space, types, finite=False)
        else:
            self._input = config.input or next(iter(told))
            self._require([self._input], told)
            self._datatype = DATATYPES[told[self._input].type]
            self._types = WireTypes.of(config, space, {}, finite=False).in_one(self._datatype)

    async def open(self) -> str:
        """Return the version in the model's metadata, if it has one."""
        number = self._session.get_modelmeta().version
        return str(number) if 0 < number < 2**62 else ""

    def cast(self, table: Table) -> Table:
        """Round to the types of the inputs."""
        return self._types.cast(table)

    async def ask(self, table: Table, request_id: str) -> Reply:  # noqa: ARG002  # nothing is sent
        """Run the model."""
        feed = self._feed(table)
        wanted = [self._output()]
        (found,) = await within(
            self._config.timeout / 1000, lambda: self._session.run(wanted, feed)
        )
        labels = isinstance(found, np.ndarray) and found.dtype.kind in "iubO"
        return Reply(found, labels)

    async def close(self) -> None:
        """Nothing to close."""

    def _require(self, names: list[str], told: dict[str, Any]) -> None:
        for name in names:
            if name not in told or told[name].type not in DATATYPES:
                raise EndpointError(
                    "schema_changed",
                    f"{self._config.file} has no input {name!r} of a tensor, but "
                    f"{', '.join(told)}; correct endpoint.input or the features",
                )

    def _output(self) -> str:
        """Return the output to read: the named one, else the last, where probabilities are."""
        names = [each.name for each in self._session.get_outputs()]
        if self._config.output and self._config.output not in names:
            raise EndpointError(
                "schema_changed",
                f"{self._config.file} has no output {self._config.output!r}, but "
                f"{', '.join(names)}; correct endpoint.output",
            )
        return self._config.output or names[-1]

    def _feed(self, table: Table) -> dict[str, Any]:
        arrays = {
            each.name: self._array(each.name, each.values, table.columns[each.name])
            for each in self._space.features
        }
        if self._layout is Layout.COLUMNS:
            return arrays
        return {self._input: np.hstack(list(arrays.values())).astype(_dtype(self._datatype))}

    def _array(self, name: str, values: Values, column: Column) -> Any:
        datatype = self._types.types[name]
        try:
            if values is Values.BOOLEAN or datatype is not Datatype.BYTES:
                # Missing booleans are nan, which only floats hold; an integer's nan raises.
                numbers = np.array([np.nan if v is None else v for v in column.tolist()], float)
                if datatype not in FLOATS and np.isnan(numbers).any():
                    raise ValueError(f"{name} is missing, and {datatype} cannot say so")
                array = numbers.astype(_dtype(datatype))
            else:
                array = np.array(["" if v is None else str(v) for v in column], dtype=object)
        except (TypeError, ValueError) as error:
            raise RequestError("not_sendable", f"{name}: {error}", divide=True) from None
        return array if array.ndim == 2 else array[:, np.newaxis]


def _dtype(datatype: Datatype) -> np.dtype[Any]:
    return np.dtype(FLOATS.get(datatype, datatype.value.lower()))


def _session(config: EndpointConfig) -> Any:
    if find_spec("onnxruntime") is None:
        raise EndpointError(
            "configuration",
            "endpoint.protocol: onnx needs ONNX Runtime; pip install 'driftd[onnx]'",
        )
    import onnxruntime

    options = onnxruntime.SessionOptions()
    # Re-tests leave the processors to the daemon.
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    try:
        return onnxruntime.InferenceSession(
            config.file, options, providers=["CPUExecutionProvider"]
        )
    except Exception as error:  # the runtime has exceptions of its own, without a common one
        raise EndpointError(
            "configuration",
            f"endpoint.file: {config.file} cannot be loaded by ONNX Runtime "
            f"{installed('onnxruntime')}: {str(error)[:500]}",
        ) from None
