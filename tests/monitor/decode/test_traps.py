"""What bites a JSON decoder: each record is judged alone, and by what is read of it."""

import json
import math
from dataclasses import replace

import numpy as np
import pytest

from detectors.cells import MISSING, OTHER, UNSEEN
from monitor.decode import compile_decoder
from monitor.decode.batch import Batch
from tests.monitor.decode.raw_records import NOW_MS, chunk_of
from tests.monitor.decode.schemas import CREDIT, SEGMENTS, profile_for

GOOD = {
    "id": "a1",
    "ts": NOW_MS,
    "version": "7",
    "features": {"income": 1.5, "age": 41, "plan": "pro", "vip": True, "vector": [0.1, 0.2]},
    "score": 0.83,
    "country": "DE",
}
INCOME, AGE, PREDICTION, PLAN, VIP, VECTOR = range(6)
PROFILE = profile_for(CREDIT)
DECODER = compile_decoder(CREDIT, PROFILE, SEGMENTS)


def record(**changed: object) -> bytes:
    """The good record with some of its fields or features changed, as Python writes it."""
    features = {name: changed.pop(name) for name in GOOD["features"] if name in changed}
    return json.dumps(GOOD | {"features": GOOD["features"] | features} | changed).encode()


def decode(*values: bytes | None) -> Batch:
    return DECODER.decode(chunk_of(values), NOW_MS)


def reject(value: bytes) -> tuple[str, str]:
    """Reason and error of a record that must be rejected."""
    batch = decode(value)
    assert not len(batch)
    return batch.rejects[0].reason, batch.rejects[0].error


def test_a_good_record_becomes_columns():
    batch = decode(record())
    assert batch.ids == ["a1"]
    assert batch.versions == ["7"]
    assert batch.times.tolist() == [NOW_MS]
    assert batch.segments.tolist() == [0]
    assert batch.numeric.tolist() == [[1.5, 41.0, 0.83]]
    assert batch.codes.tolist() == [
        [PROFILE.levels[0].index("pro"), PROFILE.levels[1].index("true")]
    ]
    assert batch.embeddings[0].tolist() == [[0.1, 0.2]]
    assert batch.score.tolist() == [0.83]
    assert batch.invalid.shape == (0, 2)


def test_bad_records_cost_their_neighbours_nothing_and_keep_the_order():
    bad = [b"{", b"", b"[]", record()[:-1], b"\xff"]
    values = [value for at in range(5) for value in (record(id=f"a{at}"), bad[at])]
    batch = decode(*values)
    assert batch.ids == ["a0", "a1", "a2", "a3", "a4"]
    assert batch.offsets.tolist() == [0, 2, 4, 6, 8]
    assert [each.offset for each in batch.rejects] == [1, 3, 5, 7, 9]
    assert [each.value for each in batch.rejects] == bad


def test_a_record_over_several_lines_is_one_record():
    pretty = json.dumps(GOOD, indent=2).encode() + b"\n"
    assert len(decode(pretty, record(), pretty)) == 3


def test_two_records_in_one_value_are_no_record():
    assert reject(record() + b"\n" + record())[0] == "malformed_json"


def test_halves_of_a_record_in_two_values_are_no_record():
    value = record()
    batch = decode(value[:40], value[40:], value + b"\n" + value)
    assert [each.reason for each in batch.rejects] == ["malformed_json"] * 3


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_number_that_is_not_finite_is_missing_and_invalid(value):
    batch = decode(record(income=value))
    assert np.isnan(batch.numeric[0, INCOME])
    assert batch.numeric[0, AGE] == 41
    assert batch.invalid.tolist() == [[0, INCOME]]


@pytest.mark.parametrize("name", ["income", "age"])
@pytest.mark.parametrize(
    "text", ['"abc"', '"5200"', "true", "[]", "{}", "1e999", "9" * 400, "-" + "9" * 5000]
)
def test_a_value_that_is_no_number_is_missing_and_invalid(name, text):
    batch = decode(record(**{name: "@"}).replace(b'"@"', text.encode()))
    at = {"income": INCOME, "age": AGE}[name]
    assert np.isnan(batch.numeric[0, at])
    assert batch.invalid.tolist() == [[0, at]]


