import pytest

from tests.monitor.config.files import problems_with, settings_with

M = "models.credit."
RETEST = {
    "requirements": [{"perturbation": "missing_one", "measure": "flip_ratio", "most": 0.05}],
}
RIGHT = {
    "api_token_file": "token",
    M + "retests": {"nightly": RETEST},
    M + "evaluation": "eval.parquet",
    M + "endpoint": {"protocol": "v2", "url": "http://127.0.0.1:1", "model": "m"},
    M + "rebuild_from": "recent/*.parquet",
    "alerts": [
        {"match": {"alertname": "DriftdRetestOverdue"}, "retest": "nightly"},
        {"match": {"alertname": "Moved"}, "rebuild_reference": True, "cooldown": "24h"},
    ],
}


def test_alerts_say_what_they_start(tmp_path):
    retest, rebuild = settings_with(tmp_path, RIGHT).alerts
    assert (retest.retest, retest.rebuild_reference, retest.cooldown) == ("nightly", False, 21.6e6)
    assert (rebuild.retest, rebuild.match, rebuild.cooldown) == (
        None,
        {"alertname": "Moved"},
        864e5,
    )


def test_paths_to_rebuild_from_are_relative_to_the_file(tmp_path):
    model = settings_with(tmp_path, RIGHT).models["credit"]
    assert model.rebuild_from == tmp_path / "recent/*.parquet"


@pytest.mark.parametrize(
    ("alert", "problem"),
    [
        ({}, "retest and rebuild_reference: neither is set; set one of the two"),
        ({"retest": "nightly", "rebuild_reference": True}, "both are set"),
        ({"retest": "weekly"}, "alerts.0.retest: 'weekly' is no re-test; one of: nightly"),
        ({"retest": "nightly", "match": {}}, "alerts.0.match"),
    ],
)
def test_an_alert_that_can_start_nothing_is_refused(tmp_path, alert, problem):
    alert = {"match": {"alertname": "A"}} | alert
    (found,) = problems_with(tmp_path, RIGHT | {"alerts": [alert]})
    assert problem.removeprefix("retest ") in found


def test_alerts_without_a_token_or_data_to_build_from_are_refused(tmp_path):
    lacking = {"api_token_file": None, M + "rebuild_from": None}
    token, data = problems_with(tmp_path, RIGHT | lacking)
    assert token.startswith("api_token_file: is missing, and alerts are only taken with its token")
    assert data.startswith("alerts.1.rebuild_reference: has nothing to build from")
