"""Wasserstein-1 distance from binned counts."""

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from numpy.testing import assert_allclose
from scipy.stats import wasserstein_distance

from detectors.bins import count_into, quantile_edges
from detectors.cells import VALUE_BINS
from detectors.counts import Counts
from detectors.wasserstein import BinnedValues, Wasserstein
from tests.detectors.strategies import mean_and_error, numbers, robust_sd

columns = arrays(np.float64, st.integers(1, 120), elements=numbers(missing=False))
integers = arrays(np.float64, st.integers(1, 200), elements=st.integers(0, 9).map(float))


class Pair:
    """The distance of columns of windows from columns of references, and both as binned."""

    def __init__(self, references, windows):
        references, windows = (each.reshape(len(each), -1) for each in (references, windows))
        edges = np.array([quantile_edges(x, x.min(), x.max()) for x in references.T])
        scale = np.array([robust_sd(x) for x in references.T])
        self.distance = Wasserstein(edges, np.median(references, axis=0), scale)
        self.scale = scale
        self.reference = self._binned(references)
        self.window = self._binned(windows)

    def _binned(self, columns):
        counts = Counts(count_into(columns, self.distance.edges))
        return BinnedValues(counts, columns.min(axis=0), columns.max(axis=0))

    @property
    def value(self):
        return self.distance(self.reference, self.window)

    @property
    def noise(self):
        return self.distance.noise(self.reference, self.window)

    @property
    def error(self):
        return self.distance.binning_error(self.reference, self.window)


def exact(reference, window):
    return wasserstein_distance(reference, window) / robust_sd(reference)


def test_a_moved_spike_is_at_the_distance_it_moved():
    # Nine tenths at 0, a tenth at 10: a window with half at 10 moved 4 on average.
    pair = Pair(np.repeat([0.0, 10.0], [90, 10]), np.repeat([0.0, 10.0], [5, 5]))
    assert pair.value * pair.scale == pytest.approx([4.0])


@given(integers, integers)
def test_bins_of_one_value_give_scipys_distance(reference, window):
    reference = np.concatenate([reference, np.repeat(np.arange(10.0), 40)])
    assert Pair(reference, window).value[0] == pytest.approx(exact(reference, window), abs=1e-9)


@given(columns, columns)
def test_the_raw_datas_distance_lies_within_the_binning_error(reference, window):
    pair = Pair(reference, window)
    difference = abs(pair.value[0] - exact(reference, window))
    assert difference <= pair.error[0] * (1 + 1e-9) + 1e-9


@pytest.mark.parametrize(
    ("draw", "within"),
    [
        (lambda rng, n: rng.normal(size=n), 0.02),
        (lambda rng, n: rng.random(n), 0.02),
        (lambda rng, n: rng.exponential(size=n), 0.02),
        (lambda rng, n: np.exp(rng.normal(size=n)), 0.05),
        (lambda rng, n: np.exp(1.5 * rng.normal(size=n)), 0.1),
        (lambda rng, n: rng.standard_t(3, size=n), 0.05),
    ],
    ids=["normal", "uniform", "exponential", "lognormal", "lognormal 1.5", "t3"],
)
def test_a_shift_is_measured_whatever_the_shape_and_the_tails(draw, within):
    rng = np.random.default_rng(6)
    reference, window = draw(rng, 200_000), draw(rng, 20_000)
    window += 0.3 * robust_sd(reference)
    assert Pair(reference, window).value[0] == pytest.approx(0.3, abs=within)


def test_one_outlier_moves_the_distance_by_its_share_of_it():
    rng = np.random.default_rng(7)
    reference, window = rng.normal(size=20_000), rng.normal(size=1000)
    before = Pair(reference, window).value[0]
    after = Pair(reference, np.append(window, 1e9)).value[0]
    assert after - before == pytest.approx(1e9 / 1001 / robust_sd(reference), rel=1e-6)


def test_values_beyond_the_range_have_a_width():
    # A window that lies evenly between 2 and 3 beside a reference between 0 and 1.
    reference, window = np.linspace(0, 1, 3200), np.linspace(2, 3, 1000)
    pair = Pair(reference, window)
    # The bin above the range starts at 1: evenly spread up to 3, the mean is 2 and not 2.5.
    assert pair.value * pair.scale == pytest.approx([1.5], abs=0.01)
    assert exact(reference, window) * pair.scale == pytest.approx([2.0], abs=0.01)
    assert pair.error * pair.scale > 0.5


