"""The rule that decides what is to be done about a model, case by case."""

import pytest
from reevaluate.comparison import Health, Shown
from reevaluate.decision import CORRUPT, Facts, decide

from detectors.robustness.verdict import Verdict
from monitor.events.result import Judgement

ENOUGH = {"labels": 500, "least": 200}
HARMED = ENOUGH | {"health": Health.HARMED}
UNSURE = ENOUGH | {"health": Health.UNSURE}
BETTER = {"candidate": Shown.BETTER, "gate": Verdict.PASSED}
FAILED_RETEST = ENOUGH | {"requirement_failed": True}

CASES = {
    "too few labels decide nothing": ({"labels": 199, "least": 200} | BETTER, Judgement.FAILED),
    "a model that holds is left alone": (
        ENOUGH | {"health": Health.HELD} | BETTER,
        Judgement.NOTHING_WRONG,
    ),
    "a better candidate that passes is promoted": (HARMED | BETTER, Judgement.PROMOTE_CANDIDATE),
    "so it is where the harm is not shown": (UNSURE | BETTER, Judgement.PROMOTE_CANDIDATE),
    "an inconclusive gate is not passed": (
        HARMED | BETTER | {"gate": Verdict.INCONCLUSIVE},
        Judgement.RETRAIN,
    ),
    "a failed gate is not passed": (HARMED | BETTER | {"gate": Verdict.FAILED}, Judgement.RETRAIN),
    "a candidate that is only ahead is not better": (
        HARMED | {"candidate": Shown.NOTHING, "gate": Verdict.PASSED},
        Judgement.RETRAIN,
    ),
    "a better previous model comes back": (
        HARMED | {"previous": Shown.BETTER},
        Judgement.ROLL_BACK,
    ),
    "the candidate goes before a previous model that is as good": (
        HARMED | BETTER | {"previous": Shown.BETTER, "over_previous": Shown.NOTHING},
        Judgement.PROMOTE_CANDIDATE,
    ),
    "a previous model that beats the candidate goes before it": (
        HARMED | BETTER | {"previous": Shown.BETTER, "over_previous": Shown.WORSE},
        Judgement.ROLL_BACK,
    ),
    "a previous model goes before a candidate that fails": (
        HARMED | BETTER | {"previous": Shown.BETTER, "gate": Verdict.FAILED},
        Judgement.ROLL_BACK,
    ),
    "harm that is not shown is none": (
        UNSURE | {"candidate": Shown.NOTHING, "gate": Verdict.PASSED},
        Judgement.NOTHING_WRONG,
    ),
    "without another model there is only retraining": (HARMED, Judgement.RETRAIN),
    "no training mends corrupt data": (HARMED | {"kind": CORRUPT}, Judgement.FAILED),
    "a model that bears corrupt data is promoted": (
        HARMED | BETTER | {"kind": CORRUPT},
        Judgement.PROMOTE_CANDIDATE,
    ),
    "a failed re-test asks for the candidate that passes": (
        FAILED_RETEST | {"labels": 0, "gate": Verdict.PASSED},
        Judgement.PROMOTE_CANDIDATE,
    ),
    "a failed re-test asks for training where none passes": (
        FAILED_RETEST | {"labels": 0, "gate": Verdict.FAILED},
        Judgement.RETRAIN,
    ),
    "robustness is not bought with accuracy": (
        FAILED_RETEST | {"candidate": Shown.WORSE, "gate": Verdict.PASSED},
        Judgement.RETRAIN,
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_each_case_has_its_verdict(name):
    facts, verdict = CASES[name]
    found, why = decide(Facts(**facts))
    assert found is verdict, why


def test_every_verdict_says_why_the_candidate_is_not_promoted():
    said = {
        "is worse on the same records": {"candidate": Shown.WORSE, "gate": Verdict.PASSED},
        "failed its re-tests": BETTER | {"gate": Verdict.FAILED},
        "is inconclusive in its re-tests": BETTER | {"gate": Verdict.INCONCLUSIVE},
        "not shown to be better": {"candidate": Shown.NOTHING, "gate": Verdict.PASSED},
        "there is no candidate": {},
    }
    for words, facts in said.items():
        assert words in decide(Facts(**HARMED | facts))[1]
