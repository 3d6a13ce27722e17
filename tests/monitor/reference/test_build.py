"""A reference counts every row exactly, whatever cut, format or folder it came in."""

from collections import Counter
from datetime import UTC, datetime

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal
from river import datasets

from detectors.cells import MISSING, OTHER, VALUE_BINS
from detectors.counts import Counts
from detectors.grids import SUM_GRID
from detectors.prediction_kind import PredictionKind
from monitor.reference import csv_table, json_table
from monitor.reference.build import build_reference
from monitor.reference.table import DataError
from monitor.schema import REST, Kind, Prediction
from tests.monitor.reference.data import (
    MIXED,
    a_schema,
    build_from,
    mixed_table,
    same_summary,
    write_csv,
    write_jsonl,
    write_parquet,
)

awkward_numbers = st.one_of(
    st.none(),
    st.floats(),
    st.sampled_from([0.0, -0.0, 5.0, 1e308, -1e308, 5e-324]),
    st.floats(-10, 10),
)


@given(st.lists(awkward_numbers, min_size=1, max_size=60), st.randoms(use_true_random=False))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_numeric_counts_are_those_of_every_value(tmp_path, values, random):
    reference = build_from(
        tmp_path, a_schema(x=Kind.NUMERIC), {"x": pa.array(values, pa.float64())}
    )
    usable = np.array([x for x in values if x is not None and np.isfinite(x)], dtype=np.float64)
    edges = reference.profile.edges[0]
    total = reference.total
    inside = np.searchsorted(edges, usable)
    assert_array_equal(total.counts[0, :VALUE_BINS], np.bincount(inside, minlength=VALUE_BINS))
    assert total.counts[0, MISSING] == len(values) - len(usable)
    assert total.invalid[0] == sum(x is not None and not np.isfinite(x) for x in values)
    assert total.outside[0] == 0
    if len(usable):
        assert (total.low[0], total.high[0]) == (usable.min(), usable.max())
        assert total.counts[0, 0] == total.counts[0, (edges < np.inf).sum()] == 0
    random.shuffle(values)
    again = build_from(tmp_path, a_schema(x=Kind.NUMERIC), {"x": pa.array(values, pa.float64())})
    assert_array_equal(again.profile.edges, reference.profile.edges)
    assert_array_equal(again.total.counts[0], total.counts[0])


@given(st.lists(st.sampled_from([None, *"aaaaaabbbbcdefghijklmnopqrstu"]), min_size=1, max_size=80))
@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
def test_level_counts_are_those_of_every_value(tmp_path, values):
    reference = build_from(
        tmp_path, a_schema(c=Kind.CATEGORICAL), {"c": pa.array(values, pa.string())}
    )
    counts = Counter(value for value in values if value is not None)
    levels = reference.profile.levels[0]
    found = reference.total.counts[1]
    assert levels == tuple(sorted(counts, key=lambda level: (-counts[level], level))[:15])
    assert [counts[level] for level in levels] == found[: len(levels)].tolist()
    assert found[OTHER] == sum(count for level, count in counts.items() if level not in levels)
    assert found[MISSING] == values.count(None)
    assert found.sum() == len(values)
    assert reference.profile.others[0] == frozenset(counts) - frozenset(levels)


def test_the_scale_is_the_median_and_the_robust_sd(tmp_path):
    values = np.random.default_rng(3).normal(50, 4, 4_000)
    reference = build_from(tmp_path, a_schema(x=Kind.NUMERIC), {"x": values})
    low, centre, high = np.quantile(values, [0.25, 0.5, 0.75])
    profile = reference.profile
    assert profile.centre[0] == centre
    assert profile.scale[0] == pytest.approx((high - low) / 1.349)
    assert profile.scale[0] == pytest.approx(4, rel=0.05)
    mean = reference.total.sums[0] / SUM_GRID / reference.total.records
    assert mean * profile.scale[0] + centre == pytest.approx(values.mean(), abs=0.01)


def test_every_bin_of_a_smooth_feature_holds_its_share(tmp_path):
    values = np.random.default_rng(3).normal(size=64_000)
    counts = build_from(tmp_path, a_schema(x=Kind.NUMERIC), {"x": values}).total.counts[0]
    assert counts[1:33] == pytest.approx(np.full(32, 2_000), rel=0.12)
    assert counts[0] == counts[33] == 0


def test_three_formats_give_the_same_reference(tmp_path):
    table = mixed_table(3_000)
    built = [
        build_reference(MIXED, [path])
        for path in (
            write_parquet(tmp_path / "a.parquet", table),
            write_csv(tmp_path / "a.csv", table),
            write_jsonl(tmp_path / "a.jsonl", table),
        )
    ]
    assert len({each.digest for each in built}) == 1
    assert built[0].total.records == 3_000
    assert built[0].columns == built[1].columns == built[2].columns
    for each in built[1:]:
        assert same_summary(each.total, built[0].total)


