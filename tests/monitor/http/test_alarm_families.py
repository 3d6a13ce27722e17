import math

import pytest
from prometheus_client import CollectorRegistry

from monitor.build import read_build
from monitor.http.collector import BoardCollector
from monitor.view import Board, BudgetView, StreamView
from tests.monitor.http.views import (
    DAY_MS,
    START_MS,
    a_calibration,
    a_calm_stream,
    a_drifted,
    a_model,
    a_stream,
    a_view,
    an_alarm,
    some_evidence,
)

STREAM = {"model": "credit", "version": "7", "segment": "DE"}


def told(*streams: StreamView, **changes):
    """Return what looks up a sample of a model with some streams: its value, or None."""
    board, registry = Board(), CollectorRegistry()
    board.publish(a_view(models=(a_model(streams=streams, **changes),)))
    registry.register(BoardCollector(board, read_build(), most_features=200))

    def value(name: str, **labels: str) -> float | None:
        return registry.get_sample_value(name, STREAM | labels)

    return value


def test_evidence_stands_beside_what_raises_alarms():
    value = told(a_stream(page_threshold=10.0, ticket_threshold=7.5))
    assert value("driftd_evidence") == 13.3
    assert value("driftd_evidence_threshold", severity="page") == 10.0
    assert value("driftd_evidence_threshold", severity="ticket") == 7.5


def test_the_effect_is_a_size_and_stands_beside_what_is_ignored():
    value = told(a_stream(evidence=some_evidence(effect=-0.41)), ignore_below=0.1)
    assert value("driftd_effect") == 0.41
    assert value("driftd_effect_threshold") == 0.1


@pytest.mark.parametrize(
    ("severity", "page", "ticket"), [("", 0, 0), ("ticket", 0, 1), ("page", 1, 1)]
)
def test_an_alarm_is_active_at_its_severity_and_those_below(severity, page, ticket):
    value = told(a_stream(alarm=an_alarm(severity)))
    assert value("driftd_alarm_active", severity="page") == page
    assert value("driftd_alarm_active", severity="ticket") == ticket


def test_alarms_are_counted_by_severity_and_from_zero():
    value = told(a_stream(alarm=an_alarm("page", raised={"page": 3})))
    assert value("driftd_alarms_total", severity="page") == 3
    assert value("driftd_alarms_total", severity="ticket") == 0


def test_drifted_features_are_counted():
    drifted = (a_drifted("a"), a_drifted("b"))
    assert told(a_stream(drifted=drifted))("driftd_drifted_features") == 2
    assert told(a_calm_stream())("driftd_drifted_features") == 0


def test_the_spent_budget_is_told_of_the_model():
    board, registry = Board(), CollectorRegistry()
    board.publish(a_view(models=(a_model(budget=BudgetView(2, 20, "30d", spent=0.5)),)))
    registry.register(BoardCollector(board, read_build(), most_features=200))
    name = "driftd_false_alarm_budget_spent_ratio"
    assert registry.get_sample_value(name, {"model": "credit"}) == 0.5


def test_the_calibration_tells_its_state_and_by_how_much_windows_wander():
    value = told(a_stream(calibration=a_calibration("learned")))
    assert value("driftd_calibration_info", state="learned") == 1
    assert value("driftd_calibration_info", state="reference") is None
    assert value("driftd_calibration_inflation_ratio", window="1h") == 3.5
    assert value("driftd_calibration_inflation_ratio", window="1d") == math.inf


def test_false_pages_are_told_where_they_could_be_measured():
    name = "driftd_calibration_false_pages"
    assert told(a_stream(calibration=a_calibration(false_pages=0.5)))(name) == 0.5
    assert told(a_stream(calibration=a_calibration(false_pages=None)))(name) is None


def test_the_end_of_the_warm_up_is_told_while_it_lasts():
    name = "driftd_warm_up_end_timestamp_seconds"
    warming = a_calibration("warming_up", until_ms=START_MS + DAY_MS)
    assert told(a_calm_stream(calibration=warming))(name) == (START_MS + DAY_MS) / 1000
    untold = a_calibration("warming_up", until_ms=None)
    assert told(a_calm_stream(calibration=untold))(name) is None
    learned = a_calibration("learned", until_ms=START_MS)
    assert told(a_calm_stream(calibration=learned))(name) is None
