"""The simulated year knows its true measures, and its figures are those of its budget."""

import json
import sys

import numpy as np
import pytest

from tests.benchmarks.retest_world import add_noise, draw_clean, truth, worse_truth
from tests.benchmarks.retest_year import count_interval, main


@pytest.mark.parametrize("worse", [0.0, 0.03])
def test_the_true_measures_are_those_of_very_many_records(worse):
    rng = np.random.default_rng(1)
    night = add_noise(rng, draw_clean(rng, 1_000_000), worse)
    true = worse_truth(worse)
    wrong, gained = night.right & ~night.right_noisy, ~night.right & night.right_noisy
    # Five standard errors of a share of a million records are 0.0025 at most.
    assert night.right_noisy.mean() == pytest.approx(true.noisy_accuracy, abs=0.0015)
    assert (wrong | gained).mean() == pytest.approx(true.flips, abs=0.0015)
    assert wrong.mean() - gained.mean() == pytest.approx(true.drop, abs=0.0015)


def test_the_true_confidence_and_distance_are_those_of_very_many_records():
    rng = np.random.default_rng(2)
    night = add_noise(rng, draw_clean(rng, 1_000_000), 0.0)
    assert night.confidence_drops.mean() == pytest.approx(truth().confidence_drop, abs=0.001)
    assert np.median(np.abs(night.clean)) == pytest.approx(truth().median_distance, abs=0.007)


def test_the_interval_of_a_count_is_garwoods_and_wider_where_worlds_differ():
    # 95 % interval of a Poisson count of 10: 4.795 to 18.390 (Garwood 1936).
    low, high = count_interval(np.full(5, 2))
    assert (low, high) == pytest.approx((4.795, 18.390), abs=1e-3)
    spread_low, spread_high = count_interval(np.array([10, 0, 0, 0, 0]))
    assert spread_low < low
    assert spread_high > high


def test_a_short_year_ends_with_its_figures_as_json(monkeypatch, capsys):
    flags = ["--years", "1", "--records", "60", "--models", "10", "--worse", "0.2"]
    monkeypatch.setattr(sys, "argv", ["retest_year", *flags])
    monkeypatch.setattr("tests.benchmarks.retest_year.NIGHTS", 24)
    main()
    figures = json.loads(capsys.readouterr().out.splitlines()[-1])
    assert figures["records"] == 60
    assert figures["new records"]["all"][1] <= 1
    assert set(figures["worse"]) == {"accuracy under noise", "flip rate", "accuracy drop"}