def test_the_digest_does_not_depend_on_batches_row_groups_or_files(tmp_path, monkeypatch):
    table = mixed_table(3_000)
    whole = build_reference(MIXED, [write_parquet(tmp_path / "whole.parquet", table)])
    groups = build_reference(MIXED, [write_parquet(tmp_path / "g.parquet", table, row_group=171)])
    parts = tmp_path / "parts"
    parts.mkdir()
    write_parquet(parts / "1.parquet", table[:700])
    write_csv(parts / "2.csv", table[700:1_900])
    write_jsonl(parts / "3.jsonl", table[1_900:])
    pieces = build_reference(MIXED, [parts])
    monkeypatch.setattr("monitor.reference.build.BATCH_VALUES", 1_000)
    monkeypatch.setattr(csv_table, "BLOCK_BYTES", 1_000)
    monkeypatch.setattr(json_table, "BLOCK_BYTES", 1_000)
    small = [
        build_reference(MIXED, [write(tmp_path / name, table)])
        for write, name in (
            (write_parquet, "s.parquet"), (write_csv, "s.csv"), (write_jsonl, "s.jsonl"),
        )
    ]  # fmt: skip
    assert {each.digest for each in (groups, pieces, *small)} == {whole.digest}


def test_a_reference_is_not_larger_than_what_its_bins_and_levels_need(tmp_path):
    reference = build_from(
        tmp_path, a_schema(x=Kind.NUMERIC), {"x": np.random.default_rng(0).normal(size=60_000)}
    )
    assert len(reference.total.sample.hashes) == 0
    assert reference.total.records == 60_000


def test_sampled_quantiles_of_many_rows_are_close_to_all_rows(tmp_path, monkeypatch):
    values = np.random.default_rng(5).normal(size=60_000)
    monkeypatch.setattr("monitor.reference.scan.SAMPLED_ROWS", 4_000)
    reference = build_from(tmp_path, a_schema(x=Kind.NUMERIC), {"x": values})
    shares = Counts(reference.total.counts[:1, 1:33]).shares()[0]
    # A quantile of 4,000 sampled rows is off by 0.5/sqrt(4000) = 0.008 in rank at the most.
    assert np.abs(np.cumsum(shares) - np.arange(1, 33) / 32).max() < 0.025
    assert (reference.total.low[0], reference.total.high[0]) == (values.min(), values.max())


def test_another_seed_draws_other_frequencies_and_equal_counts(tmp_path):
    values = {"x": np.random.default_rng(0).normal(size=2_000)}
    one, other = (build_from(tmp_path, a_schema(x=Kind.NUMERIC), values, seed=s) for s in (0, 1))
    assert one.digest != other.digest
    assert_array_equal(one.total.counts, other.total.counts)


def test_the_time_of_building_is_written_down_and_not_in_the_digest(tmp_path):
    values = {"x": np.arange(2_000.0)}
    when = datetime(2026, 1, 5, 12, tzinfo=UTC)
    one = build_from(tmp_path, a_schema(x=Kind.NUMERIC), values, created=when)
    other = build_from(tmp_path, a_schema(x=Kind.NUMERIC), values)
    assert one.created == "2026-01-05T12:00:00+00:00"
    assert one.digest == other.digest


def test_segments_are_the_most_frequent_ones_and_the_rest(tmp_path):
    table = mixed_table(2_000)
    path = write_parquet(tmp_path / "a.parquet", table)
    reference = build_reference(MIXED, [path], segment_most=2)
    counts = Counter(table["country"].to_pylist())
    assert list(reference.segments) == ["DE", "FR"]
    assert [each.records for each in reference.segments.values()] == [counts["DE"], counts["FR"]]
    assert reference.rest.records == counts["AT"]
    assert reference.summary_for(REST) is reference.rest
    assert reference.summary_for("") is reference.total
    assert reference.total.records == 2_000
    german = build_reference(
        MIXED,
        [write_parquet(tmp_path / "de.parquet", table.filter(pc.equal(table["country"], "DE")))],
    )
    counted = reference.summary_for("DE").counts[2:4].sum(axis=1)
    assert_array_equal(counted, german.total.counts[2:4].sum(axis=1))


