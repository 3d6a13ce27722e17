"""What a diagnosis is made of says what it should on its own."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom

from detectors.cells import UNSEEN
from detectors.diagnosis.bayes_factors import share_grew, shares_changed
from detectors.diagnosis.label_shift import LabelShift
from detectors.diagnosis.mixture import Mixture
from detectors.diagnosis.movement import Scores, inside_support
from detectors.diagnosis.outliers import Outliers
from detectors.diagnosis.performance_signal import PerformanceSignal
from detectors.diagnosis.suffixes import Suffixes
from tests.detectors.diagnosis.changes import flipped, outliers, resampled, shifted
from tests.detectors.diagnosis.test_diagnosis import changed
from tests.detectors.diagnosis.world import BLOCK_RECORDS, LONGEST, Run, world

LABELS = np.array([600.0, 400.0])


@given(st.integers(1, 400), st.integers(0, 50), st.integers(50, 1000))
def test_the_factor_of_a_grown_share_has_a_mean_of_at_most_1_under_the_reference(m, c, n):
    # The reference's posterior predictive of the window's count, summed exactly.
    shares = np.random.default_rng(0).beta(c + 0.5, n - c + 0.5, 2000)
    found = np.arange(m + 1.0)
    chances = binom.pmf(found[:, None], m, shares).mean(axis=1)
    with np.errstate(under="ignore"):
        mean = (
            chances * np.exp(share_grew(found, np.array(float(m)), np.array(float(c)), n))
        ).sum()
    assert mean <= 1.3  # the posterior is drawn, not integrated


def test_a_share_that_did_not_grow_is_no_evidence():
    assert share_grew(np.array(5.0), np.array(100.0), np.array(50.0), 1000) == -np.inf
    assert share_grew(np.array(50.0), np.array(100.0), np.array(50.0), 1000) > 50


def test_labels_in_other_shares_are_evidence_and_the_same_shares_are_none():
    assert shares_changed(LABELS, 10 * LABELS) < 0
    assert shares_changed(LABELS[::-1].copy(), 10 * LABELS) > 40


def test_suffixes_are_the_windows_sums():
    run = Run()
    run.rest(np.random.default_rng(0), 20)
    suffixes = Suffixes.of(run.windows, 5, LONGEST)
    for at, first in enumerate(suffixes.first.tolist()):
        window = run.windows.since(first)
        assert suffixes.records[at] == window.records
        assert (suffixes.counts[at] == window.counts).all()
        assert (suffixes.invalid[at] == window.invalid).all()
        assert (suffixes.low[at] == window.low).all()
    assert suffixes.first.min() >= 5
    assert Suffixes.of(run.windows, 20, LONGEST) is None
    assert Suffixes.of(run.windows, 0, 3).first.tolist() == [19, 18]


def seen(run: Run):
    """Return the suffixes of a run and the scores of its changed blocks."""
    suffixes = Suffixes.of(run.windows, 0, LONGEST)
    at = suffixes.starting(10)
    return suffixes, at, Scores.of(world().ratios, suffixes, at)


def test_a_shift_shows_in_its_own_feature_and_survives_the_support():
    suffixes, at, scores = seen(changed(shifted((1.0,)), 0))
    inside = inside_support(suffixes.counts[at], world().profile.edges)
    evidence = scores.by_feature(scores.means(inside))
    assert evidence[0] > 100
    assert evidence[1:6].max() < 10


def test_far_outliers_show_as_outliers_and_leave_the_support_as_it_was():
    suffixes, at, scores = seen(changed(outliers(0.03, 20, (4,)), 0))
    inside = inside_support(suffixes.counts[at], world().profile.edges)
    assert scores.by_feature(scores.means(inside))[4] < 5
    here = world()
    found = Outliers.of(here.profile, here.reference, suffixes, np.ones((len(suffixes), 8)))
    assert found.evidence > 50
    assert found.share == pytest.approx(0.03, abs=0.01)
    assert found.expected < 0.002


def test_unseen_levels_are_outside_the_support():
    counts = np.zeros((8, 36))
    counts[7, [0, UNSEEN]] = 5, 3
    assert inside_support(counts, world().profile.edges)[7].sum() == 5


def test_a_mixture_finds_the_shares_of_the_labels_without_seeing_them():
    suffixes, at, scores = seen(changed(resampled(0.75), 0))
    means = scores.means(suffixes.counts[at])
    here = world()
    inputs = np.array([name != "prediction" for name in here.profile.features])
    blind = Mixture.fit(scores, means, here.known.by_label, inputs, None)
    assert blind.after[1] == pytest.approx(0.75, abs=0.08)  # of which a few were quiet
    assert blind.explained > 0.9
    assert blind.gain > 20
    moved = LabelShift(np.array([500.0, 1500.0]), np.array([1120.0, 880.0]), 10, 100.0)
    assert Mixture.fit(scores, means, here.known.by_label, inputs, moved).gain > 20
    stayed = replace(moved, now=np.array([1500.0, 500.0]))
    assert Mixture.fit(scores, means, here.known.by_label, inputs, stayed).gain < -20


SIGNAL = PerformanceSignal(
    evidence=20.0,
    reference=0.9,
    realised=0.8,
    estimated=0.86,
    estimate_error=0.02,
    measure="accuracy",
    worse_is_lower=True,
    pairs=10_000,
    first=3,
    last=9,
)


def test_what_an_estimate_does_not_explain_is_told_in_its_errors():
    assert SIGNAL.beyond_estimate == pytest.approx(3.0)
    assert replace(SIGNAL, realised=0.95).beyond_estimate == 0
    assert replace(SIGNAL, worse_is_lower=False, realised=0.9).beyond_estimate == pytest.approx(2)
    assert np.isnan(replace(SIGNAL, estimated=np.nan).beyond_estimate)


def test_a_few_wrong_records_explain_no_more_than_their_share():
    assert SIGNAL.within(0.1)
    assert not SIGNAL.within(0.05)


def test_where_nothing_fell_the_newest_pairs_are_told():
    run = Run()
    run.rest(np.random.default_rng(0), 20)
    signal = run.signals().performance
    assert 1000 <= signal.pairs < 3000
    assert signal.labels_before.sum() == world().reference.records
    assert signal.labels[-1].sum() == 20 * BLOCK_RECORDS


def test_performance_is_told_of_the_window_that_shows_best_that_it_fell():
    signal = changed(flipped(0.3), 0).signals().performance
    assert 8 <= signal.first <= 12
    assert signal.realised < 0.7 < signal.estimated
    assert signal.beyond_estimate > 3


def test_labels_of_a_stream_that_wanders_are_less_evidence():
    run = changed(resampled(0.65), 0)
    performance, here = run.signals().performance, world()
    outputs = np.array([name == "prediction" for name in here.profile.features])
    still = LabelShift.of(performance, here.ratios, outputs)
    wandering = replace(here.ratios, wander=np.full_like(here.ratios.wander, 20.0))
    assert still.evidence > 50
    assert LabelShift.of(performance, wandering, outputs).evidence < still.evidence / 10


def test_where_features_have_a_season_labels_are_judged_by_days():
    performance, here = changed(resampled(0.65), 0).signals().performance, world()
    outputs = np.array([name == "prediction" for name in here.profile.features])
    season = replace(here.ratios.season, day_blocks=12.0)
    season = replace(season, coefficients=np.ones_like(season.coefficients))
    by_day = LabelShift.of(performance, replace(here.ratios, season=season), outputs)
    assert performance.last - by_day.first + 1 >= 12


def test_records_outside_are_less_evidence_where_features_wander():
    suffixes, _, _ = seen(changed(outliers(0.03, 20, (4,)), 0))
    here = world()
    still, wandering = (
        Outliers.of(here.profile, here.reference, suffixes, np.full((len(suffixes), 8), wander))
        for wander in (1.0, 1000.0)
    )
    assert 0 < wandering.evidence < still.evidence / 3
