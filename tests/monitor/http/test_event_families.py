import pytest
from prometheus_client import CollectorRegistry, generate_latest

from monitor.build import read_build
from monitor.events.event import EventType
from monitor.events.result import Judgement
from monitor.events.view import EventsView, TriggerView
from monitor.http.collector import BoardCollector
from monitor.http.event_families import MOST_FIGURES
from monitor.view import Board
from tests.monitor.events.made import a_result, an_event
from tests.monitor.http.views import START_MS, a_model, a_view
from tests.parts.prometheus import check_metrics

RAISED = an_event()
TRIGGERS = {
    "retrain": TriggerView(delivered=5, retried=3, dead=1, waiting=2, oldest_ms=START_MS),
    "audit": TriggerView(),
}


def told(**changes) -> CollectorRegistry:
    """Return a registry with the events of a model, one of which is open."""
    board, registry = Board(), CollectorRegistry()
    events = {
        "counts": {("credit", "alarm.raised"): 4, ("gone", "alarm.raised"): 2},
        "open": (RAISED,),
        "triggers": TRIGGERS,
        "results": {("credit", "retrain"): 3},
        "newest_results": {"credit": a_result(RAISED)},
    }
    models = (a_model("credit"), a_model("plain"))
    board.publish(a_view(models=models, events=EventsView(**(events | changes))))
    registry.register(BoardCollector(board, read_build(), most_features=200))
    return registry


@pytest.mark.parametrize(
    ("model", "what", "count"),
    [("credit", "alarm.raised", 4), ("credit", "retest.failed", 0), ("plain", "alarm.raised", 0)],
)
def test_events_are_counted_by_model_and_type_from_0_on(model, what, count):
    labels = {"model": model, "type": what}
    assert told().get_sample_value("driftd_events_total", labels) == count


def test_every_type_of_event_has_a_series_before_the_first():
    text = generate_latest(told(counts={})).decode()
    assert text.count('driftd_events_total{model="plain"') == len(EventType)
    assert text.count('driftd_reevaluations_total{model="plain"') == len(Judgement)


def test_the_counts_of_a_model_that_is_no_longer_configured_go_on():
    labels = {"model": "gone", "type": "alarm.raised"}
    assert told().get_sample_value("driftd_events_total", labels) == 2


@pytest.mark.parametrize(("model", "count"), [("credit", 1), ("plain", 0)])
def test_what_is_open_is_told_of_each_model(model, count):
    assert told().get_sample_value("driftd_events_open", {"model": model}) == count


@pytest.mark.parametrize(
    ("trigger", "outcome", "count"),
    [
        ("retrain", "delivered", 5),
        ("retrain", "retried", 3),
        ("retrain", "dead", 1),
        ("audit", "dead", 0),
    ],
)
def test_deliveries_are_counted_by_outcome_from_0_on(trigger, outcome, count):
    labels = {"trigger": trigger, "outcome": outcome}
    assert told().get_sample_value("driftd_trigger_deliveries_total", labels) == count


def test_what_waits_is_told_with_the_time_of_the_oldest():
    value = told().get_sample_value
    assert value("driftd_trigger_queue_events", {"trigger": "retrain"}) == 2
    assert value("driftd_trigger_queue_events", {"trigger": "audit"}) == 0
    name = "driftd_trigger_oldest_event_timestamp_seconds"
    assert value(name, {"trigger": "retrain"}) == START_MS / 1000
    assert value(name, {"trigger": "audit"}) is None


def test_the_newest_result_is_told_with_its_figures():
    value = told().get_sample_value
    assert value("driftd_reevaluations_total", {"model": "credit", "verdict": "retrain"}) == 3
    # 2026-01-05T00:30:00Z
    at_s = value("driftd_reevaluation_last_timestamp_seconds", {"model": "credit"})
    assert at_s == START_MS / 1000 + 1800
    labels = {"model": "credit", "figure": "live_accuracy"}
    assert value("driftd_reevaluation_figure", labels) == 0.81


def test_so_many_figures_are_told_and_no_more():
    figures = {f"figure_{number:02}": float(number) for number in range(MOST_FIGURES + 5)}
    text = generate_latest(told(newest_results={"credit": a_result(RAISED, figures=figures)}))
    assert text.count(b"driftd_reevaluation_figure{") == MOST_FIGURES


@pytest.mark.parametrize("figure", ["", 'a b\n"c"', "\ud800"])
def test_a_figure_may_have_any_name(figure):
    result = a_result(RAISED, figures={figure: 1.0})
    assert b"driftd_reevaluation_figure{" in generate_latest(
        told(newest_results={"credit": result})
    )


def test_promtool_finds_no_fault():
    assert check_metrics(generate_latest(told())) == (0, "")