@given(columns, columns)
def test_the_distance_is_finite_and_never_negative(reference, window):
    value = Pair(reference, window).value
    assert np.isfinite(value).all()
    assert (value >= 0).all()


@given(columns)
def test_the_distance_of_a_column_from_itself_is_zero(values):
    assert Pair(values, values).value.tolist() == [0]


@given(columns, columns)
def test_the_distance_is_symmetric(reference, window):
    pair = Pair(reference, window)
    swapped = pair.distance(pair.window, pair.reference)
    assert_allclose(swapped, pair.value, rtol=1e-9, atol=1e-12)


@given(columns, columns, st.integers(-20, 20))
def test_the_unit_of_the_values_does_not_matter(reference, window, power):
    assume(np.ptp(reference) > 1e-6)
    unit = 2.0**power
    assert_allclose(
        Pair(reference * unit, window * unit).value,
        Pair(reference, window).value,
        rtol=1e-6,
        atol=1e-9,
    )


def test_a_constant_column_is_at_the_distance_of_the_other_constant():
    # There is no sd: the scale is 1.
    assert Pair(np.full(50, 5.0), np.full(7, 5.0)).value.tolist() == [0]
    assert Pair(np.full(50, 5.0), np.array([8.0])).value == pytest.approx([3.0])
    assert Pair(np.full(50, 5.0), np.array([3.0])).value == pytest.approx([2.0])


def test_the_largest_floats_give_a_finite_distance():
    reference = np.random.default_rng(8).normal(size=1000)
    value = Pair(reference, np.array([-1.7e308, 1.7e308])).value[0]
    assert 1e299 < value < np.inf


def test_an_empty_side_gives_no_number_and_no_warning():
    pair = Pair(np.arange(100.0), np.arange(10.0))
    nothing = BinnedValues(Counts.zeros(1, VALUE_BINS), np.array([np.inf]), np.array([-np.inf]))
    for a, b in ((pair.reference, nothing), (nothing, pair.window), (nothing, nothing)):
        for told in (pair.distance(a, b), pair.distance.noise(a, b)):
            assert np.isnan(told).all()


def test_a_reference_without_a_value_gives_no_number():
    edges = quantile_edges(np.zeros(0), np.inf, -np.inf)[None]
    distance = Wasserstein(edges, np.zeros(1), np.ones(1))
    nothing = BinnedValues(Counts.zeros(1, VALUE_BINS), np.array([np.inf]), np.array([-np.inf]))
    counts = Counts(count_into(np.array([[1.0], [2.0]]), edges))
    window = BinnedValues(counts, np.array([1.0]), np.array([2.0]))
    assert np.isnan(distance(nothing, window)).all()


@pytest.mark.parametrize(("n", "m"), [(20_000, 500), (4000, 4000)])
@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, shape: rng.normal(size=shape),
        lambda rng, shape: rng.exponential(size=shape),
        lambda rng, shape: np.maximum(rng.normal(size=shape), 0.0),
    ],
    ids=["normal", "exponential", "zero-inflated"],
)
def test_drift_free_data_show_the_noise_on_average(draw, n, m):
    rng = np.random.default_rng(9)
    pair = Pair(draw(rng, (n, 200)), draw(rng, (m, 200)))
    mean, error = mean_and_error(pair.value)
    assert pair.noise.mean() == pytest.approx(mean, rel=0.05, abs=3 * error)


def test_the_noise_of_a_normal_column_is_the_published_one():
    # 1.30 sqrt(1/n + 1/m) for raw data; its tails beyond the last quantile count less here.
    values = np.random.default_rng(10).normal(size=100_000)
    noise = Pair(values, values).noise[0] / np.sqrt(2e-5)
    assert noise == pytest.approx(1.30, rel=0.15)
    assert noise < 1.30


def test_windows_binned_differently_are_refused():
    pair = Pair(np.arange(100.0), np.arange(10.0))
    other = BinnedValues(Counts.zeros(1, 8), pair.window.low, pair.window.high)
    with pytest.raises(ValueError, match=r"8 bins cannot be compared.*34 bins"):
        pair.distance(pair.reference, other)
