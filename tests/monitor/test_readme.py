"""The README tells no metric that there is not."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from monitor.events.result import Judgement, Result
from monitor.events.view import EventsView, TriggerView
from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.retest.totals import Totals
from monitor.retest.view import RetestsView
from monitor.view import Board
from tests.monitor.http.views import (
    START_MS,
    a_calibration,
    a_calm_stream,
    a_labelled_model,
    a_model,
    a_stream,
    a_view,
)
from tests.monitor.retest.runs import a_passed_run, a_run, a_running_run

README = Path(__file__).parents[2] / "README.md"


def some_events() -> EventsView:
    """An event that waits for its trigger, and a result that was posted back."""
    found = Result("1", "credit", "2026-01-05T00:10:00Z", Judgement.RETRAIN, figures={"records": 9})
    return EventsView(
        triggers={"retrain": TriggerView(waiting=1, oldest_ms=START_MS)},
        results={("credit", "retrain"): 1},
        newest_results={"credit": found},
    )


def test_every_metric_that_the_readme_names_is_exported():
    board, registry = Board(), CollectorRegistry()
    Meters(registry).reached_at("https://driftd.example")
    warming = a_calm_stream(segment="FR", calibration=a_calibration("warming_up"))
    totals = {"nightly": Totals().plus(a_passed_run())}
    retests = RetestsView({"nightly": a_run()}, a_running_run(), {"nightly": START_MS}, totals)
    streams = (a_stream(unseen=np.zeros(5)), warming)
    models = (a_model(streams=streams, retests=retests), a_labelled_model("fraud"))
    board.publish(replace(a_view(models=models), events=some_events()))
    text = Exposition(board, registry).render().decode()
    exported = {line.partition("{")[0].partition(" ")[0] for line in text.splitlines()}
    exported |= {name.removesuffix("_bucket") for name in exported}  # histograms
    named = set(re.findall(r"\bdriftd_[a-z_]+[a-z]", README.read_text()))
    assert named
    assert named <= exported
