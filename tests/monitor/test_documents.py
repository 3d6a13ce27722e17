import json
from dataclasses import replace

import msgspec
import numpy as np
import pytest

from monitor import document_types as types
from monitor.documents import model_document, models_document, status_document
from monitor.sources.source import Partition
from monitor.view import View, WindowView
from tests.monitor.http.views import (
    DAY_MS,
    START_MS,
    a_calibration,
    a_calm_stream,
    a_diagnosis,
    a_drifted,
    a_labelled_model,
    a_model,
    a_performance,
    a_performance_window,
    a_source,
    a_stream,
    a_summary,
    a_view,
    an_alarm,
    some_evidence,
)

NAN = float("nan")
INFINITY = float("inf")


def a_window(**values: list[float]) -> WindowView:
    """Return a window with the values of each statistic, and half of each as its noise."""
    arrays = {name: np.array(numbers) for name, numbers in values.items()}
    noise = {name: numbers / 2 for name, numbers in arrays.items()}
    summary = a_summary(2, 10, np.random.default_rng(0))
    return WindowView("1h", START_MS, START_MS + 1500, 10, arrays, noise, summary)


@pytest.fixture
def stream():
    """Two features and the joint entry; nothing drifted."""
    return a_calm_stream(
        entries=("age", "plan", ""),
        windows=(a_window(ks=[0.05, NAN, NAN], psi=[0.1, 0.15, NAN], mmd2=[NAN, NAN, 0.002]),),
        feature_evidence=np.array([-2.5, 1.5, NAN]),
        feature_effect=np.array([-0.02, 0.25, NAN]),
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


def test_a_feature_has_evidence_and_an_effect_of_its_own(stream):
    plan, age = features_of(a_model(streams=(stream,)))
    assert (age["evidence"], age["effect_sd"]) == (-2.5, -0.02)
    assert (plan["evidence"], plan["effect_sd"]) == (1.5, 0.25)


@pytest.mark.parametrize(
    ("evidence", "ranked"),
    [((-2.5, 1.5), ["plan", "age"]), ((0.5, -9.0), ["age", "plan"]), ((NAN, -9), ["plan", "age"])],
)
def test_features_are_ranked_by_their_evidence(stream, evidence, ranked):
    changed = replace(stream, feature_evidence=np.array([*evidence, NAN]))
    assert [each["name"] for each in features_of(a_model(streams=(changed,)))] == ranked


def test_drifted_features_come_first_and_say_how_they_changed(stream):
    drifted = replace(stream, drifted=(a_drifted("age"),))
    age, plan = features_of(a_model(streams=(drifted,)))
    assert (age["name"], age["words"]) == ("age", "shifted down by 0.41 sd")
    assert (plan["name"], plan["words"]) == ("plan", None)


def test_a_drifted_feature_says_what_changed_how_much_and_where(stream):
    told = model_document(a_model(streams=(replace(stream, drifted=(a_drifted("age"),)),)))
    assert told["streams"][0]["drifted"] == [
        {
            "feature": "age",
            "kind": "location",
            "evidence": 9.1,
            "effect_sd": -0.41,
            "psi": 0.18,
            "window": {"from": "2026-01-05T00:00:00Z", "to": "2026-01-05T00:01:00Z"},
            "records": 1024,
            "words": "shifted down by 0.41 sd",
        }
    ]


def test_evidence_says_what_it_is_evidence_of_and_how_near_a_page_it_is():
    stream = a_stream(evidence=some_evidence(value=5.0), page_threshold=10.0, ticket_threshold=7.7)
    (told,) = model_document(a_model(streams=(stream,)))["streams"]
    assert told["thresholds"] == {"page": 10.0, "ticket": 7.7}
    assert told["evidence"] == {
        "value": 5.0,
        "share_of_page": 0.5,
        "chance_without_drift": 0.0003,
        "kind": "location",
        "feature": "feature_0",
        "found_by": "windows",
        "window": {"from": "2026-01-05T00:00:00Z", "to": "2026-01-05T00:01:00Z"},
        "blocks": 1,
        "records": 1024,
        "effect_sd": -0.41,
        "psi": 0.18,
    }


def test_evidence_of_nothing_and_of_many_features_names_no_feature():
    evidence = some_evidence(kind="", feature="", psi=NAN, from_ms=None, to_ms=None)
    (told,) = model_document(a_model(streams=(a_stream(evidence=evidence),)))["streams"]
    found = told["evidence"]
    assert (found["kind"], found["feature"], found["psi"]) == (None, None, None)
    assert found["window"] == {"from": None, "to": None}


def test_an_alarm_says_since_when_and_how_many_were_raised_so_far():
    told = model_document(a_model())["streams"][0]["alarm"]
    assert told == {
        "severity": "page",
        "since": "2026-01-05T00:01:00Z",
        "last_seen": "2026-01-05T00:01:00Z",
        "raised": {"page": 1, "ticket": 2},
    }


def test_a_calm_stream_has_no_severity_and_counts_from_zero():
    calm = a_calm_stream(alarm=an_alarm("", raised={}))
    told = model_document(a_model(streams=(calm,)))["streams"][0]["alarm"]
    assert told == {
        "severity": None,
        "since": None,
        "last_seen": None,
        "raised": {"page": 0, "ticket": 0},
    }


def test_the_calibration_tells_what_it_rests_on_and_null_where_no_window_is_used():
    told = model_document(a_model())["streams"][0]["calibration"]
    assert told == {
        "state": "reference",
        "until": None,
        "days": 14.0,
        "inflation": {"block": 1.2, "1h": 3.5, "1d": None},
        "false_pages": 0.5,
    }


def test_a_model_tells_its_budget_and_what_it_ignores():
    told = model_document(a_model())
    assert told["budget"] == {"pages": 1, "tickets": 10, "period": "30d", "spent": 0.0}
    assert told["ignore_below"] == 0.05


def test_no_number_is_nan_or_infinite():
    evidence = some_evidence(value=INFINITY, p_value=NAN, effect=NAN, psi=NAN)
    stream = a_stream(
        evidence=evidence,
        page_threshold=INFINITY,
        ticket_threshold=INFINITY,
        drifted=(a_drifted(value=INFINITY, effect=NAN, psi=NAN),),
        calibration=a_calibration(inflation={"1d": NAN}, false_pages=INFINITY),
        feature_evidence=np.full(5, NAN),
        feature_effect=np.full(5, INFINITY),
    )
    model = a_model(streams=(stream,), budget=replace(a_model().budget, spent=INFINITY))
    for document in (model_document(model), models_document([model])):
        json.dumps(document, allow_nan=False)


def test_times_are_iso_8601_in_utc(stream):
    document = model_document(a_model(streams=(stream,)))
    assert document["watermark"] == "2026-01-05T00:01:30Z"
    (window,) = document["streams"][0]["windows"]
    assert (window["from"], window["to"]) == ("2026-01-05T00:00:00Z", "2026-01-05T00:00:01.500Z")


def test_a_model_s_row_counts_over_all_its_streams():
    late = a_calm_stream(segment="FR", last_block_end_ms=START_MS + 120_000)
    new = a_calm_stream(segment="PL", last_block_end_ms=None)
    model = a_model(streams=(a_stream(segment="DE"), late, new), rejects={"a": 2, "b": 3})
    (row,) = models_document([model])["models"]
    assert (row["streams"], row["records"], row["late"], row["rejects"]) == (3, 3 * 8124, 12, 5)
    assert row["last_block_end"] == "2026-01-05T00:02:00Z"
    assert row["drifted"] == [
        {
            "version": "7",
            "segment": "DE",
            "feature": "feature_0",
            "kind": "location",
            "effect_sd": -0.41,
            "words": "shifted down by 0.41 sd",
        }
    ]


def row_of(*streams) -> dict:
    (row,) = models_document([a_model(streams=streams)])["models"]
    return row


def test_a_model_s_row_has_the_worst_of_its_alarms_and_of_these_the_oldest():
    ticket = a_stream(segment="DE", alarm=an_alarm("ticket", raised_ms=START_MS))
    new = a_stream(segment="FR", alarm=an_alarm("page", raised_ms=START_MS + 120_000))
    old = a_stream(segment="PL", alarm=an_alarm("page", raised_ms=START_MS + 60_000))
    page = {"severity": "page", "since": "2026-01-05T00:01:00Z", "version": "7", "segment": "PL"}
    assert row_of(ticket, new, old)["alarm"] == page
    assert row_of(a_calm_stream(), ticket)["alarm"]["severity"] == "ticket"
    assert row_of(a_calm_stream())["alarm"] is None


def test_a_model_s_row_has_the_most_evidence_of_its_streams():
    streams = [a_stream(evidence=some_evidence(value=value)) for value in (1.0, 4.0, 2.0)]
    assert row_of(*streams)["share_of_page"] == 0.4
    assert row_of()["share_of_page"] is None


def test_a_model_s_row_says_until_when_its_streams_warm_up():
    first = a_calm_stream(calibration=a_calibration("warming_up"))
    last = a_calm_stream(calibration=a_calibration("warming_up", until_ms=START_MS + 2 * DAY_MS))
    untold = a_calm_stream(calibration=a_calibration("warming_up", until_ms=None))
    assert row_of(first, last, a_stream())["warm_up"] == {
        "streams": 2,
        "until": "2026-01-07T00:00:00Z",
    }
    assert row_of(untold)["warm_up"] == {"streams": 1, "until": None}
    assert row_of(a_stream())["warm_up"] is None


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


def test_a_stream_tells_its_performance_by_window():
    told = model_document(a_labelled_model())["streams"][0]["performance"]
    day = told["windows"][-1]
    assert (day["name"], day["pairs"], day["predictions"]) == ("1d", 300, 1024)
    assert day["measures"]["accuracy"] == {
        "value": 0.81,
        "low": 0.77,
        "high": 0.85,
        "reference": 0.9,
    }
    assert day["measures"]["log_loss"]["value"] is None
    assert day["estimates"]["accuracy"]["difference"] == -0.065
    assert day["confusion"] == {
        "classes": ["no", "yes", "__other__"],
        "pairs": [[150, 30, 1], [27, 92, 0], [0, 0, 0]],
    }
    assert (told["evidence"]["kind"], told["evidence"]["share_of_page"]) == ("error", 0.5)


def test_a_regression_has_no_confusion_matrix():
    performance = a_performance(windows=(a_performance_window(confusion=None),), classes=())
    told = model_document(a_model(streams=(a_stream(performance=performance),)))
    assert told["streams"][0]["performance"]["windows"][0]["confusion"] is None


def test_a_model_without_labels_has_neither_labels_nor_performance():
    told = model_document(a_model())
    assert told["labels"] is None
    assert (told["streams"][0]["performance"], told["streams"][0]["diagnosis"]) == (None, None)


def test_a_category_never_seen_has_no_distance():
    far, unseen = model_document(a_labelled_model())["streams"][0]["diagnosis"]["farthest"]
    assert (far["id"], far["distance_sd"]) == ("a1", 12.5)
    assert (unseen["id"], unseen["value"], unseen["distance_sd"]) == ("a2", "gold", None)


def test_a_model_tells_what_became_of_its_labels():
    told = model_document(a_labelled_model())["labels"]
    assert (told["join_ratio"], told["unlabelled_ratio"]) == (0.75, 0.2)
    assert told["mean_delay_s"] == pytest.approx(3603.501 / 3)
    assert told["delays"] == {"1": 1, "5": 1, "10800": 1}


def test_a_model_s_row_has_the_surest_of_its_diagnoses():
    half = a_stream(segment="DE", diagnosis=a_diagnosis(degrees={"concept_drift": 1.0}))
    sure = a_stream(segment="FR", diagnosis=a_diagnosis("prior_shift"))
    less = replace(half, diagnosis=replace(half.diagnosis, degrees={"concept_drift": 0.99}))
    assert row_of(a_stream(), less, sure)["diagnosis"]["segment"] == "FR"
    assert row_of(a_stream(diagnosis=a_diagnosis("")))["diagnosis"] is None


def test_a_model_s_row_has_the_headline_of_the_stream_with_most_pairs():
    small = a_stream(segment="DE", performance=a_performance())
    window = a_performance_window(pairs=5000)
    large = a_stream(segment="FR", performance=a_performance(windows=(window,)))
    told = row_of(small, large, a_stream(segment="PL"))["performance"]
    assert (told["segment"], told["measure"], told["value"]) == ("FR", "accuracy", 0.81)
    assert (told["reference"], told["estimated"]) == (0.9, 0.88)
    assert row_of(a_stream())["performance"] is None


def test_a_model_s_row_judges_the_streams_with_labels_or_a_diagnosis():
    window = a_performance_window(measures={}, pairs=0)
    unlabelled = a_stream(segment="FR", performance=a_performance(windows=(window,)))
    closed_none = a_stream(segment="PL", performance=a_performance(windows=()))
    diagnosed = a_stream(segment="NL", diagnosis=a_diagnosis())
    judged = row_of(unlabelled, closed_none, diagnosed, a_stream())["judged"]
    assert [each["segment"] for each in judged] == ["FR", "NL"]
    (only_estimated,) = judged[0]["measures"]
    assert (only_estimated["value"], only_estimated["estimated"]) == (None, 0.88)
    assert (judged[1]["window"], judged[1]["measures"]) == (None, [])


LABELLED = a_view(models=(a_labelled_model(),))


@pytest.mark.parametrize(
    "view", [View(), a_view(count=2), LABELLED], ids=["empty", "full", "labelled"]
)
def test_documents_have_the_shapes_that_are_promised(view):
    assert msgspec.convert(status_document(view), types.Status, strict=True)
    assert msgspec.convert(models_document(view.models), types.Models, strict=True)
    for model in view.models:
        assert msgspec.convert(model_document(model), types.Model, strict=True)
