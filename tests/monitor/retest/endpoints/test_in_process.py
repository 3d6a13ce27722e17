"""Models of ONNX and Python functions run in this process, within the same bounds."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from skl2onnx import convert_sklearn
from skl2onnx.common.data_types import (
    FloatTensorType,
    Int64TensorType,
    StringTensorType,
)
from sklearn.compose import make_column_transformer
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints.python_callable import gradient_of
from monitor.retest.model import EndpointError
from tests.monitor.retest.endpoints.asking import SPACE, asking, asking_unopened, incomes, records
from tests.monitor.retest.endpoints.servers import BAD, chance

NO_ZIPMAP = {"zipmap": False}


@pytest.fixture(scope="module")
def tumours(tmp_path_factory):
    """A real model in a file, the model itself, and its records."""
    values, labels = load_breast_cancer(return_X_y=True)
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(values, labels)
    path = tmp_path_factory.mktemp("onnx") / "tumours.onnx"
    kind = [("x", FloatTensorType([None, values.shape[1]]))]
    made = convert_sklearn(model, initial_types=kind, options={id(model): NO_ZIPMAP})
    path.write_bytes(made.SerializeToString())
    return path, model, values


def test_a_model_of_onnx_answers_as_the_model_that_it_was_made_of(tumours):
    path, model, values = tumours
    space = Space(tuple(Feature(f"f{k}", Values.NUMERIC) for k in range(values.shape[1])))
    table = Table({f"f{k}": column for k, column in enumerate(values.T)})
    with asking(protocol="onnx", file=path, space=space, batch=100) as live:
        answers = live.predict(table)
        cast = np.column_stack(list(live.cast(table).columns.values()))
    assert_array_equal(cast, np.float32(values))
    assert_allclose(answers.chances, model.predict_proba(cast), atol=1e-5)
    assert live.queries == len(values)


def test_a_model_of_onnx_takes_typed_columns(tmp_path):
    rng = np.random.default_rng(0)
    income, age = rng.normal(size=200), rng.integers(18, 90, 200)
    plan = rng.choice(["gold", "lead"], 200).astype(object)
    rows = np.column_stack([income.astype(object), age, plan])
    labels = (income + (plan == "gold") > 0.5).astype(int)
    prepare = make_column_transformer(
        (OneHotEncoder(handle_unknown="ignore"), [2]), remainder="passthrough"
    )
    model = make_pipeline(prepare, LogisticRegression(max_iter=1000)).fit(rows, labels)
    kinds = [
        ("income", FloatTensorType([None, 1])),
        ("age", Int64TensorType([None, 1])),
        ("plan", StringTensorType([None, 1])),
    ]
    path = tmp_path / "mixed.onnx"
    made = convert_sklearn(model, initial_types=kinds, options={id(model): NO_ZIPMAP})
    path.write_bytes(made.SerializeToString())
    space = Space((*SPACE.features, Feature("plan", Values.CATEGORICAL)))
    table = Table({"income": income, "age": age.astype(float), "plan": plan})
    with asking(protocol="onnx", file=path, space=space) as live:
        answers = live.predict(table)
        assert_allclose(answers.chances, model.predict_proba(rows), atol=1e-4)
        one_missing = table.changed({"age": np.where(np.arange(200) == 7, np.nan, 40.0)})
        answers = live.predict(one_missing)
    assert_array_equal(np.flatnonzero(answers.failed), [7])
    assert answers.reasons == {"not_sendable": 1}


def test_a_file_that_is_no_model_is_told(tmp_path):
    path = tmp_path / "no.onnx"
    path.write_bytes(b"\x80\x04\x95pickle")
    with (
        asking_unopened(protocol="onnx", file=path) as live,
        pytest.raises(EndpointError, match=r"no\.onnx cannot be loaded by ONNX Runtime"),
    ):
        live.open()


HERE = __name__


def answer(columns):
    if (columns["income"] == BAD).any():
        raise ValueError("unlucky")
    positive = chance(columns["income"], columns["age"])
    return np.column_stack([1 - positive, positive])


def label(columns):
    return ["bad" if value < 0 else "good" for value in columns["income"]]


def hang(columns):
    time.sleep(1.0)
    return answer(columns)


answer.gradient = lambda columns, _outcome: columns  # type: ignore[attr-defined]
answer.version = "3"  # type: ignore[attr-defined]


def test_a_function_answers_columns_by_name():
    table = records(20)
    with asking(protocol="python", callable=f"{HERE}:answer") as live:
        answers = live.predict(table)
        assert live.version == "3"
    assert_allclose(answers.chances[:, 1], chance(table.columns["income"], table.columns["age"]))


def test_a_function_may_answer_names_of_classes():
    task, kind = Task(("bad", "good")), PredictionKind.CLASS
    with asking(protocol="python", callable=f"{HERE}:label", task=task, kind=kind) as live:
        answers = live.predict(incomes([-1.0, 1.0]))
    assert_array_equal(answers.outcome, [0.0, 1.0])


def test_a_record_that_a_function_raises_for_fails_alone():
    with asking(protocol="python", callable=f"{HERE}:answer") as live:
        answers = live.predict(incomes([1.0, BAD, 2.0]))
    assert_array_equal(answers.failed, [False, True, False])
    assert answers.reasons == {"model_error": 1}


def test_a_function_that_hangs_is_gone():
    with (
        asking(protocol="python", callable=f"{HERE}:hang", timeout="50ms") as live,
        pytest.raises(EndpointError, match=r"took more than 0\.05 s") as caught,
    ):
        live.predict(records(2))
    assert caught.value.reason == "timeout"


@pytest.mark.parametrize("name", ["no.module:f", f"{HERE}:nothing", f"{HERE}:HERE"])
def test_a_function_that_is_none_is_told(name):
    with (
        asking_unopened(protocol="python", callable=name) as live,
        pytest.raises(EndpointError, match=r"endpoint\.callable"),
    ):
        live.open()


def test_the_gradient_of_a_function_is_found_where_it_has_one():
    found = [
        gradient_of(EndpointConfig(protocol="python", callable=f"{HERE}:{name}"))
        for name in ("answer", "label")
    ]
    assert [each is not None for each in found] == [True, False]
