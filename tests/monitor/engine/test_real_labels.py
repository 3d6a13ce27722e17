"""Real labels of bundled data, through the decoders and the engine, against scikit-learn."""

from pathlib import Path

import numpy as np
import pytest
from sklearn import metrics
from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_wine
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import PolynomialFeatures, StandardScaler

from detectors.performance.score_measures import roc_auc_error
from detectors.prediction_kind import PredictionKind
from monitor.view import PerformanceWindowView
from tests.monitor.engine.bundled import Rows, a_service, answered, stream_through

BLOCK = 50


def a_linear_model():
    return make_pipeline(StandardScaler(), LogisticRegression())


def of_river(name: str) -> tuple[np.ndarray, np.ndarray]:
    """Return inputs and labels of a data set that river bundles."""
    from river import datasets

    pairs = list(getattr(datasets, name)())
    return np.array([list(inputs.values()) for inputs, _ in pairs]), np.array(
        [label for _, label in pairs]
    )


def tumours() -> Rows:
    return answered(*load_breast_cancer(return_X_y=True), 150, a_linear_model())


def websites() -> Rows:
    inputs, labels = of_river("Phishing")
    return answered(inputs, labels, 300, a_linear_model())


def bananas() -> Rows:
    model = make_pipeline(PolynomialFeatures(6), StandardScaler(), LogisticRegression())
    return answered(*of_river("Bananas"), 1_000, model)


def segments() -> Rows:
    return answered(*of_river("ImageSegments"), 400, a_linear_model())


def wines() -> Rows:
    return answered(*load_wine(return_X_y=True), 40, a_linear_model())


def digits() -> Rows:
    inputs, labels = load_digits(return_X_y=True)
    return answered(inputs[:, 18:46], labels, 300, a_linear_model())


def diabetes() -> Rows:
    return answered(*load_diabetes(return_X_y=True), 142, Ridge(alpha=0.1))


def approval() -> Rows:
    return answered(*of_river("TrumpApproval"), 300, Ridge())


def watched(folder: Path, kind: PredictionKind, rows: Rows) -> tuple[Rows, PerformanceWindowView]:
    """Stream the second half of rows; return it, and what is told in the end of all of it."""
    known, live = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    told = stream_through(a_service(folder, kind, known), kind, live, BLOCK)
    window = told[-1].performance.windows[-1]
    assert (window.pairs, window.unusable) == (len(live), 0)
    return live, window


@pytest.mark.parametrize("rows", [tumours, websites, bananas])
def test_measures_of_a_probability_are_those_of_scikit_learn(tmp_path, rows):
    live, window = watched(tmp_path, PredictionKind.PROBABILITY, rows())
    found = {name: each.value for name, each in window.measures.items()}
    truth, said, scores = live.labels == live.classes[1], live.predicted, live.chances[:, 1]
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(live.labels, said))
    for name in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{name}_score")
        assert found[name] == pytest.approx(score(truth, said == live.classes[1]))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(truth, scores), abs=1e-8)
    assert found["brier"] == pytest.approx(metrics.brier_score_loss(truth, scores), abs=1e-8)


@pytest.mark.parametrize("rows", [tumours, websites, bananas])
def test_the_auc_is_that_of_scikit_learn_but_for_the_bins(tmp_path, rows):
    rows = rows()
    known, live = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    service = a_service(tmp_path, PredictionKind.PROBABILITY, known)
    window = stream_through(service, PredictionKind.PROBABILITY, live, BLOCK)[-1]
    (stream,) = service.performance.streams.values()
    tally = stream.windows.suffix(1_440)[1].tally
    found = window.performance.windows[-1].measures["roc_auc"].value
    exact = metrics.roc_auc_score(live.labels, live.chances[:, 1])
    assert abs(found - exact) <= roc_auc_error(tally) + 1e-9
    assert roc_auc_error(tally) < 0.01


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (PredictionKind.PROBABILITIES, segments),
        (PredictionKind.PROBABILITIES, wines),
        (PredictionKind.CLASS, digits),
        (PredictionKind.CLASS, segments),
    ],
)
def test_measures_of_several_classes_are_those_of_scikit_learn(tmp_path, kind, rows):
    live, window = watched(tmp_path, kind, rows())
    found = {name: each.value for name, each in window.measures.items()}
    assert found["accuracy"] == pytest.approx(metrics.accuracy_score(live.labels, live.predicted))
    for name in ("precision", "recall", "f1"):
        score = getattr(metrics, f"{name}_score")
        macro = score(live.labels, live.predicted, average="macro", zero_division=np.nan)
        assert found[name] == pytest.approx(macro)
    if kind is PredictionKind.PROBABILITIES:
        right = live.predicted == live.labels
        confidence = live.chances.max(axis=1)
        assert found["log_loss"] == pytest.approx(metrics.log_loss(right, confidence), abs=1e-8)
        assert found["brier"] == pytest.approx(np.mean((right - confidence) ** 2), abs=1e-8)


