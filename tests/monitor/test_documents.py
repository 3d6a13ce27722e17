from dataclasses import replace

import msgspec
import numpy as np
import pytest

from monitor import document_types as types
from monitor.documents import model_document, models_document, status_document
from monitor.sources.source import Partition
from monitor.view import Drifted, View, WindowView
from tests.monitor.http.views import START_MS, a_model, a_source, a_stream, a_view

NAN = float("nan")


def a_window(**values: list[float]) -> WindowView:
    """Return a window with the values of each statistic, and half of each as its noise."""
    arrays = {name: np.array(numbers) for name, numbers in values.items()}
    noise = {name: numbers / 2 for name, numbers in arrays.items()}
    return WindowView("1h", START_MS, START_MS + 1500, 10, arrays, noise)


@pytest.fixture
def stream():
    """Two features and the joint entry; nothing has drifted."""
    return a_stream(
        entries=("age", "plan", ""),
        windows=(a_window(ks=[0.05, NAN, NAN], psi=[0.1, 0.15, NAN], mmd2=[NAN, NAN, 0.002]),),
        drifted=(),
        missing=np.array([0.5, 0.25, NAN]),
        invalid=np.array([0.0, 0.0, NAN]),
        unseen=np.array([NAN, 0.125, NAN]),
        out_of_range=np.array([0.0, NAN, NAN]),
    )


def features_of(model) -> list:
    return model_document(model)["streams"][0]["features"]


def test_a_feature_has_the_statistics_that_apply_to_it_with_their_noise(stream):
    age, plan = sorted(features_of(a_model(streams=(stream,))), key=lambda each: each["name"])
    assert age["statistics"] == {
        "1h": {"ks": {"value": 0.05, "noise": 0.025}, "psi": {"value": 0.1, "noise": 0.05}}
    }
    assert plan["statistics"] == {"1h": {"psi": {"value": 0.15, "noise": 0.075}}}


def test_the_joint_entry_stands_apart_from_the_features(stream):
    document = model_document(a_model(streams=(stream,)))["streams"][0]
    assert document["joint"] == {"1h": {"mmd2": {"value": 0.002, "noise": 0.001}}}
    assert {each["name"] for each in document["features"]} == {"age", "plan"}


def test_a_share_that_does_not_apply_is_null(stream):
    by_name = {each["name"]: each for each in features_of(a_model(streams=(stream,)))}
    assert by_name["age"]["unseen_ratio"] is None
    assert by_name["plan"]["unseen_ratio"] == 0.125
    assert by_name["plan"]["out_of_range_ratio"] is None


def test_features_are_ranked_by_how_near_they_come_to_a_threshold(stream):
    strict_psi = a_model(thresholds={"psi": 0.2, "ks": 0.9}, streams=(stream,))
    assert [each["name"] for each in features_of(strict_psi)] == ["plan", "age"]
    strict_ks = a_model(thresholds={"psi": 0.9, "ks": 0.051}, streams=(stream,))
    assert [each["name"] for each in features_of(strict_ks)] == ["age", "plan"]


def test_drifted_features_come_first_and_say_how_they_changed(stream):
    drifted = Drifted("age", "1h", "ks", 0.05, NAN, "shifted up by 0.41 sd")
    model = a_model(thresholds={"psi": 0.01}, streams=(replace(stream, drifted=(drifted,)),))
    age, plan = features_of(model)
    assert (age["name"], age["words"]) == ("age", "shifted up by 0.41 sd")
    assert (plan["name"], plan["words"]) == ("plan", None)
    told = model_document(model)["streams"][0]["drifted"]
    assert told == [
        {
            "feature": "age",
            "window": "1h",
            "statistic": "ks",
            "value": 0.05,
            "noise": None,
            "words": "shifted up by 0.41 sd",
        }
    ]


def test_times_are_iso_8601_in_utc(stream):
    document = model_document(a_model(streams=(stream,)))
    assert document["watermark"] == "2026-01-05T00:01:30Z"
    (window,) = document["streams"][0]["windows"]
    assert (window["from"], window["to"]) == ("2026-01-05T00:00:00Z", "2026-01-05T00:00:01.500Z")


def test_a_model_s_row_counts_over_all_its_streams():
    late = a_stream(segment="FR", last_block_end_ms=START_MS + 120_000, drifted=())
    new = a_stream(segment="PL", last_block_end_ms=None, drifted=())
    model = a_model(streams=(a_stream(segment="DE"), late, new), rejects={"a": 2, "b": 3})
    (row,) = models_document([model])["models"]
    assert (row["streams"], row["records"], row["late"], row["rejects"]) == (3, 3 * 8124, 12, 5)
    assert row["last_block_end"] == "2026-01-05T00:02:00Z"
    assert [(each["segment"], each["feature"]) for each in row["drifted"]] == [("DE", "feature_0")]


def test_the_status_tells_the_lag_of_each_partition():
    one, two = Partition("t", 0), Partition("t", 1)
    source = a_source(one, two, lag={one: 5}, at_end=frozenset({two}), problem="")
    told = status_document(a_view(source=source))["source"]
    assert told["lag"] == 5
    assert told["partitions"] == [
        {"topic": "t", "partition": 0, "lag": 5, "at_end": False},
        {"topic": "t", "partition": 1, "lag": 0, "at_end": True},
    ]


def test_before_the_first_view_the_status_says_that_driftd_starts():
    status = status_document(View())
    assert (status["ready"], status["reason"], status["source"]) == (False, "starting", None)


@pytest.mark.parametrize("view", [View(), a_view(count=2)], ids=["empty", "full"])
def test_documents_have_the_shapes_that_are_promised(view):
    assert msgspec.convert(status_document(view), types.Status, strict=True)
    assert msgspec.convert(models_document(view.models), types.Models, strict=True)
    for model in view.models:
        assert msgspec.convert(model_document(model), types.Model, strict=True)