def test_a_fraction_of_an_integer_feature_is_missing_and_invalid():
    batch = decode(record(age=41.5), record(age=41.0))
    assert np.isnan(batch.numeric[0, AGE])
    assert batch.numeric[1, AGE] == 41
    assert batch.invalid.tolist() == [[0, AGE]]


def test_null_and_absence_are_missing_and_not_invalid():
    absent = record().replace(b'"plan": "pro", ', b"")
    batch = decode(record(income=None, plan=None, vip=None, vector=None), absent)
    assert np.isnan(batch.numeric[0, INCOME])
    assert batch.codes.tolist()[0] == [MISSING, MISSING]
    assert batch.codes[1, 0] == MISSING
    assert np.isnan(batch.embeddings[0][0]).all()
    assert not len(batch.invalid)


@pytest.mark.parametrize(
    ("value", "code"),
    [("never", UNSEEN), ("110", OTHER), (110, OTHER), (110.0, OTHER), (None, MISSING)],
)
def test_a_category_has_the_code_of_its_text(value, code):
    assert decode(record(plan=value)).codes[0, 0] == code


def test_categories_of_mixed_types_have_the_codes_of_their_texts():
    values = ["5", 5, 5.0, True, "true", 0.5, "0.5", None, False, 1]
    levels = PROFILE.levels[0]
    five, true, half = (levels.index(text) for text in ("5", "true", "0.5"))
    codes = decode(*(record(plan=value) for value in values)).codes[:, 0]
    assert codes.tolist() == [
        five, five, five, true, true, half, half, MISSING, UNSEEN, UNSEEN,
    ]  # fmt: skip


@pytest.mark.parametrize("value", [True, 1, 1.0, "true"])
def test_a_boolean_may_be_written_as_a_number_or_a_string(value):
    assert decode(record(vip=value)).codes[0, 1] == decode(record()).codes[0, 1]


@pytest.mark.parametrize("value", ["yes", "True", 2, 0.5, []])
def test_what_is_no_boolean_is_missing_and_invalid(value):
    batch = decode(record(vip=value))
    assert batch.codes[0, 1] == MISSING
    assert batch.invalid.tolist() == [[0, VIP]]


@pytest.mark.parametrize("value", [[1.0], [1, 2, 3], [1, "2"], [1, None], [1, math.nan], "ab", 3])
def test_a_vector_of_another_size_or_type_is_missing_and_invalid(value):
    batch = decode(record(vector=value))
    assert np.isnan(batch.embeddings[0]).all()
    assert batch.invalid.tolist() == [[0, VECTOR]]


def test_a_tombstone_is_counted_and_not_rejected():
    batch = decode(record(), None, record())
    assert batch.offsets.tolist() == [0, 2]
    assert batch.tombstones == 1
    assert not batch.rejects


@pytest.mark.parametrize("value", [b"[1]", b"3", b'"x"', b"null", b"true", b"NaN"])
def test_a_value_that_is_no_object_is_rejected(value):
    assert reject(value)[0] == "not_an_object"


@pytest.mark.parametrize("key", [b"country", b"unread"])
def test_bytes_that_are_not_utf8_are_rejected_wherever_they_are(key):
    value = record(unread=1).replace(b'"' + key, b'"\xff' + key)
    assert reject(value)[0] == "not_utf8"
    assert reject(value.replace(b"1.5", b"NaN"))[0] == "not_utf8"


@pytest.mark.parametrize("around", [b'{"x": %s}', b'{"features": {"income": %s}}', b"%s"])
def test_deep_nesting_is_rejected(around):
    value = around % (b"[" * 100_000 + b"]" * 100_000)
    assert reject(value)[0] == "malformed_json"


def test_a_record_of_5_mb_is_decoded():
    assert len(decode(record(note="x" * 5_000_000))) == 1
    assert len(decode(record(note=["x"] * 1_000_000))) == 1


