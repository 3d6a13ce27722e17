"""What is cast is what arrives, and nothing moves further than its type makes it."""

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from monitor.config.endpoint import Datatype, EndpointConfig
from monitor.retest.endpoints.wire_types import FLOATS, WireTypes
from monitor.retest.model import EndpointError

NUMBERS = [each for each in Datatype if each is not Datatype.BYTES]
INTEGERS = [each for each in NUMBERS if each not in FLOATS and each is not Datatype.BOOL]
X = Space((Feature("x", Values.NUMERIC),))

values = st.lists(st.floats(allow_nan=True, allow_infinity=True), min_size=1, max_size=20)


def types(datatype, space=X, finite=True):
    config = EndpointConfig(protocol="v2", url="http://h", datatypes={"x": datatype})
    return WireTypes.of(config, space, {}, finite)


def column(numbers):
    return Table({"x": np.array(numbers, dtype=np.float64)})


@given(values, st.sampled_from(NUMBERS))
def test_a_cast_table_is_cast_to_itself(numbers, datatype):
    wire = types(datatype)
    once = wire.cast(column(numbers))
    assert_array_equal(wire.cast(once).columns["x"], once.columns["x"])


@given(values, st.sampled_from(NUMBERS))
def test_a_cast_table_comes_out_of_json_as_it_went_in(numbers, datatype):
    wire = types(datatype)
    cast = wire.cast(column(numbers)).columns["x"]
    back = msgspec.json.decode(msgspec.json.encode(wire.plain("x", cast)))
    assert_array_equal(np.array(back, dtype=np.float64), cast)


@given(values, st.sampled_from(INTEGERS))
def test_whole_numbers_are_the_nearest_that_the_type_holds(numbers, datatype):
    cast = types(datatype).cast(column(numbers)).columns["x"]
    limits = np.iinfo(datatype.value.lower())
    given_numbers = np.array(numbers)
    inside = np.isfinite(given_numbers) & (np.abs(given_numbers) < 2**52)
    inside &= (given_numbers >= limits.min) & (given_numbers <= limits.max)
    assert (np.abs(cast[inside] - given_numbers[inside]) <= 0.5).all()
    assert (cast[~np.isnan(cast)] == np.trunc(cast[~np.isnan(cast)])).all()
    assert all(limits.min <= int(value) <= limits.max for value in cast[~np.isnan(cast)])


@given(values)
def test_missing_values_stay_missing_and_json_has_no_infinity(numbers):
    cast = types(Datatype.FP32).cast(column(numbers)).columns["x"]
    assert np.isnan(cast[np.isnan(numbers)]).all()
    assert not np.isinf(cast).any()


def test_values_of_a_schema_fault_arrive_as_they_are():
    fault = np.array(["1.5", True, None, 7, {"a": 1}], dtype=object)
    wire = types(Datatype.INT32)
    cast = wire.cast(Table({"x": fault})).columns["x"]
    assert wire.plain("x", cast) == ["1.5", True, None, 7, {"a": 1}]


def test_a_tensor_of_floats_keeps_whole_numbers_whole():
    space = Space((Feature("x", Values.NUMERIC, integer=True), Feature("y", Values.NUMERIC)))
    config = EndpointConfig(protocol="v2", url="http://h")
    wire = WireTypes.of(config, space, {}).in_one(Datatype.FP32)
    cast = wire.cast(Table({"x": np.array([1.6]), "y": np.array([0.1])}))
    assert wire.rows(cast) == [[2, float(np.float32(0.1))]]


def test_a_tensor_of_names_is_refused():
    space = Space((Feature("x", Values.CATEGORICAL),))
    with pytest.raises(EndpointError, match="feature x is categorical; set layout: columns"):
        types(Datatype.BYTES, space).in_one(Datatype.FP32)


def test_a_type_of_no_feature_is_refused():
    config = EndpointConfig(protocol="v2", url="http://h", datatypes={"z": "FP32"})
    with pytest.raises(EndpointError, match=r"datatypes\.z: is no feature; one of x"):
        WireTypes.of(config, X, {})
