"""`driftd check` tells where labels come from, and what they are compared with."""

from dataclasses import replace

import pytest

from detectors.prediction_kind import PredictionKind
from monitor.cli.explain_labels import explain_labels, outline_labels
from monitor.reference.file import read_reference
from tests.detectors.performance.test_known_parts import known_of
from tests.monitor.cli.references import write_small_reference
from tests.monitor.config.files import settings_with

LABELS = {"label": "y", "horizon": "2d", "detectors": ["ddm"]}


def told_of(folder, kind, labels):
    changes = {
        "models.credit.records.id": "id",
        "models.credit.records.prediction.kind": str(kind),
        "models.credit.reference": str(folder / "credit.ref"),
        "models.credit.labels": LABELS | labels,
    }
    model = settings_with(folder, changes).models["credit"]
    reference = read_reference(write_small_reference(model))
    return outline_labels(model, replace(reference, performance=known_of(kind)))


@pytest.mark.parametrize("kind", list(PredictionKind))
def test_labels_are_told_with_the_reference_s_performance(tmp_path, kind):
    told = told_of(tmp_path, kind, {"topics": ["credit.labels"]})
    where, measured = explain_labels(told)
    assert where.startswith("labels: topic credit.labels, up to 2d after their records; ")
    name = "mae" if kind is PredictionKind.REGRESSION else "accuracy"
    value, rows = told["reference"][name], told["reference_rows"]
    assert measured == (
        f"reference performance: {name} {value:.4g} of {rows} labelled rows; "
        "detectors of errors: adwin, ddm"
    )


def test_why_performance_is_not_estimated_is_told(tmp_path):
    told = told_of(tmp_path, PredictionKind.PROBABILITY, {})
    where, _ = explain_labels(told | {"estimated": True})
    assert where == (
        "labels: later copies of the records, up to 2d after their records; "
        "performance is estimated meanwhile"
    )
    where, _ = explain_labels(told | {"estimated": False, "no_estimate": "too few rows"})
    assert where.endswith("performance is not estimated: too few rows")
