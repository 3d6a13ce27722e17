"""A label is what its own record says, whatever it comes with."""

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.prediction_kind import PredictionKind
from monitor.decode.labels import LabelDecoder
from monitor.schema import LabelSchema, TimeField, TimeUnit
from monitor.sources.source import Chunk, Partition
from tests.monitor.decode.raw_records import NOW_MS, bare, numbers, numbers_in_no_float, strings

PARTITION = Partition("labels", 0)
FUTURE_MS = 300_000
CLASSES = ("cat", "5")


def schema(kind, positive=None, own_topic=False, timed=True):
    time = TimeField(("ts",), TimeUnit.MILLISECONDS) if timed else None
    return LabelSchema(("truth", "y"), ("id",), time, kind, positive, own_topic)


def decoder(*told, **more):
    return LabelDecoder(schema(*told, **more), CLASSES, FUTURE_MS)


def chunk(values, first=0, stamps=None):
    return Chunk(
        partition=PARTITION,
        values=values,
        offsets=np.arange(first, first + len(values)),
        timestamps=None if stamps is None else np.array(stamps),
        next_offset=first + len(values),
    )


def label(y, record_id='"a"', ts=NOW_MS):
    return f'{{"id":{record_id},"ts":{ts},"truth":{{"y":{y}}}}}'.encode()


def read(values, *told, **more):
    return decoder(*told, **more).decode(chunk([label(y) for y in values]), NOW_MS)


def test_a_regressions_label_is_a_finite_number():
    batch = read(["1.5", "-2", "NaN", '"3"', "null", "true"], PredictionKind.REGRESSION)
    assert batch.values.tolist() == [1.5, -2]
    reasons = [each.reason for each in batch.rejects]
    assert reasons == ["invalid_label", "invalid_label", "missing_label", "invalid_label"]
    assert "field 'truth.y' is '3', a number was expected" in batch.rejects[1].error
    assert "offset 3" in batch.rejects[1].error


def test_a_probabilitys_label_is_one_or_zero_in_json_s_spellings():
    told = ["1", "true", '"1"', '"true"', "1.0", "0", "false", '"0"', "0.0", "2", '"yes"']
    batch = read(told, PredictionKind.PROBABILITY)
    assert batch.values.tolist() == [1, 1, 1, 1, 1, 0, 0, 0, 0]
    assert [each.reason for each in batch.rejects] == ["invalid_label"] * 2
    assert "'yes', 1 or 0, or true or false was expected" in batch.rejects[1].error


def test_a_named_label_is_positive_and_all_others_are_negative():
    batch = read(['"fraud"', '"fair"', "7"], PredictionKind.PROBABILITY, "fraud")
    assert batch.values.tolist() == [1, 0, 0]
    assert read(["7", "7.0", '"7"', "8"], PredictionKind.PROBABILITY, "7").values.tolist() == [
        1,
        1,
        1,
        0,
    ]


def test_a_class_has_its_code_and_an_unknown_one_the_last():
    batch = read(['"cat"', "5", "5.0", '"5"', '"dog"'], PredictionKind.CLASS)
    assert batch.values.tolist() == [0, 1, 1, 1, 3]


def test_what_is_no_label_is_told_by_its_reason():
    values = [
        b"",
        b"{",
        b"[1]",
        label("1", "null"),
        label("1", ts="null"),
        label("1", ts='"soon"'),
        label("1", ts=NOW_MS + FUTURE_MS + 1),
        b'{"id":"a","ts":1}',
        None,
    ]
    batch = decoder(PredictionKind.PROBABILITY).decode(chunk(values), NOW_MS)
    assert [each.reason for each in batch.rejects] == [
        "empty_value",
        "malformed_json",
        "not_an_object",
        "missing_id",
        "missing_time",
        "invalid_time",
        "future_time",
        "missing_label",
    ]
    assert len(batch) == 0
    assert batch.tombstones == 1
    assert batch.taken.tolist() == list(range(8))


def test_without_a_time_of_its_own_a_label_has_the_logs():
    values = [b'{"id":1,"truth":{"y":1}}'] * 3
    told = decoder(PredictionKind.PROBABILITY, timed=False)
    batch = told.decode(chunk(values, stamps=[NOW_MS, -1, NOW_MS - 5]), NOW_MS)
    assert batch.times.tolist() == [NOW_MS, NOW_MS - 5]
    assert [each.reason for each in batch.rejects] == ["missing_time"]


def test_in_the_records_own_topic_only_a_record_with_a_label_is_one():
    values = [label("1"), label("null"), b'{"id":"a","ts":1}', b"{", label('"no"'), None]
    batch = decoder(PredictionKind.PROBABILITY, own_topic=True).decode(chunk(values), NOW_MS)
    assert batch.offsets.tolist() == [0]
    assert [each.reason for each in batch.rejects] == ["invalid_label"]
    assert batch.taken.tolist() == [0, 4]
    assert batch.tombstones == 0


raw = st.one_of(
    st.builds(
        lambda y, record_id, ts: label(y, record_id, ts),
        st.one_of(numbers, strings, bare, numbers_in_no_float, st.sampled_from(["true", "null"])),
        st.one_of(strings, st.sampled_from(["1", "null", "{}"])),
        st.sampled_from([NOW_MS, "null", '"x"', NOW_MS + 10**9]),
    ),
    st.sampled_from([b"", b"{", b"\xff", json.dumps({"truth": 1}).encode(), None]),
)


@pytest.mark.parametrize("kind", list(PredictionKind))
@pytest.mark.parametrize("own_topic", [False, True])
@given(values=st.lists(raw, max_size=12), cuts=st.lists(st.integers(0, 12), max_size=2))
@settings(max_examples=40, deadline=None)
def test_neither_neighbours_nor_cuts_change_a_label(kind, own_topic, values, cuts):
    told = decoder(kind, own_topic=own_topic)
    whole = told.decode(chunk(values), NOW_MS)
    ends = [*sorted(min(cut, len(values)) for cut in cuts), len(values)]
    starts = [0, *ends[:-1]]
    parts = [told.decode(chunk(values[a:b], a), NOW_MS) for a, b in zip(starts, ends, strict=True)]
    for name in ("offsets", "times", "values", "taken"):
        joined = np.concatenate([getattr(part, name) for part in parts])
        np.testing.assert_array_equal(joined, getattr(whole, name))
    assert [each for part in parts for each in part.ids] == list(whole.ids)
    assert [each for part in parts for each in part.rejects] == list(whole.rejects)
    assert sorted([*whole.offsets, *(each.offset for each in whole.rejects)]) == list(whole.taken)
    if not own_topic:
        assert len(whole.taken) + whole.tombstones == len(values)
