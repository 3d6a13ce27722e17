"""All statistics of a window, entry by entry."""

import numpy as np
import pytest
from hypothesis import given
from numpy.testing import assert_allclose

from detectors.cells import WIDTH
from detectors.counts import Counts
from detectors.ks import KS
from detectors.psi import PSI
from detectors.statistics import REGISTRY, measure
from detectors.summary import Summary
from tests.detectors.strategies import Table, profile_of, summary_of, tables

NUMERIC = {"ks", "psi", "js", "hellinger", "wasserstein", "mean_shift"}
CATEGORICAL = {"psi", "js", "hellinger", "chi2_per_df", "cramers_v"}


def table(rng, n, shift=0.0):
    plans = rng.choice(["free", "pro", "trial"], n, p=[0.7 - shift / 10, 0.2, 0.1 + shift / 10])
    return Table(
        numeric={"income": rng.normal(shift, size=n), "age": rng.normal(size=n)},
        categorical={"plan": plans.tolist()},
        embeddings={"text": rng.normal(shift, size=(n, 4))},
    )


@pytest.fixture(scope="module")
def measured():
    rng = np.random.default_rng(0)
    reference, window = table(rng, 20_000), table(rng, 2000, shift=0.5)
    profile = profile_of(reference)
    return measure(summary_of(profile, reference), summary_of(profile, window), profile)


def test_each_statistic_speaks_of_the_entries_that_it_applies_to(measured):
    assert list(measured.values) == [name for name, _, _ in REGISTRY]
    for told in (measured.values, measured.noise):
        for name, values in told.items():
            numeric, categorical = name in NUMERIC, name in CATEGORICAL
            expected = [numeric, numeric, categorical, name == "mmd2", name == "mmd2"]
            assert np.isfinite(values).tolist() == expected, name


def test_what_shifted_is_told_from_what_did_not(measured):
    for name in NUMERIC:
        shifted, steady = measured.values[name][:2]
        assert shifted > 3 * measured.noise[name][0], name
        assert abs(steady) < 3 * measured.noise[name][1], name


def test_values_are_in_their_units(measured):
    values = {name: told[0] for name, told in measured.values.items()}
    # Half an sd: KS = 2 Phi(0.25) - 1 = 0.197, PSI about 0.5^2.
    assert values["mean_shift"] == pytest.approx(0.5, abs=0.08)
    assert values["wasserstein"] == pytest.approx(0.5, abs=0.08)
    assert values["ks"] == pytest.approx(0.197, abs=0.04)
    assert values["psi"] == pytest.approx(0.25, abs=0.08)


def test_the_embedding_comes_before_the_joint_entry(measured):
    # All four dimensions of the embedding moved, and one of three tabular columns.
    embedding, joint = measured.values["mmd2"][3:]
    assert embedding > joint > 0


def test_a_change_of_the_missing_share_is_seen_by_statistics_of_all_bins():
    rng = np.random.default_rng(1)
    values = rng.normal(size=4000)
    profile = profile_of(Table({"x": values}))
    gaps = np.where(rng.random(4000) < 0.3, np.nan, values)
    told = measure(
        summary_of(profile, Table({"x": values})), summary_of(profile, Table({"x": gaps})), profile
    ).values
    assert told["psi"][0] > 1
    assert told["hellinger"][0] > 0.3
    assert told["ks"][0] < 0.05
    assert told["wasserstein"][0] < 0.1


def test_one_outlier_blinds_neither_ks_nor_psi():
    rng = np.random.default_rng(2)
    profile = profile_of(Table({"x": rng.normal(size=20_000)}))
    reference = summary_of(profile, Table({"x": rng.normal(size=20_000)}))
    shifted = rng.normal(1.0, size=1000)
    clean, spoilt = (
        measure(reference, summary_of(profile, Table({"x": values})), profile).values
        for values in (shifted, np.append(shifted[1:], 1e9))
    )
    for name in ("ks", "psi", "js", "hellinger"):
        assert spoilt[name][0] == pytest.approx(clean[name][0], rel=0.02), name
    assert spoilt["wasserstein"][0] == pytest.approx(1e9 / 1000 / profile.scale[0], rel=0.05)


@given(tables(), tables())
def test_any_window_of_any_reference_can_be_measured(reference, window):
    profile = profile_of(reference)
    told = measure(summary_of(profile, reference), summary_of(profile, window), profile)
    for name in ("psi", "js", "hellinger"):
        assert np.isfinite(told.values[name][:3]).all()
        assert np.isfinite(told.noise[name][:3]).all()
    both = [
        not (np.isnan(reference.numeric[x]).all() or np.isnan(window.numeric[x]).all())
        for x in ("x", "y")
    ]
    for name in ("ks", "wasserstein", "mean_shift"):
        assert (~np.isnan(told.values[name][:2])).tolist() == both


def test_an_empty_window_measures_nothing():
    rng = np.random.default_rng(3)
    reference = table(rng, 500)
    profile = profile_of(reference)
    full, nothing = summary_of(profile, reference), Summary.empty(profile)
    for a, b in ((full, nothing), (nothing, full), (nothing, nothing)):
        told = measure(a, b, profile)
        for name in told.values:
            assert np.isnan(told.values[name]).all()
            assert np.isnan(told.noise[name]).all()


def test_a_model_without_some_kind_of_feature_can_be_measured():
    for only in (
        Table({"x": np.arange(40.0)}),
        Table(categorical={"plan": ["a", "b"] * 20}),
        Table({"x": np.arange(40.0)}, embeddings={"text": np.eye(40)}),
    ):
        profile = profile_of(only)
        summary = summary_of(profile, only)
        told = measure(summary, summary, profile)
        # For equal records the unbiased MMD^2 is below 0; nothing else is other than 0.
        for name, values in told.values.items():
            assert (np.nan_to_num(values) == 0).all() or name == "mmd2"
            assert (np.nan_to_num(values) <= 1e-9).all()


def test_a_statistic_of_a_summary_is_that_of_its_counts():
    rng = np.random.default_rng(4)
    reference, window = table(rng, 5000), table(rng, 300, shift=0.2)
    profile = profile_of(reference)
    a, b = summary_of(profile, reference), summary_of(profile, window)
    told = measure(a, b, profile).values
    assert_allclose(told["psi"][:3], PSI()(a.all_bins, b.all_bins))
    assert_allclose(told["ks"][:2], KS()(a.value_bins, b.value_bins)[:2])
    assert Counts(a.counts).values.shape == (3, WIDTH)
