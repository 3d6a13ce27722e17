"""What `driftd check` tells about re-tests."""

from monitor.cli.explain_retests import explain_retests, outline_retests
from tests.monitor.retest.test_plan import NOISE, a_model


def test_a_nightly_re_test_tells_its_schedule_and_how_sure_a_failure_is():
    nightly = {
        "every": "0 3 * * *",
        "on_alarm": {"cooldown": "6h"},
        "requirements": [NOISE, NOISE],
        "false_fails": {"most": 1, "per": "30d"},
    }
    model = a_model([], retests={"nightly": nightly})
    told = outline_retests(model)
    # 30 nights and one false page allowed in the period, two requirements: 1 / (31 x 2)
    assert told["nightly"]["alpha"] == 1 / 62
    first, second = explain_retests(told)
    assert first == (
        "re-test nightly: every 0 3 * * * (UTC) and after a page, 6h apart at least; "
        "2 requirements, at most 20,000 queries"
    )
    assert second.endswith("so with a chance of 0.016 for each requirement and run")


def test_a_re_test_without_a_schedule_runs_when_asked_for():
    told = outline_retests(a_model([NOISE]))
    assert explain_retests(told)[0].startswith("re-test nightly: when asked for; 1 requirement,")
