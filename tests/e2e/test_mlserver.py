"""A model behind a real MLServer is asked over the Open Inference Protocol."""

import json
from pathlib import Path

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal
from sklearn.datasets import load_breast_cancer

from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from monitor.config.endpoint import EndpointConfig
from monitor.retest.endpoints import open_model
from monitor.retest.model import EndpointError, LiveModel
from monitor.schema import Prediction, Schema
from tests.parts.mlserver import can_be_installed, serve_tumours

pytestmark = pytest.mark.skipif(
    not can_be_installed(), reason="MLServer needs Python 3.11 or 3.12, and none is here"
)

VALUES = load_breast_cancer().data
SPACE = Space(tuple(Feature(f"f{k}", Values.NUMERIC) for k in range(VALUES.shape[1])))
TABLE = Table({f"f{k}": column for k, column in enumerate(VALUES.T)})


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory):
    """The server's URL, and what the model says of each record."""
    folder: Path = tmp_path_factory.mktemp("mlserver")
    with serve_tumours(folder) as url:
        yield url, np.array(json.loads((folder / "chances.json").read_text()))


def ask(url: str, model: str = "tumours", **config: object) -> LiveModel:
    endpoint = EndpointConfig(protocol="v2", url=url, model=model, timeout="20s", **config)
    schema = Schema((), Prediction(("p",), PredictionKind.PROBABILITY))
    return open_model(endpoint, "m", schema, SPACE, Task(("0", "1"), 0.5), 10_000, "r")


def test_every_record_gets_the_answer_that_the_model_gives(served):
    url, chances = served
    scored, labelled = ask(url, output="predict_proba"), ask(url)
    for model in (scored, labelled):
        model.open()
    answers, labels = scored.predict(TABLE), labelled.predict(TABLE)
    for model in (scored, labelled):
        model.close()
    assert_allclose(answers.chances, chances, atol=1e-9)
    assert scored.version == "v1"
    assert_array_equal(labels.outcome, np.argmax(chances, axis=1))
    assert not labels.scored
    assert not answers.reasons
    assert not labels.reasons


def test_a_record_that_the_model_refuses_fails_alone(served):
    url, chances = served
    missing = VALUES.copy()
    missing[17, 3] = np.nan
    model = ask(url, output="predict_proba", retries=0)
    model.open()
    answers = model.predict(Table({f"f{k}": column for k, column in enumerate(missing.T)}))
    model.close()
    assert_array_equal(np.flatnonzero(answers.failed), [17])
    assert answers.reasons == {"http_500": 1}
    others = np.arange(len(VALUES)) != 17
    assert_allclose(answers.chances[others], chances[others], atol=1e-9)


def test_a_model_that_it_does_not_have_is_told(served):
    model = ask(served[0], model="nope")
    with pytest.raises(EndpointError, match="nope not found"):
        model.open()
    model.close()
