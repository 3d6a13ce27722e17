"""The decoder makes of live records what the build made of the same records in a file."""

import json

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.prediction_kind import PredictionKind
from detectors.summarise import summarise
from monitor.decode import compile_decoder
from monitor.engine.grouping import columns_of
from monitor.reference.build import build_reference
from monitor.schema import Field, Kind, Prediction
from monitor.sources.source import Chunk, Partition
from tests.monitor.reference.data import a_schema, same_summary, write_jsonl

SCHEMA = a_schema(
    Prediction(("p",), PredictionKind.PROBABILITIES, ("no", "yes")),
    x=Kind.NUMERIC,
    n=Field("n", ("n",), Kind.NUMERIC, integer=True, low=0, high=9),
    c=Kind.CATEGORICAL,
    b=Kind.BOOLEAN,
    e=Field("e", ("e",), Kind.EMBEDDING, size=2),
)

anything = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 12),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.sampled_from(["true", "false", "True", "5", "pro", "", "\ud800", "ä\n"]),
    st.lists(st.floats(-3, 3), max_size=3),
    st.just({}),
    st.just({"a": 1}),
)
vectors = st.lists(st.one_of(st.floats(-3, 3), st.floats(), st.integers(0, 3)), max_size=3)
chances = st.one_of(
    st.fixed_dictionaries({"no": st.floats(0, 1), "yes": st.floats(0, 1)}),
    st.lists(st.floats(0, 1), min_size=2, max_size=2),
    anything,
)
records = st.fixed_dictionaries(
    {"p": chances},
    optional={"x": anything, "n": anything, "c": anything, "b": anything, "e": anything | vectors},
)


@given(st.lists(records, max_size=30))
@settings(max_examples=150, deadline=None)
def test_the_decoder_and_the_build_agree_on_every_value(tmp_path_factory, drawn):
    drawn = [{"p": [0.25, 0.75], "x": 1.5, "n": 1, "c": "pro", "b": True, "e": [1, 2]}, *drawn]
    path = tmp_path_factory.mktemp("parity") / "records.jsonl"
    reference = build_reference(SCHEMA, [write_jsonl(path, drawn)])
    values = [json.dumps(record).encode() for record in drawn]
    chunk = Chunk(
        Partition("t", 0),
        values,
        np.arange(len(values)),
        np.zeros(len(values), dtype=np.int64),
        len(values),
    )
    batch = compile_decoder(SCHEMA, reference.profile, ("",)).decode(chunk, 0)
    live = summarise(reference.profile, columns_of(batch))
    assert same_summary(live, reference.total), (live, reference.total)
