import math

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from monitor.build import read_build
from monitor.http.collector import BoardCollector
from monitor.retest.result import Figure
from monitor.retest.totals import Totals
from monitor.retest.view import RetestsView
from monitor.view import Board
from tests.monitor.http.views import START_MS, a_model, a_view
from tests.monitor.retest.runs import (
    a_certificate,
    a_clean,
    a_passed_run,
    a_run,
    a_running_run,
    a_trial,
    an_attack,
    an_unreachable_run,
)
from tests.parts.prometheus import check_metrics

MODEL = {"model": "credit", "retest": "nightly"}
RUN = MODEL | {"version": "7"}
NOISE = RUN | {"perturbation": "gaussian_noise", "data": "evaluation", "options": ""}


def told(**changes) -> CollectorRegistry:
    """Return a registry with a model that was re-tested."""
    board, registry = Board(), CollectorRegistry()
    retests = RetestsView(**({"runs": {"nightly": a_run()}} | changes))
    board.publish(a_view(models=(a_model(retests=retests),)))
    registry.register(BoardCollector(board, read_build(), most_features=200))
    return registry


@pytest.mark.parametrize(("severity", "accuracy"), [("0.05", 0.905), ("0.1", 0.88), ("0.8", 0.62)])
def test_the_accuracy_of_each_severity_stands_beside_its_interval(severity, accuracy):
    value, labels = told().get_sample_value, NOISE | {"severity": severity}
    assert value("driftd_retest_accuracy_ratio", labels) == accuracy
    assert value("driftd_retest_accuracy_lower_ratio", labels) == pytest.approx(accuracy - 0.02)
    assert value("driftd_retest_accuracy_upper_ratio", labels) == pytest.approx(accuracy + 0.02)
    assert value("driftd_retest_sample_records", labels) == 1_000


def test_clean_accuracy_and_the_noise_floor_are_told_of_each_kind_of_data():
    value, labels = told().get_sample_value, RUN | {"data": "evaluation"}
    assert value("driftd_retest_clean_accuracy_ratio", labels) == 0.91
    assert value("driftd_retest_control_flip_ratio", labels) == 0


def test_corruption_error_is_the_mean_error_over_the_severities():
    value = told().get_sample_value
    # 1 - (.905 + .88 + .83 + .74 + .62) / 5
    assert value("driftd_retest_corruption_error_ratio", NOISE) == pytest.approx(0.205)
    labels = RUN | {"data": "evaluation"}
    assert value("driftd_retest_mean_corruption_error_ratio", labels) == pytest.approx(0.205)


def test_relative_robustness_is_the_accuracy_that_is_kept():
    labels = NOISE | {"severity": "0.8"}
    kept = told().get_sample_value("driftd_retest_relative_robustness_ratio", labels)
    assert kept == pytest.approx(0.62 / 0.91)


def test_of_no_accuracy_nothing_can_be_kept():
    clean = a_clean(figures={"accuracy": Figure(0.0, 0.0, 0.01)})
    value = told(runs={"nightly": a_run(clean=(clean,))}).get_sample_value
    labels = NOISE | {"severity": "0.8"}
    assert math.isnan(value("driftd_retest_relative_robustness_ratio", labels))


def test_an_attack_is_told_by_its_norm_and_epsilon():
    value = told().get_sample_value
    labels = RUN | {
        "attack": "hop_skip_jump",
        "norm": "l2",
        "epsilon": "0.3",
        "data": "evaluation",
        "options": "",
    }
    assert value("driftd_retest_robust_accuracy_ratio", labels) == 0.45
    assert value("driftd_retest_attack_success_ratio", labels) == 0.5


def test_a_certificate_is_told_by_its_radius():
    value = told().get_sample_value
    labels = RUN | {"radius": "0.25", "data": "evaluation", "options": ""}
    assert value("driftd_retest_certified_accuracy_ratio", labels) == 0.7
    assert value("driftd_retest_abstained_ratio", labels) == 0.1


def test_a_distance_that_no_flip_was_found_within_is_nan():
    value = told().get_sample_value
    labels = RUN | {
        "perturbation": "hop_skip_jump",
        "data": "evaluation",
        "options": "norm=l2",
        "norm": "l2",
    }
    assert value("driftd_retest_flip_distance", labels | {"percentile": "50"}) == 0.31
    assert math.isnan(value("driftd_retest_flip_distance", labels | {"percentile": "10"}))


def test_a_relation_is_told_with_its_options():
    labels = RUN | {"relation": "monotone", "data": "evaluation", "options": "feature=income"}
    assert told().get_sample_value("driftd_retest_relation_violation_ratio", labels) == 0.01


def test_latency_is_told_under_load_and_of_all_requests():
    value = told().get_sample_value
    labels = NOISE | {"perturbation": "load", "severity": "200", "percentile": "99"}
    assert value("driftd_retest_load_latency_seconds", labels) == 0.042
    assert value("driftd_retest_latency_seconds", RUN | {"percentile": "50"}) == 0.004


