"""The label decoder makes of live labels what the build made of the same ones in a file."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.prediction_kind import PredictionKind
from monitor.decode.labels import LabelDecoder
from monitor.reference.data_files import open_tables
from monitor.reference.labelled import Labelled, pairs_of
from monitor.reference.rows import Reader
from monitor.schema import Kind, LabelSchema, Prediction
from monitor.sources.source import Chunk, Partition
from tests.monitor.reference.data import a_schema, write_jsonl
from tests.monitor.reference.test_parity import anything

CLASSES = ("5", "pro", "true")
PREDICTIONS = {
    PredictionKind.REGRESSION: 0.5,
    PredictionKind.PROBABILITY: 0.5,
    PredictionKind.CLASS: "pro",
    PredictionKind.PROBABILITIES: {"pro": 0.7, "5": 0.3},
}
labels = st.one_of(anything, st.sampled_from([0, 1, 0.0, 1.0, "1", "0", "true", "pro", 5, 5.0]))


def read_live(schema, records):
    """The offsets and values of the labels that the decoder takes."""
    values = [json.dumps(record).encode() for record in records]
    stamps = np.full(len(values), 1_767_571_200_000)
    chunk = Chunk(Partition("t", 0), values, np.arange(len(values)), stamps, len(values))
    batch = LabelDecoder(schema, CLASSES, 60_000).decode(chunk, 1_767_571_200_000)
    return dict(zip(batch.offsets.tolist(), batch.values.tolist(), strict=True))


def read_built(schema, path, kind):
    """The same of rows of a file."""
    rows = a_schema(Prediction(("score",), kind), x=Kind.NUMERIC)
    (table,) = open_tables([path])
    found = {}
    for read in Reader.of(rows, table).labelled(schema).read(1_000):
        each = Labelled.of(rows, read.rows)
        pairs = pairs_of(kind, CLASSES, CLASSES, each.predicted, each.actual, each.confidence)
        found |= dict(zip(each.places.tolist(), pairs.actual.tolist(), strict=True))
    return found


@pytest.mark.parametrize(
    ("kind", "positive"),
    [*((kind, None) for kind in PredictionKind), (PredictionKind.PROBABILITY, "pro")],
)
@given(drawn=st.lists(labels, min_size=1, max_size=30))
@settings(max_examples=60, deadline=None)
def test_the_label_decoder_and_the_build_agree_on_every_label(
    tmp_path_factory, kind, positive, drawn
):
    schema = LabelSchema(("y",), ("id",), None, kind, positive)
    records = [
        {"id": f"r{place}", "x": 1.0, "score": PREDICTIONS[kind], "y": label}
        for place, label in enumerate(drawn)
    ]
    path = write_jsonl(tmp_path_factory.mktemp("parity") / "records.jsonl", records)
    assert read_built(schema, path, kind) == read_live(schema, records)
