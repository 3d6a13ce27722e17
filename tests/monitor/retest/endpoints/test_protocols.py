"""Every protocol brings the records to a real server and its answers back."""

import time

import numpy as np
import pytest
from numpy.testing import assert_allclose, assert_array_equal

from detectors.prediction_kind import PredictionKind
from detectors.robustness.answers import Task
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from tests.monitor.retest.endpoints.asking import SPACE, asking, records
from tests.monitor.retest.endpoints.servers import Served, chance, mlflow, plain, serving, v1, v2

TEMPLATE = {"ask": {"instances": "$rows"}, "names": "$columns", "id": "$id", "mode": "fast"}
OBJECTS = {"ask": {"instances": "$records"}}

SPOKEN = [
    pytest.param(v2, {"output": "scores"}, id="v2"),
    pytest.param(v2, {"output": "scores", "layout": "columns"}, id="v2 columns"),
    pytest.param(v1, {"protocol": "v1"}, id="v1"),
    pytest.param(v1, {"protocol": "v1", "layout": "objects"}, id="v1 objects"),
    pytest.param(mlflow, {"protocol": "mlflow"}, id="mlflow"),
    pytest.param(mlflow, {"protocol": "mlflow", "layout": "inputs"}, id="mlflow inputs"),
    pytest.param(plain, {"protocol": "json", "request": TEMPLATE}, id="json"),
    pytest.param(plain, {"protocol": "json", "request": OBJECTS}, id="json objects"),
]


@pytest.mark.parametrize(("speak", "config"), SPOKEN)
def test_each_record_gets_its_own_answer_through_any_batches(speak, config):
    served, table = Served(), records(57)
    if speak is plain:
        config = {**config, "answer": "ok.results.*.p"}
    with serving(speak(served)) as url:
        path = "/score" if speak is plain else ""
        with asking(url + path, batch=10, **config) as model:
            answers = model.predict(table)
    positive = chance(table.columns["income"], table.columns["age"])
    assert_allclose(answers.chances[:, 1], positive, rtol=1e-12)
    assert_array_equal(answers.outcome, positive >= 0.5)
    assert not answers.reasons
    assert model.queries == 57
    assert len(served.requests) == len(model.latencies_s()) == 6


@pytest.mark.parametrize(("speak", "config"), SPOKEN)
def test_every_request_is_marked_by_its_header_and_its_id(speak, config):
    served = Served()
    if speak is plain:
        config = {**config, "answer": "ok.results.*.p"}
    with serving(speak(served)) as url:
        path = "/score" if speak is plain else ""
        with asking(url + path, batch=5, concurrency=1, **config) as model:
            model.predict(records(10))
    ids = [f"driftd-retest-run1-{number}" for number in (1, 2)]
    assert [headers["x-driftd-retest"] for headers, _ in served.requests] == ids
    assert [headers["x-request-id"] for headers, _ in served.requests] == ids
    if "id" in served.requests[0][1]:
        assert [body["id"] for _, body in served.requests] == ids


def test_a_whole_number_is_rounded_before_it_is_sent_not_cut_by_the_server():
    served = Served()
    table = Table({"income": np.zeros(2), "age": np.array([1.9, -1.9])})
    with serving(mlflow(served)) as url, asking(url, protocol="mlflow") as model:
        cast = model.cast(table)
        answers = model.predict(table)
    assert_array_equal(cast.columns["age"], [2.0, -2.0])
    assert served.requests[0][1]["dataframe_split"]["data"] == [[0.0, 2], [0.0, -2]]
    assert_allclose(answers.chances[:, 1], chance(np.zeros(2), np.array([2.0, -2.0])))


def test_a_cast_table_is_cast_to_itself_and_is_what_the_server_gets():
    told = [{"name": "x", "datatype": "FP32", "shape": [-1, 2]}]
    served, table = Served(), records(20)
    with serving(v2(served, told)) as url, asking(url, output="scores") as model:
        cast = model.cast(table)
        model.predict(table)
        again = model.cast(cast)
    assert_array_equal(cast.columns["income"], again.columns["income"])
    (tensor,) = served.requests[0][1]["inputs"]
    assert (tensor["name"], tensor["datatype"], tensor["shape"]) == ("x", "FP32", [20, 2])
    assert tensor["data"][::2] == cast.columns["income"].tolist()
    assert_array_equal(cast.columns["income"], np.float32(table.columns["income"]))


def test_labels_alone_are_answers_without_probabilities():
    table = records(30)
    with serving(v2(Served())) as url, asking(url) as model:
        answers = model.predict(table)
    assert answers.chances.shape == (30, 0)
    assert not answers.scored
    assert_array_equal(answers.outcome, chance(table.columns["income"], table.columns["age"]) > 0.5)


def test_a_mixed_record_is_one_typed_input_a_feature():
    space = Space(
        (
            *SPACE.features,
            Feature("plan", Values.CATEGORICAL),
            Feature("owner", Values.BOOLEAN),
            Feature("face", Values.EMBEDDING, size=2),
        )
    )
    table = Table(
        {
            **records(2).columns,
            "plan": np.array(["gold", None], dtype=object),
            "owner": np.array([True, False], dtype=object),
            "face": np.array([[0.5, 1.5], [np.nan, np.nan]]),
        }
    )
    served = Served()
    with serving(v2(served)) as url, asking(url, space=space, datatype="FP32") as model:
        assert not model.predict(table).reasons
    inputs = {each["name"]: each for each in served.requests[0][1]["inputs"]}
    told = {name: (each["datatype"], each["shape"]) for name, each in inputs.items()}
    assert told == {
        "income": ("FP32", [2, 1]),
        "age": ("INT64", [2, 1]),
        "plan": ("BYTES", [2, 1]),
        "owner": ("BOOL", [2, 1]),
        "face": ("FP32", [2, 2]),
    }
    assert inputs["plan"]["data"] == ["gold", None]
    assert inputs["owner"]["data"] == [True, False]
    assert inputs["face"]["data"] == [0.5, 1.5, None, None]


def test_the_version_is_the_one_that_the_endpoint_tells():
    with serving(v1(Served())) as url, asking(url, protocol="v1") as model:
        assert model.version == "10"
    with serving(v2(Served(version="blue"))) as url, asking(url) as model:
        model.predict(records(1))
        assert model.version == "blue"


def test_a_regression_answers_numbers():
    table = records(5)
    regression = {"task": Task(tolerance=0.1), "kind": PredictionKind.REGRESSION}
    config = {"protocol": "json", "request": OBJECTS, "answer": "ok.results.*.p"}
    with serving(plain(Served())) as url, asking(f"{url}/score", **config, **regression) as model:
        answers = model.predict(table)
    assert_allclose(answers.outcome, chance(table.columns["income"], table.columns["age"]))


def test_requests_are_under_way_at_once_but_no_more_than_configured():
    served = Served(slow_s=0.05)
    with serving(v2(served)) as url, asking(url, batch=1, concurrency=3) as model:
        model.predict(records(9))
    assert served.most_at_once == 3


def test_a_rate_is_kept_and_waiting_for_it_is_no_latency():
    with serving(v2(Served())) as url, asking(url, batch=1, max_rate="20/s") as model:
        began = time.monotonic()
        model.predict(records(9))
        took = time.monotonic() - began
        # A burst of two, and one each twentieth of a second.
        assert took > 0.3
        assert sum(model.latencies_s()) < took / 2
