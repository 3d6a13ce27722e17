"""The README tells no metric that there is not."""

import re
from pathlib import Path

import numpy as np
from prometheus_client import CollectorRegistry

from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.retest.totals import Totals
from monitor.view import Board, RetestsView
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


def test_every_metric_that_the_readme_names_is_exported():
    board, registry = Board(), CollectorRegistry()
    Meters(registry)
    warming = a_calm_stream(segment="FR", calibration=a_calibration("warming_up"))
    totals = {"nightly": Totals().plus(a_passed_run())}
    retests = RetestsView({"nightly": a_run()}, a_running_run(), {"nightly": START_MS}, totals)
    streams = (a_stream(unseen=np.zeros(5)), warming)
    board.publish(
        a_view(models=(a_model(streams=streams, retests=retests), a_labelled_model("fraud")))
    )
    text = Exposition(board, registry).render().decode()
    exported = {line.partition("{")[0].partition(" ")[0] for line in text.splitlines()}
    exported |= {name.removesuffix("_bucket") for name in exported}  # histograms
    named = set(re.findall(r"\bdriftd_[a-z_]+[a-z]", README.read_text()))
    assert named
    assert named <= exported