def test_a_requirement_has_exactly_one_verdict():
    value = told().get_sample_value
    for gate, verdict in (
        ("gaussian_noise 0.1 accuracy_drop", "fail"),
        ("attack within 0.3", "pass"),
        ("missing_one flip_ratio", "inconclusive"),
    ):
        found = {
            word: value("driftd_retest_verdict", RUN | {"gate": gate, "verdict": word})
            for word in ("pass", "fail", "inconclusive")
        }
        assert found == {word: float(word == verdict) for word in found}


def test_a_requirement_is_told_with_its_limit():
    value = told().get_sample_value
    (noise,) = (each for each in a_run().requirements if each.measure == "accuracy_drop")
    labels = RUN | {"gate": noise.name, "measure": "accuracy_drop"}
    assert value("driftd_retest_requirement_value", labels) == noise.value
    assert value("driftd_retest_requirement_limit", labels | {"bound": "most"}) == noise.most
    assert value("driftd_retest_requirement_limit", labels | {"bound": "least"}) is None


def test_last_and_next_runs_are_told_in_unix_time():
    value = told(next_ms={"nightly": START_MS, "weekly": None}).get_sample_value
    # 2026-01-05T03:01:30Z, three hours and 90 s after START_MS
    ended_s = START_MS / 1000 + 3 * 3600 + 90
    assert value("driftd_retest_last_run_timestamp_seconds", MODEL) == ended_s
    assert value("driftd_retest_next_run_timestamp_seconds", MODEL) == START_MS / 1000
    weekly = MODEL | {"retest": "weekly"}
    assert value("driftd_retest_next_run_timestamp_seconds", weekly) is None


def test_progress_is_told_while_a_run_runs():
    value = told(running=a_running_run()).get_sample_value
    assert value("driftd_retest_progress_ratio", MODEL) == 0.25
    assert told().get_sample_value("driftd_retest_progress_ratio", MODEL) is None


def test_runs_queries_errors_and_durations_are_added_up():
    totals = Totals().plus(a_passed_run()).plus(a_run()).plus(a_run()).plus(an_unreachable_run())
    value = told(totals={"nightly": totals}).get_sample_value
    assert value("driftd_retest_runs_total", MODEL | {"result": "fail"}) == 2
    assert value("driftd_retest_runs_total", MODEL | {"result": "pass"}) == 1
    assert value("driftd_retest_runs_total", MODEL | {"result": "interrupted"}) == 0
    assert value("driftd_retest_queries_total", MODEL) == 3 * 14_200
    assert value("driftd_retest_errors_total", MODEL | {"reason": "timeout"}) == 9
    # 90 s each: over a minute, below five.
    duration = "driftd_retest_run_duration_seconds"
    assert value(f"{duration}_bucket", MODEL | {"le": "60.0"}) == 0
    assert value(f"{duration}_bucket", MODEL | {"le": "300.0"}) == 4
    assert value(f"{duration}_sum", MODEL) == 360
    passed = value("driftd_retest_last_success_timestamp_seconds", MODEL)
    assert passed == value("driftd_retest_last_run_timestamp_seconds", MODEL)


def test_a_configured_re_test_counts_from_0_before_its_first_run():
    value = told(runs={}, next_ms={"nightly": START_MS}).get_sample_value
    for result in ("pass", "fail", "inconclusive", "interrupted"):
        assert value("driftd_retest_runs_total", MODEL | {"result": result}) == 0


def test_a_run_that_goes_on_is_not_in_the_totals():
    assert Totals().plus(a_running_run()) == Totals()


def test_trials_that_differ_in_options_only_are_told_apart():
    trials = (a_trial(), a_trial(accuracy=0.5, options={"features": "income"}))
    value = told(runs={"nightly": a_run(trials=trials)}).get_sample_value
    labels = NOISE | {"severity": "0.1"}
    assert value("driftd_retest_accuracy_ratio", labels) == 0.88
    assert value("driftd_retest_accuracy_ratio", labels | {"options": "features=income"}) == 0.5


def test_no_series_comes_twice_whatever_a_run_repeats():
    trials = tuple(trial for trial in (a_trial(), an_attack(), a_certificate()) for _ in range(2))
    lines = generate_latest(told(runs={"nightly": a_run(trials=trials)})).decode().splitlines()
    series = [line.rsplit(" ", 1)[0] for line in lines if not line.startswith("#")]
    assert len(series) == len(set(series))


def test_a_model_without_retests_has_no_family_of_theirs():
    assert b"driftd_retest_verdict" not in generate_latest(told(runs={}))


def test_promtool_finds_no_fault():
    totals = {"nightly": Totals().plus(a_run())}
    registry = told(totals=totals, running=a_running_run(), next_ms={"nightly": START_MS})
    assert check_metrics(generate_latest(registry)) == (0, "")