def test_the_confusion_matrix_is_that_of_scikit_learn(tmp_path):
    rows = segments()
    known, live = rows[:900], rows[900:]
    service = a_service(tmp_path, PredictionKind.PROBABILITIES, known)
    performance = stream_through(service, PredictionKind.PROBABILITIES, live, BLOCK)[-1].performance
    expected = metrics.confusion_matrix(live.labels, live.predicted, labels=performance.classes)
    confusion = performance.windows[-1].confusion
    assert (expected == confusion[:-1, :-1].T).all()
    assert not confusion[-1].any()
    assert not confusion[:, -1].any()


@pytest.mark.parametrize("rows", [diabetes, approval])
def test_measures_of_a_regression_are_those_of_scikit_learn(tmp_path, rows):
    live, window = watched(tmp_path, PredictionKind.REGRESSION, rows())
    found = {name: each.value for name, each in window.measures.items()}
    expected = {
        "mae": metrics.mean_absolute_error(live.labels, live.predicted),
        "rmse": metrics.root_mean_squared_error(live.labels, live.predicted),
        "r2": metrics.r2_score(live.labels, live.predicted),
    }
    for name, value in expected.items():
        assert found[name] == pytest.approx(value, rel=1e-4), name
    errors = live.predicted - live.labels
    assert found["bias"] == pytest.approx(errors.mean(), abs=1e-4 * errors.std())


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (PredictionKind.PROBABILITY, bananas),
        (PredictionKind.PROBABILITY, websites),
        (PredictionKind.PROBABILITY, tumours),
        (PredictionKind.PROBABILITIES, segments),
        (PredictionKind.CLASS, digits),
    ],
)
def test_accuracy_is_estimated_within_its_interval(tmp_path, kind, rows):
    live, window = watched(tmp_path, kind, rows())
    estimate = window.estimates["accuracy"]
    exact = metrics.accuracy_score(live.labels, live.predicted)
    assert estimate.low <= exact <= estimate.high
    assert estimate.high - estimate.low < 0.2
    assert estimate.realised == pytest.approx(exact)
    # All records have their labels, so both estimates are of the same ones.
    assert estimate.labelled == pytest.approx(estimate.value)


def test_the_error_of_a_regression_is_estimated_within_its_interval(tmp_path):
    live, window = watched(tmp_path, PredictionKind.REGRESSION, diabetes())
    estimate = window.estimates["mae"]
    exact = metrics.mean_absolute_error(live.labels, live.predicted)
    assert estimate.low <= exact <= estimate.high


def test_labels_that_are_flipped_raise_a_page_and_inputs_do_not(tmp_path):
    rows = bananas()
    known, live = rows[:2_300], rows[2_300:]
    flipped = live.labels.copy()
    flipped[1_000::4] ^= True
    changed = Rows(live.inputs, flipped, live.chances, live.classes)
    service = a_service(tmp_path, PredictionKind.PROBABILITY, known)
    told = stream_through(service, PredictionKind.PROBABILITY, changed, BLOCK)
    severities = [each.alarm.severity for each in told]
    # Rows from 1,000 on are block 20, whose labels come in block 22.
    assert set(severities[:22]) == {""}
    assert "page" in severities[22:30]
    evidence = max((each.performance.evidence for each in told[22:]), key=lambda each: each.value)
    assert evidence.kind in ("error", "loss")
    assert evidence.effect > 0
    (inputs,) = service.engine.streams.values()
    assert (inputs.watch.pages, inputs.watch.tickets) == (0, 0)


@pytest.mark.parametrize(
    ("kind", "rows"),
    [
        (PredictionKind.PROBABILITY, bananas),
        (PredictionKind.PROBABILITIES, segments),
        (PredictionKind.CLASS, digits),
        (PredictionKind.REGRESSION, diabetes),
    ],
)
def test_labels_as_the_reference_knows_them_raise_no_alarm(tmp_path, kind, rows):
    rows = rows()
    known, live = rows[: len(rows) // 2], rows[len(rows) // 2 :]
    told = stream_through(a_service(tmp_path, kind, known), kind, live, BLOCK)
    assert {each.alarm.severity for each in told} == {""}
    assert told[-1].alarm.raised == {"ticket": 0, "page": 0}


def test_labels_of_a_class_that_the_reference_lacks_are_wrong_answers_beside_the_estimate(tmp_path):
    rows = segments()
    known, live = rows[:900], rows[900:]
    labels = live.labels.copy()
    labels[::10] = "cloud"
    changed = Rows(live.inputs, labels, live.chances, live.classes)
    service = a_service(tmp_path, PredictionKind.PROBABILITIES, known)
    told = stream_through(service, PredictionKind.PROBABILITIES, changed, BLOCK)
    window = told[-1].performance.windows[-1]
    exact = metrics.accuracy_score(labels, live.predicted)
    assert window.measures["accuracy"].value == pytest.approx(exact)
    estimate = window.estimates["accuracy"]
    assert estimate.realised == pytest.approx(exact)
    assert estimate.difference < -3 * estimate.difference_error
