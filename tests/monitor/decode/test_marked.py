"""Records of re-tests are dropped and counted, whatever they hold, and change nothing else."""

import json
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_equal

from detectors.prediction_kind import PredictionKind
from monitor.decode import compile_decoder
from monitor.decode.batch import Batch
from monitor.decode.labels import LabelDecoder
from monitor.schema import LabelSchema, Marks
from monitor.sources.file_lines import chunk_of_lines
from monitor.sources.source import Partition
from tests.monitor.decode.raw_records import NOW_MS, chunk_of, values
from tests.monitor.decode.schemas import CREDIT, SEGMENTS, profile_for

PREFIX = "driftd-retest-"
SCHEMA = replace(CREDIT, marks=Marks(PREFIX, ("meta", "retest")))
DECODER = compile_decoder(SCHEMA, profile_for(SCHEMA), SEGMENTS)

own = values(CREDIT).filter(lambda value: value is None or PREFIX.encode() not in value)


@st.composite
def by_id(draw: st.DrawFn) -> bytes:
    """Records of a re-test by their id, most of them with something that cannot be used."""
    record: dict[str, Any] = {
        "id": PREFIX + draw(st.text(st.characters(codec="utf-8"), max_size=5)),
        "ts": draw(st.sampled_from([NOW_MS, 0, "noon", None, NOW_MS * 9])),
        "score": draw(st.sampled_from([0.5, None, "high", float("nan")])),
        "features": draw(st.sampled_from([{"income": 3.0, "plan": "pro"}, {"age": "x"}, 7])),
    }
    whole = json.dumps(record, ensure_ascii=draw(st.booleans())).encode()
    return whole[: draw(st.sampled_from([None, None, -1, 30]))]


@st.composite
def by_field(draw: st.DrawFn) -> bytes:
    """Records of a re-test by their field."""
    mark = draw(st.sampled_from([True, 1, 0, "run-7", {"run": [float("nan")]}, []]))
    score = draw(st.sampled_from([0.5, None, "high"]))
    return json.dumps({"ts": NOW_MS, "meta": {"retest": mark}, "score": score}).encode()


@given(
    st.lists(st.tuples(st.sampled_from(["own", "id", "field", "header"]), st.data()), max_size=12)
)
@settings(max_examples=200, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_what_is_read_is_what_would_be_read_without_the_records_of_re_tests(drawn):
    kinds = [kind for kind, _ in drawn]
    sorts = {"own": own, "header": own, "id": by_id(), "field": by_field()}
    log = [data.draw(sorts[kind]) for kind, data in drawn]
    mine = np.array([at for at, kind in enumerate(kinds) if kind == "own"], np.int64)
    bearing = np.array([at for at, kind in enumerate(kinds) if kind == "header"], np.int64)
    found = DECODER.decode(replace(chunk_of(log), marked=bearing), NOW_MS)
    alone = DECODER.decode(chunk_of([log[at] for at in mine]), NOW_MS)
    assert found.retests == len(log) - len(mine)
    assert alone.retests == 0
    assert_equal(told(found), told(alone, mine))


def told(batch: Batch, places: Any = None) -> dict[str, Any]:
    """Everything about a batch, its offsets taken at some places."""
    found = {each.name: getattr(batch, each.name) for each in fields(batch)}
    del found["next_offset"], found["retests"]
    found["offsets"] = batch.offsets if places is None else places[batch.offsets]
    found["rejects"] = [
        (each.offset if places is None else int(places[each.offset]), each.reason, each.value)
        for each in batch.rejects
    ]
    return found


def test_lines_of_a_file_are_sifted_too():
    records = [b'{"id":"%s%d","ts":%d,"score":0.5}' % (who, at, NOW_MS)
               for at, who in enumerate([b"r", PREFIX.encode(), b"r"])]  # fmt: skip
    data = b"\n".join(records) + b"\n"
    batch = DECODER.decode(chunk_of_lines(Partition("t", 0), data, 0), NOW_MS)
    assert (list(batch.ids), batch.retests) == (["r0", "r2"], 1)


@pytest.mark.parametrize("mark", [None, False])
def test_a_field_that_is_null_or_false_is_no_mark(mark):
    value = json.dumps({"ts": NOW_MS, "meta": {"retest": mark}, "score": 0.5}).encode()
    batch = DECODER.decode(chunk_of([value]), NOW_MS)
    assert (len(batch), batch.retests) == (1, 0)


@pytest.mark.parametrize("own_topic", [False, True])
def test_labels_of_re_tests_are_dropped_and_counted_once(own_topic):
    schema = LabelSchema(
        ("y",), ("id",), None, PredictionKind.PROBABILITY, None, own_topic, SCHEMA.marks
    )
    log = [
        b'{"id":"a","y":1}',
        b'{"id":"driftd-retest-1","y":1}',
        b'{"id":"driftd-retest-2","y":7}',
    ]
    batch = LabelDecoder(schema, (), 300_000).decode(chunk_of(log, [NOW_MS] * 3), NOW_MS)
    assert (list(batch.ids), list(batch.rejects), batch.taken.tolist()) == (["a"], [], [0])
    # In the records' own topic they are records first, and counted as such.
    assert batch.retests == (0 if own_topic else 2)
