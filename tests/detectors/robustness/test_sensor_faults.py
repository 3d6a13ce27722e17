import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.perturbations.sensor_faults import (
    SensorDrift,
    SensorDropout,
    SensorLag,
    SensorSaturation,
    SensorSpike,
    SensorStuck,
)
from tests.detectors.robustness.tabular import applied, numbers


def told(perturbation, severity, values, seed=0, **features):
    sample, space = numbers({"x": values}, **features)
    (variant,) = applied(perturbation, sample, space, severity, seed)
    return variant.table.columns["x"]


@given(st.integers(1, 60), st.integers(0, 2**32 - 1))
def test_a_stuck_sensor_repeats_a_value_that_is_never_older_than_the_run_is_long(length, seed):
    clock = np.arange(50.0)
    values = told(SensorStuck(), float(length), clock, seed)
    age = clock - values
    assert (age >= 0).all()
    assert (age < length).all()
    assert (np.diff(values) >= 0).all()
    _, runs = np.unique(values, return_counts=True)
    assert (runs[1:-1] == length).all()
    assert (runs <= length).all()


def test_stuck_sensors_do_not_move_together():
    sample, space = numbers({"x": np.arange(500.0), "y": np.arange(500.0)})
    (variant,) = applied(SensorStuck(), sample, space, 100.0)
    assert (variant.table.columns["x"] != variant.table.columns["y"]).any()


@given(st.floats(0, 1), st.integers(0, 2**32 - 1))
def test_a_dropout_is_one_gap_of_its_share(share, seed):
    gone = np.isnan(told(SensorDropout(), share, np.arange(200.0), seed))
    assert gone.sum() == round(200 * share)
    assert np.count_nonzero(gone != np.roll(gone, 1)) <= 2


def test_a_spike_hits_all_sensors_of_a_record_at_once_by_eight_sd():
    sample, space = numbers({"x": np.zeros(5000), "y": np.zeros(5000)}, scale=0.5)
    (variant,) = applied(SensorSpike(), sample, space, 0.05)
    x, y = variant.table.columns["x"], variant.table.columns["y"]
    assert set(np.abs(x)) == {0.0, 4.0}
    np.testing.assert_array_equal(x != 0, y != 0)
    assert (x != 0).mean() == pytest.approx(0.05, abs=0.013)


def test_a_drift_grows_evenly_to_its_severity_in_either_direction():
    ends = set()
    for seed in range(20):
        values = told(SensorDrift(), 2.0, np.full(11, 100.0), seed, scale=5.0) - 100.0
        np.testing.assert_allclose(np.abs(values), np.arange(11.0), atol=1e-12)
        ends.add(values[-1])
    assert ends == {10.0, -10.0}


def test_a_drifting_integer_stays_whole():
    values = told(SensorDrift(), 1.0, np.full(11, 100.0), scale=5.0, integer=True)
    assert set(np.abs(values - 100.0)) == {0, 1, 2, 3, 4, 5}


def test_a_late_sensor_tells_what_was_and_the_first_records_are_left_out():
    sample, space = numbers({"x": np.arange(6.0), "y": np.arange(6.0)})
    (variant,) = applied(SensorLag(features=("x",)), sample, space, 2.0)
    assert variant.places.tolist() == [2, 3, 4, 5]
    assert variant.table.columns["x"].tolist() == [0, 1, 2, 3]
    assert variant.table.columns["y"].tolist() == [2, 3, 4, 5]


def test_a_sensor_later_than_there_are_records_is_refused():
    with pytest.raises(PerturbationError, match="50 records late, but there are only 50"):
        told(SensorLag(), 50.0, np.arange(50.0))


def test_a_saturated_sensor_tells_no_more_than_a_quantile_of_the_reference():
    quantiles = np.linspace(0.0, 50.0, 101)
    values = [1.0, 34.0, 36.0, 70.0, np.nan]
    np.testing.assert_allclose(
        told(SensorSaturation(), 0.7, values, quantiles=quantiles), [1, 34, 35, 35, np.nan]
    )
    whole = told(SensorSaturation(), 0.99, values, quantiles=quantiles, integer=True)
    np.testing.assert_array_equal(whole, [1, 34, 36, 49, np.nan])
