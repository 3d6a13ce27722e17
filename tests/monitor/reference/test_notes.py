"""What is odd in the data is handled, and told in words with what it means."""

import numpy as np
import pyarrow as pa
import pytest
from numpy.testing import assert_array_equal

from detectors.cells import MISSING, OTHER
from monitor.reference.build import build_reference
from monitor.schema import Field, Kind
from tests.monitor.reference.data import (
    a_schema,
    build_from,
    column_notes,
    write_csv,
    write_jsonl,
    write_parquet,
)

RNG = np.random.default_rng(11)
X = a_schema(x=Kind.NUMERIC)
C = a_schema(c=Kind.CATEGORICAL)


def test_an_ordinary_feature_has_no_note(tmp_path):
    columns = {"x": RNG.normal(size=2_000), "c": RNG.choice(list("abc"), 2_000)}
    reference = build_from(tmp_path, a_schema(x=Kind.NUMERIC, c=Kind.CATEGORICAL), columns)
    assert [each.notes for each in reference.columns] == [(), (), ()]
    assert reference.notes == ()


def test_a_constant_feature_gets_one_bin_and_scale_1(tmp_path):
    reference = build_from(tmp_path, X, {"x": np.full(2_000, 0.1)})
    assert column_notes(reference, "x") == (
        "always 0.1: any other value will show, but not how far it moved"
    )
    assert reference.profile.scale[0] == 1
    assert np.isfinite(reference.profile.edges[0]).sum() == 2
    assert reference.total.counts[0, 1] == 2_000


def test_a_feature_without_values_is_all_missing(tmp_path):
    reference = build_from(tmp_path, X, {"x": pa.nulls(2_000, pa.float64())})
    assert "no value in any row: only its share of missing" in column_notes(reference, "x")
    assert reference.total.counts[0, MISSING] == 2_000
    assert (reference.profile.low[0], reference.profile.high[0]) == (-np.inf, np.inf)


def test_a_mostly_missing_feature_says_what_it_rests_on(tmp_path):
    values = pa.array(RNG.normal(size=2_000), mask=np.arange(2_000) >= 300)
    reference = build_from(tmp_path, X, {"x": values})
    assert "85% of the rows have no value" in column_notes(reference, "x")
    assert "rests on the other 300" in column_notes(reference, "x")


def test_a_zero_inflated_feature_gives_zero_a_bin_of_its_own(tmp_path):
    values = np.where(RNG.random(4_000) < 0.8, 0.0, RNG.lognormal(size=4_000))
    reference = build_from(tmp_path, X, {"x": values})
    assert "of the values are 0, which has a bin of its own" in column_notes(reference, "x")
    assert reference.total.counts[0, 1] == (values == 0).sum()
    assert reference.profile.scale[0] == pytest.approx(values.std())


def test_values_that_are_not_finite_are_missing_and_invalid(tmp_path):
    values = RNG.normal(size=2_000)
    values[:3] = np.inf, -np.inf, np.nan
    reference = build_from(tmp_path, X, {"x": values})
    assert (reference.total.invalid[0], reference.total.missing[0]) == (3, 3)
    assert "values that are no finite number: 3, the first is inf" in column_notes(reference, "x")


def test_texts_in_a_numeric_csv_column_are_missing_and_invalid(tmp_path):
    texts = [str(each) for each in range(2_000)]
    texts[7:10] = ["abc", "1_000", "12,5"]
    table = pa.table({"x": texts, "score": RNG.random(2_000)})
    reference = build_reference(X, [write_csv(tmp_path / "a.csv", table)])
    assert "values that are no finite number: 3, the first is 'abc'" in column_notes(reference, "x")
    assert reference.total.missing[0] == reference.total.invalid[0] == 3
    assert reference.total.high[0] == 1_999


def test_texts_in_a_numeric_field_of_json_are_invalid_as_in_live_records(tmp_path):
    records = [{"x": value, "score": 0.5} for value in (1, "2", 3.5, True, None, [4])]
    reference = build_reference(X, [write_jsonl(tmp_path / "a.jsonl", records)])
    assert reference.total.invalid[0] == 3
    assert reference.total.missing[0] == 4
    assert "the first is '2'" in column_notes(reference, "x")


def test_fractions_of_an_integer_feature_are_invalid(tmp_path):
    schema = a_schema(x=Field("x", ("x",), Kind.NUMERIC, integer=True))
    reference = build_from(tmp_path, schema, {"x": [1.0, 2.5, 3.0, 4.25]})
    assert reference.total.invalid[0] == 2
    assert "values that are no whole number: 2, the first is 2.5" in column_notes(reference, "x")


def test_values_outside_the_configured_range_are_counted(tmp_path):
    schema = a_schema(age=Field("age", ("age",), Kind.NUMERIC, low=0, high=120))
    reference = build_from(tmp_path, schema, {"age": [30.0, -1.0, 999.0, 64.0]})
    assert reference.total.outside[0] == 2
    assert (
        "values outside the configured range [0, 120]: 2 (all go from -1 to 999)"
        in column_notes(reference, "age")
    )


def test_few_rows_tell_what_cannot_be_seen(tmp_path):
    reference = build_from(tmp_path, X, {"x": RNG.normal(size=100)})
    # 0.87 / sqrt(100)
    assert "few rows (100): a KS distance below 0.09 says nothing" in reference.notes[0]


