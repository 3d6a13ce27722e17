"""Maximum mean discrepancy by random Fourier features."""

import numpy as np
import pytest
from numpy.testing import assert_allclose

from detectors.kernel import draw_frequencies, project_tabular
from detectors.mmd import MMD, KernelSums
from detectors.statistics import kernel_sums
from tests.detectors.strategies import Table, columns_of, profile_of, summary_of


def unbiased(within_x, within_y, between):
    """MMD^2 of kernel matrices as the mean over pairs of different records."""
    n, m = between.shape
    x = (within_x.sum() - np.trace(within_x)) / (n * (n - 1))
    y = (within_y.sum() - np.trace(within_y)) / (m * (m - 1))
    return x + y - 2 * between.mean()


def sums_of(phases):
    """Sums for phases of shape (records, kernels, components)."""
    waves = np.concatenate([np.cos(phases), np.sin(phases)], axis=2)
    return KernelSums(waves.sum(axis=0), np.full(phases.shape[1], float(len(phases))))


def gram(a, b):
    return (np.cos(a) @ np.cos(b).T + np.sin(a) @ np.sin(b).T) / a.shape[1]


def rbf(x, y, bandwidth):
    return np.exp(-((x[:, None] - y[None]) ** 2).sum(axis=2) / (2 * bandwidth**2))


def test_the_value_is_the_unbiased_one_of_the_features_kernel():
    rng = np.random.default_rng(0)
    a, b = rng.normal(size=(30, 16)), rng.normal(0.4, size=(11, 16))
    value = MMD()(sums_of(a[:, None]), sums_of(b[:, None]))
    assert_allclose(value, [unbiased(gram(a, a), gram(b, b), gram(a, b))], rtol=1e-10)


def test_the_value_is_that_of_the_rbf_kernel_within_the_features_error():
    rng = np.random.default_rng(1)
    components, bandwidth = 2048, 2.5
    x, y = rng.normal(size=(400, 3)), rng.normal(0.7, size=(300, 3))
    frequencies = draw_frequencies(rng, 3, components, bandwidth)
    value = MMD()(sums_of((x @ frequencies)[:, None]), sums_of((y @ frequencies)[:, None]))[0]
    exact = unbiased(rbf(x, x, bandwidth), rbf(y, y, bandwidth), rbf(x, y, bandwidth))
    assert value == pytest.approx(exact, abs=1 / np.sqrt(components))
    assert value == pytest.approx(exact, rel=0.1)


def test_the_value_from_summaries_is_that_of_all_pairs_of_records():
    rng = np.random.default_rng(2)
    reference = Table({"x": rng.normal(size=80)}, {"plan": rng.choice(["a", "b"], 80).tolist()})
    window = Table({"x": rng.normal(1, size=50)}, {"plan": rng.choice(["a", "c"], 50).tolist()})
    profile = profile_of(reference)
    a, b = (
        project_tabular(
            profile.kernels[0], (each.numeric - profile.centre) / profile.scale, each.codes
        )
        for each in (columns_of(profile, table) for table in (reference, window))
    )
    exact = unbiased(gram(a, a), gram(b, b), gram(a, b))
    value = MMD()(*(kernel_sums(summary_of(profile, table)) for table in (reference, window)))
    # The summary rounds values to 2**-10 sd and waves to 2**-12.
    assert value == pytest.approx([exact], abs=1e-3)


def test_a_change_of_correlation_alone_is_seen():
    rng = np.random.default_rng(3)
    x, y = rng.normal(size=(2, 20_000))
    reference = Table({"x": x, "y": 0.8 * x + 0.6 * y})
    profile = profile_of(reference)
    told = kernel_sums(summary_of(profile, reference))
    same, changed = (
        MMD()(told, kernel_sums(summary_of(profile, Table({"x": u, "y": r * u + s * v}))))[0]
        for (u, v), r, s in (
            (rng.normal(size=(2, 5000)), 0.8, 0.6),
            (rng.normal(size=(2, 5000)), 0.0, 1.0),
        )
    )
    assert abs(same) < 1e-3 < 5e-3 < changed


def test_fewer_than_two_records_give_no_number_and_no_warning():
    phases = np.random.default_rng(4).normal(size=(9, 1, 8))
    several = sums_of(phases)
    for few in (phases[:0], phases[:1]):
        for a, b in ((several, sums_of(few)), (sums_of(few), several)):
            assert np.isnan(MMD()(a, b)).all()
            assert np.isnan(MMD().noise(a, b)).all()
    assert np.isfinite(MMD()(several, sums_of(phases[:2]))).all()


def test_constant_records_show_neither_drift_nor_noise():
    phases = np.full((9, 1, 8), 0.3)
    assert MMD()(sums_of(phases), sums_of(phases[:4])) == pytest.approx([0.0], abs=1e-12)


@pytest.mark.parametrize("columns", [1, 20])
def test_drift_free_data_lie_around_zero_within_the_noise(columns):
    rng = np.random.default_rng(columns)
    runs, frequencies = 400, draw_frequencies(rng, columns, 32, np.sqrt(2 * columns))
    reference, window = (
        sums_of(rng.normal(size=(records, runs, columns)) @ frequencies) for records in (300, 60)
    )
    value, noise = MMD()(reference, window), MMD().noise(reference, window)
    assert value.mean() == pytest.approx(0.0, abs=4 * value.std() / np.sqrt(runs))
    assert value.std() < np.sqrt(2) * noise.mean()
    # The worst law is that of one direction: P(chi2(1) - 1 > 3) = 4.6 %.
    assert (value > 3 * noise).mean() < 0.046