def test_segments_can_be_listed(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", mixed_table(500))
    reference = build_reference(MIXED, [path], segment_values=["AT", "DE"])
    assert list(reference.segments) == ["DE", "AT"]


def test_a_listed_segment_without_rows_is_an_error(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", mixed_table(500))
    with pytest.raises(DataError, match=r"no row is of segment XX; there are: DE, FR, AT; add"):
        build_reference(MIXED, [path], segment_values=["DE", "XX"])


def test_rows_without_a_segment_belong_to_the_rest(tmp_path):
    columns = {"x": [1.0, 2.0, 3.0, 4.0], "country": ["DE", None, "", REST]}
    reference = build_from(tmp_path, a_schema(segment="country", x=Kind.NUMERIC), columns)
    assert {name: each.records for name, each in reference.segments.items()} == {"DE": 1}
    assert reference.rest.records == 3


def test_without_segments_the_rest_is_everything(tmp_path):
    reference = build_from(tmp_path, a_schema(x=Kind.NUMERIC), {"x": np.arange(10.0)})
    assert reference.segments == {}
    assert same_summary(reference.rest, reference.total)


def test_rows_without_a_prediction_are_left_out_and_told(tmp_path):
    reference = build_from(
        tmp_path,
        a_schema(x=Kind.NUMERIC),
        {"x": [1.0, np.inf, 3.0, np.inf], "score": [0.5, None, np.nan, 0.7]},
    )
    assert reference.total.records == 2
    assert reference.total.invalid.tolist() == [1, 0]
    assert "rows without a usable prediction: 2; they are left out" in "\n".join(reference.notes)


def test_data_without_any_prediction_are_an_error(tmp_path):
    with pytest.raises(
        DataError, match="no row has a usable prediction; write the model's answers"
    ):
        build_from(tmp_path, a_schema(x=Kind.NUMERIC), {"x": [1.0], "score": [None]})


@pytest.mark.parametrize("name", ["a.parquet", "a.csv", "a.jsonl"])
def test_data_without_rows_are_an_error(tmp_path, name):
    table = mixed_table(3)[:0]
    write = {"a.parquet": write_parquet, "a.csv": write_csv, "a.jsonl": write_jsonl}[name]
    with pytest.raises(DataError, match=r"a\.\w+"):
        build_reference(MIXED, [write(tmp_path / name, table)])


def test_data_that_change_between_the_passes_are_an_error(tmp_path):
    path = write_jsonl(tmp_path / "a.jsonl", mixed_table(50))

    def append(done: int, size: int) -> None:
        if done == size:
            with path.open("a") as file:
                file.write('{"score": 0.5}\n')

    with pytest.raises(DataError, match="changed while they were read"):
        build_reference(MIXED, [path], progress=append)


def test_progress_ends_at_the_bytes_of_two_passes(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", mixed_table(5_000), row_group=500)
    told = []
    build_reference(MIXED, [path], progress=lambda done, size: told.append((done, size)))
    assert told == sorted(told)
    assert told[-1] == (2 * path.stat().st_size,) * 2


def test_a_class_is_a_categorical_row_that_adwin_watches(tmp_path):
    schema = a_schema(Prediction(("y",), PredictionKind.CLASS), x=Kind.NUMERIC)
    reference = build_from(tmp_path, schema, {"x": np.arange(4.0), "y": [1, 0, 1, 1]})
    assert reference.profile.categorical == ("prediction",)
    assert reference.profile.prediction == 1
    assert reference.profile.levels == (("1", "0"),)


def test_probabilities_give_the_class_and_its_confidence(tmp_path):
    schema = a_schema(Prediction(("p",), PredictionKind.PROBABILITIES), x=Kind.NUMERIC)
    chances = [{"a": 0.7, "b": 0.3}, {"a": 0.4, "b": 0.6}, {"a": 0.9, "b": 0.1}]
    reference = build_from(tmp_path, schema, {"x": np.arange(3.0), "p": chances})
    profile = reference.profile
    assert profile.numeric == ("x", "prediction_confidence")
    assert profile.levels == (("a", "b"),)
    assert profile.prediction == 1
    assert reference.total.counts[2, :2].tolist() == [2, 1]
    assert (reference.total.low[1], reference.total.high[1]) == (0.6, 0.9)


def test_a_probability_counts_as_outside_beyond_0_and_1(tmp_path):
    schema = a_schema(Prediction(("score",), PredictionKind.PROBABILITY), x=Kind.NUMERIC)
    reference = build_from(tmp_path, schema, {"x": [1.0, 2.0], "score": [0.5, 1.5]})
    assert reference.profile.low[1] == 0
    assert reference.total.outside.tolist() == [0, 1]


def test_real_images_segments_are_counted_like_by_hand(tmp_path):
    rows = [({**x, "mood": x["hue-mean"] > 0}, y) for x, y in datasets.ImageSegments()]
    records = [{**features, "label": label} for features, label in rows]
    names = [name for name in rows[0][0] if name != "mood"]
    schema = a_schema(
        Prediction(("label",), PredictionKind.CLASS),
        **dict.fromkeys(names, Kind.NUMERIC),
        mood=Kind.BOOLEAN,
    )
    reference = build_reference(schema, [write_jsonl(tmp_path / "segments.jsonl", records)])
    total, profile = reference.total, reference.profile
    assert total.records == 2_310
    assert set(profile.levels[1]) == {label for _, label in rows}
    assert total.counts[len(names) + 1, :7].tolist() == [330] * 7
    for row, name in enumerate(profile.numeric):
        values = np.array([features[name] for features, _ in rows], dtype=np.float64)
        bins = np.searchsorted(profile.edges[row], values)
        assert_array_equal(total.counts[row, :VALUE_BINS], np.bincount(bins, minlength=VALUE_BINS))
    assert not total.missing.any()