def test_small_segments_are_named(tmp_path):
    countries = ["DE"] * 1_500 + ["AT"] * 400 + ["CH"] * 100
    reference = build_from(
        tmp_path,
        a_schema(segment="country", x=Kind.NUMERIC),
        {"x": RNG.normal(size=2_000), "country": countries},
        segment_most=2,
    )
    assert reference.notes == (
        "fewer than 1,000 rows are of segment AT: only large changes can be told there",
        "rows of other segments, which share one stream: 100",
    )


def test_a_boolean_that_never_varies_counts_its_opposite_as_never_seen(tmp_path):
    reference = build_from(tmp_path, a_schema(b=Kind.BOOLEAN), {"b": [True] * 2_000})
    assert reference.profile.levels == (("true",),)
    assert reference.profile.others == (frozenset(),)
    assert "always 'true': anything else counts as never seen" in column_notes(reference, "b")


@pytest.mark.parametrize("values", [["True", "False", ""], ["1", "0", ""], ["TRUE", "false", ""]])
def test_booleans_in_csv_come_in_many_spellings(tmp_path, values):
    table = pa.table({"b": values, "score": [0.1, 0.2, 0.3]})
    reference = build_reference(a_schema(b=Kind.BOOLEAN), [write_csv(tmp_path / "a.csv", table)])
    assert reference.profile.levels == (("false", "true"),)
    assert reference.total.missing[1] == 1
    assert reference.total.invalid[1] == 0


def test_what_is_no_boolean_is_invalid(tmp_path):
    records = [{"b": value, "score": 0.5} for value in (True, False, 1, "true", "yes", 2, "True")]
    reference = build_reference(
        a_schema(b=Kind.BOOLEAN), [write_jsonl(tmp_path / "a.jsonl", records)]
    )
    assert reference.total.invalid[1] == 3
    assert "values that are no boolean: 3, the first is 'yes'" in column_notes(reference, "b")


def test_many_levels_are_compared_by_the_top_ones(tmp_path):
    levels = [f"l{each:02}" for each in range(20)]
    values = [level for place, level in enumerate(levels) for _ in range(100 - place)]
    reference = build_from(tmp_path, C, {"c": values})
    assert reference.profile.levels[0] == tuple(levels[:15])
    assert reference.profile.others[0] == frozenset(levels[15:])
    # 85 + 84 + 83 + 82 + 81 = 415 of 1810 values
    assert "20 levels: the 15 most frequent ones" in column_notes(reference, "c")
    assert "the others, 23% of the values, as one" in column_notes(reference, "c")


def test_a_feature_with_a_huge_number_of_levels_keeps_top_ones_of_a_sample(tmp_path):
    rows = 70_000
    values = np.where(np.arange(rows) % 4 == 0, "common", np.arange(rows).astype(str))
    reference = build_from(tmp_path, C, {"c": values})
    assert reference.profile.levels[0][0] == "common"
    assert reference.profile.others == (None,)
    assert reference.total.counts[1, 0] == rows / 4
    assert reference.total.counts[1, OTHER] == rows * 3 / 4 - 14
    assert "a level never seen cannot be told; leave ids and free text out" in column_notes(
        reference, "c"
    )


def test_numbers_and_texts_of_one_category_are_one_level(tmp_path):
    records = [{"c": value, "score": 0.5} for value in (5, "5", 5.0, True, "true", 0.5, {}, None)]
    reference = build_reference(C, [write_jsonl(tmp_path / "a.jsonl", records)])
    assert reference.profile.levels[0] == ("5", "true", "0.5")
    assert reference.total.counts[1, :3].tolist() == [3, 2, 1]
    assert reference.total.invalid[1] == 1
    assert "values that are no category: 1, the first is {}" in column_notes(reference, "c")


def test_embeddings_of_a_wrong_size_or_with_holes_are_invalid(tmp_path):
    schema = a_schema(e=Field("e", ("e",), Kind.EMBEDDING, size=2))
    vectors = [[1.0, 2.0], [1.0], None, [3.0, None], [float("nan"), 1.0], [4.0, 5.0]]
    reference = build_from(tmp_path, schema, {"e": pa.array(vectors, pa.list_(pa.float32()))})
    assert reference.total.invalid.tolist() == [0, 3]
    assert reference.total.kernel_records.tolist() == [6, 2]
    assert "values that are no vector of 2 numbers: 3, the first is [1.0]" in column_notes(
        reference, "e"
    )
    assert "67% of the rows have no value" in column_notes(reference, "e")


def test_an_embedding_without_any_vector_has_a_profile_all_the_same(tmp_path):
    schema = a_schema(e=Field("e", ("e",), Kind.EMBEDDING, size=2))
    reference = build_from(tmp_path, schema, {"e": [None, None, None]})
    assert_array_equal(reference.profile.embedding_scale[0], [1, 1])
    assert "no value in any row" in column_notes(reference, "e")


def test_values_at_the_edge_of_floats_do_not_overflow(tmp_path):
    values = [1e308, -1e308, 1e-308, 5e-324, 0.0, -np.finfo(np.float64).max]
    reference = build_from(tmp_path, X, {"x": values})
    assert np.isfinite(reference.profile.scale).all()
    assert reference.total.counts[0].sum() == 6


def test_a_feature_of_32_bit_floats_and_one_of_decimals_are_numbers(tmp_path):
    table = pa.table(
        {
            "x": pa.array([0.5, 1.5], pa.float32()),
            "d": pa.array(["1.25", "2.50"]).cast(pa.decimal128(6, 2)),
            "score": [0.1, 0.2],
        }
    )
    path = write_parquet(tmp_path / "a.parquet", table)
    reference = build_reference(a_schema(x=Kind.NUMERIC, d=Kind.NUMERIC), [path])
    assert reference.total.high.tolist() == [1.5, 2.5, 0.2]
