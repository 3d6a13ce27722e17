"""What is to be done about a model: one rule, as a function of what was shown."""

from dataclasses import dataclass

from detectors.robustness.verdict import Verdict
from monitor.events.result import Judgement
from reevaluate.comparison import Health, Shown

CORRUPT = "data_corruption"


@dataclass(frozen=True, slots=True)
class Facts:
    """All that the rule looks at.

    labels, least: labelled records that were compared, and how many a decision takes. health: of
    the live model. candidate, previous: against the live model; None where there is none or it
    could not be asked. over_previous: the candidate against the previous model. gate: of the
    candidate's re-tests. kind: the event's. requirement_failed: whether the event tells that the
    live model failed a re-test.
    """

    labels: int
    least: int
    health: Health = Health.UNSURE
    candidate: Shown | None = None
    previous: Shown | None = None
    over_previous: Shown | None = None
    gate: Verdict | None = None
    kind: str = ""
    requirement_failed: bool = False


def decide(facts: Facts) -> tuple[Judgement, str]:
    """Return the verdict and why, in words. The first line that holds decides:

    | what was shown | verdict |
    | --- | --- |
    | a re-test failed, the candidate passes it and is not worse | promote_candidate |
    | a re-test failed | retrain |
    | fewer labels than a decision takes | failed |
    | the live model is as good as on its reference | nothing_wrong |
    | the candidate is better, passes its re-tests, not below the previous | promote_candidate |
    | the previous model is better than the live one | roll_back |
    | the live model is not shown to be worse than on its reference | nothing_wrong |
    | the data are corrupt: no training mends them | failed |
    | the live model is worse, and no other is better | retrain |

    Only what is shown counts, at 95 %: a model that happens to be ahead in few records is not
    better, and a gate that is inconclusive is not passed.
    """
    passed = facts.gate is Verdict.PASSED
    if facts.requirement_failed:
        if passed and facts.candidate is not Shown.WORSE:
            return (
                Judgement.PROMOTE_CANDIDATE,
                "the live model failed a robustness requirement that the candidate passes",
            )
        return Judgement.RETRAIN, "the live model failed a robustness requirement" + _no(facts)
    if facts.labels < facts.least:
        return (
            Judgement.FAILED,
            f"{facts.labels:,} labels came in time, and a decision takes {facts.least:,}",
        )
    if facts.health is Health.HELD:
        return Judgement.NOTHING_WRONG, "the live model is as good as on its reference"
    worse = "the live model is not shown to be worse than on its reference"
    if facts.health is Health.HARMED:
        worse = "the live model is worse than on its reference"
    if facts.candidate is Shown.BETTER and passed and facts.over_previous is not Shown.WORSE:
        return (
            Judgement.PROMOTE_CANDIDATE,
            f"{worse}; the candidate is better on the same records and passes its re-tests",
        )
    if facts.previous is Shown.BETTER:
        return (
            Judgement.ROLL_BACK,
            f"{worse}; the previous model is better on the same records" + _no(facts),
        )
    if facts.health is Health.UNSURE:
        return Judgement.NOTHING_WRONG, worse + _no(facts)
    if facts.kind == CORRUPT:
        return (
            Judgement.FAILED,
            f"{worse}, as its data are corrupt: mend their source, for no training does",
        )
    return Judgement.RETRAIN, worse + (_no(facts) or "; there is no candidate")


def _no(facts: Facts) -> str:
    """Return why the candidate is not promoted; "" where there is none."""
    if facts.gate is None and facts.candidate is None:
        return ""
    if facts.candidate is Shown.WORSE:
        return ", and the candidate is worse on the same records"
    if facts.gate is not Verdict.PASSED:
        known = {Verdict.FAILED: "failed", Verdict.INCONCLUSIVE: "is inconclusive in"}
        how = "could not do" if facts.gate is None else known[facts.gate]
        return f", and the candidate {how} its re-tests"
    if facts.over_previous is Shown.WORSE:
        return ", and better than the candidate"
    return ", and the candidate is not shown to be better"