def test_bare_tokens_in_strings_are_left_alone():
    text = 'NaN, "NaN", Infinity'
    for value in (record(id=text, income=math.nan), record(id="a, NaN, b", income=math.nan)):
        batch = decode(value)
        assert batch.ids[0] == json.loads(value)["id"]
        assert batch.invalid.tolist() == [[0, INCOME]]


def test_bare_tokens_and_nulls_are_told_apart():
    batch = decode(record(income=math.nan, age=None), record(age=None, unread=math.nan))
    assert batch.invalid.tolist() == [[0, INCOME]]


def test_lone_surrogates_become_question_marks():
    batch = decode(record(version="\ud800", id="x\udfff"))
    assert batch.versions == ["?"]
    assert batch.ids == ["x?"]


def test_a_key_that_is_escaped_is_the_same_key():
    assert decode(record().replace(b'"income"', b'"\\u0069ncome"')).numeric[0, INCOME] == 1.5


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        (record(score=None), "missing_prediction"),
        (record(score="high"), "invalid_prediction"),
        (record(score=math.nan), "invalid_prediction"),
        (record(ts=None), "missing_time"),
        (record(ts=str(NOW_MS)), "invalid_time"),
        (record(ts=True), "invalid_time"),
        (record(ts=-1), "invalid_time"),
        (record(ts=NOW_MS * 1_000), "invalid_time"),
        (record(ts=10**30), "invalid_time"),
        (record(ts=math.inf), "invalid_time"),
        (record(ts=NOW_MS + 300_001), "future_time"),
        (record(ts=None, score=None), "missing_prediction"),
        (record(ts="x", score=None), "missing_prediction"),
    ],
)
def test_a_record_without_prediction_or_time_is_rejected(value, reason):
    assert reject(value)[0] == reason


@pytest.mark.parametrize("value", [0, 1, NOW_MS + 300_000, NOW_MS + 0.9])
def test_old_times_and_those_a_little_ahead_are_taken(value):
    assert decode(record(ts=value)).times.tolist() == [int(value)]


def test_a_time_is_ahead_of_the_log_s_time_where_it_keeps_one():
    stamped = chunk_of([record(), record()], [NOW_MS - 300_001, -1])
    batch = DECODER.decode(stamped, NOW_MS)
    assert [each.reason for each in batch.rejects] == ["future_time"]
    assert [each.timestamp_ms for each in batch.rejects] == [NOW_MS - 300_001]
    assert batch.offsets.tolist() == [1]


def test_errors_name_the_place_the_value_and_what_was_expected():
    place = "topic 'traffic', partition 2, offset 0: "
    assert reject(record(score="abc"))[1] == (
        f"{place}field 'score' is 'abc', a number was expected"
    )
    assert reject(record(ts=None))[1] == (
        f"{place}field 'ts' is missing, a time in ms since 1970 was expected"
    )
    assert reject(record(ts=-5))[1] == (
        f"{place}field 'ts' is -5, a time in ms since 1970 was expected from 1970 to 2199"
    )
    assert reject(record(ts=NOW_MS + 3_600_000))[1] == (
        f"{place}field 'ts' is 2026-01-05T01:00:00Z, 3600 s ahead of 2026-01-05T00:00:00Z; "
        "at most 300 s are allowed (future)"
    )
    assert reject(record(score=math.nan))[1].endswith("'score' is nan, a number was expected")
    assert reject(b"[1, 2]")[1] == f"{place}the value is '[1, 2]', a JSON object was expected"
    assert reject(b'{"a": ')[1] == (
        f"{place}the value is not JSON: Expecting value: line 1 column 7 (char 6); "
        "it is '{\"a\": '"
    )


def test_values_in_errors_are_cut():
    assert len(reject(record(score="x" * 1_000_000))[1]) < 250
    assert len(reject(b"x" * 1_000_000)[1]) < 250


def test_a_profile_of_other_features_is_refused():
    without_income = replace(CREDIT, features=CREDIT.features[1:])
    with pytest.raises(ValueError, match=r"'income'.*rebuild the reference"):
        compile_decoder(without_income, PROFILE, SEGMENTS)
