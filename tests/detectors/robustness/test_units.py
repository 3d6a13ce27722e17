import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.perturbations.units import (
    Clipping,
    Fahrenheit,
    Offset,
    Quantisation,
    Scaling,
    SignFlip,
    SwappedColumns,
    UnitError,
)
from tests.detectors.robustness.tabular import SPACE, applied, mixed, numbers


def changed(perturbation, severity, values, **features):
    sample, space = numbers({"x": values}, **features)
    (variant,) = applied(perturbation, sample, space, severity)
    return variant.table.columns["x"].tolist()


def test_scaling_multiplies_within_the_range():
    assert changed(Scaling(), 1.5, [2.0, -4.0, 90.0], high=100.0) == [3.0, -6.0, 100.0]


def test_an_offset_is_counted_in_sd_and_may_be_negative():
    assert changed(Offset(), 0.5, [1.0, 2.0], scale=4.0) == [3.0, 4.0]
    assert changed(Offset(), -0.5, [1.0, 2.0], scale=4.0) == [-1.0, 0.0]


def test_an_offset_moves_the_score_of_a_linear_model_by_the_sum_of_its_weights():
    rng = np.random.default_rng(3)
    points, weights = rng.normal(size=(50, 3)), np.array([1.0, -2.0, 0.5])
    sample, space = numbers({key: points[:, at] for at, key in enumerate("xyz")})
    (variant,) = applied(Offset(), sample, space, 0.25)
    moved = np.column_stack(list(variant.table.columns.values())) @ weights
    np.testing.assert_allclose(moved - points @ weights, 0.25 * weights.sum())


def test_quantisation_keeps_significant_digits():
    values = [123456.0, 0.0012345, -9.876, 0.0, np.inf, 5e-324]
    assert changed(Quantisation(), 2, values) == [120000, 0.0012, -9.9, 0, np.inf, 5e-324]


@given(st.floats(1e-9, 1e15) | st.floats(-1e15, -1e-9), st.integers(1, 6))
def test_quantisation_moves_a_number_by_at_most_half_of_its_last_digit(value, digits):
    (rounded,) = changed(Quantisation(), float(digits), [value])
    assert abs(rounded - value) <= abs(value) * 5 * 10.0**-digits * (1 + 1e-9)
    assert rounded == pytest.approx(float(f"{value:.{digits - 1}e}"), rel=10.0 ** (1 - digits))


def test_quantisation_to_part_of_a_digit_is_refused():
    with pytest.raises(ValueError, match=r"1\.5, a whole number of at least 1"):
        changed(Quantisation(), 1.5, [1.0])


def test_clipping_sets_both_ends_to_quantiles_of_the_reference():
    quantiles = np.linspace(0.0, 100.0, 101)
    values = [-7.0, 3.0, 50.0, 99.0, np.nan]
    clipped = changed(Clipping(), 0.05, values, quantiles=quantiles)
    np.testing.assert_allclose(clipped, [5.0, 5.0, 50.0, 95.0, np.nan])


def test_clipping_a_feature_without_quantiles_names_it():
    with pytest.raises(PerturbationError, match="no quantiles of 'x'"):
        changed(Clipping(), 0.05, [1.0])


def test_a_unit_error_hits_one_feature_at_a_time_and_leaves_the_range():
    sample, space = numbers({"x": [1.0, 2.0], "y": [3.0, 4.0]}, high=10.0)
    x, y = applied(UnitError(), sample, space, 1000.0)
    assert (x.name, y.name) == ("x", "y")
    assert x.table.columns["x"].tolist() == [1000.0, 2000.0]
    assert x.table.columns["y"].tolist() == [3.0, 4.0]
    assert y.table.columns["y"].tolist() == [3000.0, 4000.0]


def test_a_unit_error_of_a_huge_number_stays_finite():
    largest = np.finfo(np.float64).max
    assert changed(UnitError(), 3600.0, [1e306, -1e306, 1e300]) == [largest, -largest, 3.6e303]


def test_fahrenheit_of_freezing_and_boiling_water():
    assert changed(Fahrenheit(), 1.0, [0.0, 100.0, -40.0]) == [32.0, 212.0, -40.0]
    assert changed(Fahrenheit(), 1.0, [21.0], integer=True) == [70.0]  # of 69.8


def test_a_sign_flip_leaves_zero_and_missing_values():
    flipped = np.array(changed(SignFlip(), 1.0, [2.0, -3.0, 0.0, np.nan]))
    np.testing.assert_array_equal(flipped, [-2.0, 3.0, 0.0, np.nan])
    assert not np.signbit(flipped[2])


def test_swapped_columns_are_neighbours_of_the_same_kind():
    sample = mixed(10, 0)
    (variant,) = applied(SwappedColumns(), sample, SPACE, 1.0)
    assert variant.name == "amount, count"
    np.testing.assert_array_equal(variant.table.columns["amount"], sample.table.columns["count"])
    np.testing.assert_array_equal(variant.table.columns["count"], sample.table.columns["amount"])


def test_of_three_columns_two_pairs_of_neighbours_are_swapped():
    sample, space = numbers({"x": [1.0], "y": [2.0], "z": [3.0]})
    variants = applied(SwappedColumns(), sample, space, 1.0)
    assert {
        each.name: [column.item() for column in each.table.columns.values()] for each in variants
    } == {"x, y": [2.0, 1.0, 3.0], "y, z": [1.0, 3.0, 2.0]}


def test_a_single_column_cannot_be_swapped():
    with pytest.raises(PerturbationError, match="only 'amount' could be swapped"):
        applied(SwappedColumns(features=("amount",)), mixed(5, 0), SPACE, 1.0)
