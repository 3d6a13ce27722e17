import numpy as np
import pytest
from prometheus_client import CollectorRegistry

from monitor.build import read_build
from monitor.http.collector import BoardCollector
from monitor.view import Board, EstimateView, ModelView
from tests.monitor.http.views import (
    START_MS,
    a_diagnosis,
    a_labelled_model,
    a_model,
    a_performance,
    a_performance_window,
    a_stream,
    a_view,
    some_labels,
)

STREAM = {"model": "credit", "version": "7", "segment": "DE"}
DAY = STREAM | {"window": "1d"}
MODEL = {"model": "credit"}
KINDS = (
    "data_corruption",
    "covariate_shift",
    "prior_shift",
    "concept_drift",
    "out_of_distribution",
)


def told(model: ModelView | None = None) -> CollectorRegistry:
    """Return a registry with a labelled model, or another one."""
    board, registry = Board(), CollectorRegistry()
    board.publish(a_view(models=(model or a_labelled_model(),)))
    registry.register(BoardCollector(board, read_build(), most_features=200))
    return registry


def of_performance(**changes) -> CollectorRegistry:
    stream = a_stream(performance=a_performance(**changes))
    return told(a_model(streams=(stream,)))


def test_a_measure_stands_beside_its_interval_and_the_reference():
    value = told().get_sample_value
    accuracy = DAY | {"measure": "accuracy"}
    assert value("driftd_performance", accuracy) == 0.81
    assert value("driftd_performance_low", accuracy) == 0.77
    assert value("driftd_performance_high", accuracy) == 0.85
    assert value("driftd_performance_reference", STREAM | {"measure": "accuracy"}) == 0.9
    assert value("driftd_performance_pairs", DAY) == 300


def test_an_undefined_measure_has_a_reference_only():
    value = told().get_sample_value
    assert value("driftd_performance", DAY | {"measure": "log_loss"}) is None
    assert value("driftd_performance_reference", STREAM | {"measure": "log_loss"}) == 0.25


def test_an_estimate_stands_beside_how_it_did_where_labels_came():
    value = told().get_sample_value
    accuracy = DAY | {"measure": "accuracy"}
    assert value("driftd_performance_estimated", accuracy) == 0.88
    assert value("driftd_performance_estimated_low", accuracy) == 0.86
    assert value("driftd_performance_estimated_high", accuracy) == 0.9
    assert value("driftd_performance_estimate_difference", accuracy) == -0.065
    assert value("driftd_performance_estimate_difference_error", accuracy) == 0.02


def test_an_estimate_before_any_label_is_told():
    nan = float("nan")
    estimate = EstimateView(0.88, 0.86, 0.9, 0.9, nan, nan, nan, nan)
    window = a_performance_window(pairs=0, measures={}, estimates={"accuracy": estimate})
    value = of_performance(windows=(window,)).get_sample_value
    accuracy = DAY | {"measure": "accuracy"}
    assert value("driftd_performance_estimated", accuracy) == 0.88
    assert value("driftd_performance_estimate_difference", accuracy) is None


def test_the_confusion_matrix_is_of_the_longest_window():
    value = told().get_sample_value
    cell = {"predicted": "no", "actual": "yes"}
    assert value("driftd_confusion_pairs", DAY | cell) == 30
    assert value("driftd_confusion_pairs", DAY | {"predicted": "no", "actual": "__other__"}) == 1
    assert value("driftd_confusion_pairs", STREAM | {"window": "block"} | cell) is None


@pytest.mark.parametrize(("count", "cells"), [(10, 121), (11, 0)])
def test_a_confusion_matrix_of_more_than_ten_classes_is_not_exported(count, cells):
    window = a_performance_window(confusion=np.ones((count + 1, count + 1), dtype=np.int64))
    classes = tuple(map(str, range(count)))
    registry = of_performance(windows=(window,), classes=classes)
    (family,) = (each for each in registry.collect() if each.name == "driftd_confusion_pairs")
    assert len(family.samples) == cells


def test_a_class_called_other_is_told_from_other_classes():
    window = a_performance_window(confusion=np.diag([5, 6, 7]))
    registry = of_performance(windows=(window,), classes=("good", "other"))
    (family,) = (each for each in registry.collect() if each.name == "driftd_confusion_pairs")
    labels = [tuple(sorted(sample.labels.items())) for sample in family.samples]
    assert len(set(labels)) == len(labels)


def test_a_stream_whose_windows_are_still_empty_tells_its_evidence():
    assert of_performance(windows=()).get_sample_value("driftd_performance_evidence", STREAM) == 5.0


def test_detections_are_counted_by_detector():
    value = told().get_sample_value
    name = "driftd_error_detections_total"
    assert value(name, STREAM | {"detector": "page_hinkley"}) == 2
    assert value(name, STREAM | {"detector": "ddm"}) == 0


@pytest.mark.parametrize("named", ["", *KINDS])
def test_a_diagnosis_tells_all_five_kinds_always(named):
    stream = a_stream(diagnosis=a_diagnosis(named, degrees={named: 1.0} if named else {}))
    value = told(a_model(streams=(stream,))).get_sample_value
    degrees = {kind: value("driftd_diagnosis", STREAM | {"kind": kind}) for kind in KINDS}
    assert degrees == {kind: float(kind == named) for kind in KINDS}
    assert value("driftd_outside_support_ratio", STREAM) == 0.02


def test_outcomes_of_labels_are_counted_from_zero():
    value = told().get_sample_value
    assert value("driftd_labels_total", MODEL | {"outcome": "late"}) == 3
    assert value("driftd_labels_total", MODEL | {"outcome": "orphan"}) == 0
    assert value("driftd_labelled_predictions_total", MODEL | {"outcome": "unlabelled"}) == 24


def test_ratios_are_of_the_predictions_that_wait_no_more():
    value = told().get_sample_value
    assert value("driftd_label_join_ratio", MODEL) == 90 / 120
    assert value("driftd_unlabelled_ratio", MODEL) == 24 / 120


def test_before_any_prediction_is_decided_there_is_no_ratio_and_no_oldest_one():
    labels = some_labels(predictions={}, oldest_ms=None)
    value = told(a_labelled_model(labels=labels)).get_sample_value
    assert value("driftd_label_join_ratio", MODEL) is None
    assert value("driftd_label_oldest_waiting_timestamp_seconds", MODEL) is None


def test_what_waits_is_told_by_side():
    value = told().get_sample_value
    assert value("driftd_labels_waiting", MODEL | {"side": "prediction"}) == 40
    assert value("driftd_labels_waiting", MODEL | {"side": "label"}) == 5
    assert value("driftd_label_oldest_waiting_timestamp_seconds", MODEL) == START_MS / 1000
    assert value("driftd_label_store_bytes", MODEL) == 8192


@pytest.mark.parametrize(("bound", "labels"), [("1.0", 1), ("5.0", 2), ("3600.0", 2), ("+Inf", 3)])
def test_delays_are_a_cumulated_histogram(bound, labels):
    value = told().get_sample_value
    assert value("driftd_label_delay_seconds_bucket", MODEL | {"le": bound}) == labels
    assert value("driftd_label_delay_seconds_count", MODEL) == 3
    assert value("driftd_label_delay_seconds_sum", MODEL) == pytest.approx(3603.501)


def test_without_labels_no_family_about_them_is_told():
    names = {family.name for family in told(a_model()).collect()}
    assert not [name for name in names if "performance" in name or "label" in name]
