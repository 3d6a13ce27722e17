import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.perturbations.shift import (
    CovariateShift,
    LabelShift,
    SegmentReweighting,
)
from detectors.robustness.table import Sample
from tests.detectors.robustness.tabular import SPACE, applied, mixed, numbers, objects

SHIFTS = [SegmentReweighting(), LabelShift(), CovariateShift()]


@pytest.mark.parametrize("shift", SHIFTS, ids=lambda each: each.name)
@given(st.integers(0, 2**32 - 1), st.integers(0, 4))
def test_a_shift_keeps_each_record_at_most_once_and_unchanged(shift, seed, position):
    sample = mixed(60, seed)
    for each in applied(shift, sample, SPACE, shift.severities[position], seed):
        assert (np.diff(each.places) > 0).all()
        for key, column in each.table.columns.items():
            np.testing.assert_array_equal(column, sample.table.columns[key][each.places])


@pytest.mark.parametrize("shift", SHIFTS, ids=lambda each: each.name)
@given(st.integers(0, 2**32 - 1))
def test_what_a_large_severity_keeps_a_small_one_keeps_too(shift, seed):
    sample = mixed(60, seed, missing=0.0)
    small, large = (
        {each.name: each.places for each in applied(shift, sample, SPACE, severity, seed)}
        for severity in (shift.severities[0], shift.severities[-1])
    )
    for name, places in large.items():
        assert set(places) <= set(small[name])


def test_a_segment_comes_so_many_times_as_often():
    sample = mixed(20_000, 0)
    north, south = applied(SegmentReweighting(), sample, SPACE, 3.0)
    assert (north.name, south.name) == ("north", "south")
    kept = sample.segments[north.places]
    assert (kept == "north").sum() == (sample.segments == "north").sum()
    odds = (kept == "north").sum() / (kept == "south").sum()
    assert odds == pytest.approx(3.0, rel=0.08)


def test_a_class_comes_so_many_times_as_often_and_unlabelled_records_do_not():
    sample = mixed(20_000, 0)
    labels = sample.labels.copy()
    labels[:500] = np.nan
    sample = Sample(sample.ids, sample.table, labels)
    zero, one = applied(LabelShift(), sample, SPACE, 5.0)
    assert (zero.name, one.name) == ("0", "1")
    assert min(zero.places.min(), one.places.min()) >= 500
    odds = (labels[one.places] == 1).sum() / (labels[one.places] == 0).sum()
    assert odds == pytest.approx(5.0, rel=0.1)


@pytest.mark.parametrize("severity", [0.5, 1.0, -1.0])
def test_a_tilted_normal_feature_has_the_mean_of_its_importance_weights(severity):
    rng = np.random.default_rng(1)
    z = rng.normal(size=50_000)
    sample, space = numbers({"x": 100 + 7 * z}, centre=100.0, scale=7.0)
    (variant,) = applied(CovariateShift(), sample, space, severity)
    weights = np.exp(severity * np.clip(z, -2, 2))
    expected = np.sum(weights * z) / weights.sum()
    kept = z[variant.places]
    assert kept.mean() == pytest.approx(expected, abs=4 / np.sqrt(len(kept)))
    # Without the limit of 2 sd the mean would move by the severity itself.
    assert expected == pytest.approx(severity, abs=0.2 * abs(severity))


@pytest.mark.parametrize("severity", CovariateShift.severities[:4])
def test_a_tilt_up_to_1_sd_keeps_more_than_a_fifth_of_normal_records(severity):
    sample, space = numbers({"x": np.random.default_rng(2).normal(size=5000)})
    (variant,) = applied(CovariateShift(), sample, space, severity)
    assert len(variant.places) > 1000


def test_a_tilt_goes_along_immutable_features_too_and_not_along_one_hot_columns():
    variants = applied(CovariateShift(), mixed(50, 0), SPACE, 0.5)
    assert [each.name for each in variants] == ["amount", "count", "age"]


def test_records_without_the_feature_are_left_out():
    sample, space = numbers({"x": [np.nan, 1.0, 1.0]})
    (variant,) = applied(CovariateShift(), sample, space, 1.0)
    assert variant.places.tolist() == [1, 2]


def test_a_shift_that_lacks_what_it_goes_by_says_so():
    bare = Sample(objects(["a", "b"]), mixed(2, 0).table)
    with pytest.raises(PerturbationError, match="no segments"):
        applied(SegmentReweighting(), bare, SPACE, 2.0)
    with pytest.raises(PerturbationError, match="no labels"):
        applied(LabelShift(), bare, SPACE, 2.0)
    regression = Sample(bare.ids, bare.table, np.array([0.5, 1.25]))
    with pytest.raises(PerturbationError, match="no classes; use covariate_shift"):
        applied(LabelShift(), regression, SPACE, 2.0)
    without, space = numbers({"x": [np.nan, np.nan]})
    with pytest.raises(PerturbationError, match="no record has x; name others"):
        applied(CovariateShift(), without, space, 1.0)


def test_fewer_than_once_as_often_is_refused():
    with pytest.raises(ValueError, match=r"0\.5, how many times as often"):
        applied(SegmentReweighting(), mixed(5, 0), SPACE, 0.5)
