"""Records at the edges of what a model may meet: does it answer, or refuse in words?"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.robustness.edge_cases import EdgeCase, as_table, generate
from detectors.robustness.measured import Census, Measured
from detectors.robustness.threat import BudgetSpentError
from monitor.retest.model import LiveModel
from monitor.retest.trials.allowance import FEWEST
from monitor.retest.trials.outcome import Failing, Outcome
from monitor.retest.trials.prepared import Prepared

BROKEN = ("timeout", "unreachable", "http_5")
"""How reasons begin that are no refusal: the server broke, hung or went."""

VARIANTS = {True: "must be answered", False: "may be refused"}
"""By whether an answer is expected."""


@dataclass(frozen=True, slots=True)
class EdgeCases:
    """Records at the ends of ranges and in their corners, rare pairs, and odd values.

    One within the reference's range must be answered. Another one, such as a value that is
    missing or was never seen, may be refused, but must not break the server or make it hang.
    """

    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)


def edge(
    prepared: Prepared,
    model: LiveModel,
    queries: int,
    rng: np.random.Generator,
    odd: int = 0,
) -> tuple[Outcome, tuple[EdgeCase, ...]]:
    """Ask about edge cases made of a sample, and return what came of them and the cases.

    odd: how many records at the sample's end are there for their near-duplicates only.

    Each is a request of its own, so that none is refused for another, and is made of a record that
    was answered. Where there are more than queries, some are drawn. Raises BudgetSpentError for
    too few queries, ValueError where no record was answered, and what the model does.
    """
    if queries < FEWEST:
        raise BudgetSpentError(f"{queries} queries are too few for edge cases")
    plain = len(prepared.sample) - odd
    answered = np.flatnonzero(~prepared.answers.failed[:plain])
    if not len(answered):
        raise ValueError("no record was answered, so that none can be made an edge case of")
    strange = prepared.sample.take(np.arange(plain, len(prepared.sample)))
    cases = generate(prepared.space, prepared.sample.take(answered), rng, strange)
    if len(cases) > queries:
        drawn = np.sort(rng.choice(len(cases), queries, replace=False))
        cases = tuple(cases[at] for at in drawn.tolist())
    places = {name: place for place, name in enumerate(prepared.sample.ids.tolist())}
    lost = np.zeros(len(prepared.sample), dtype=np.int64)
    failing: list[Failing] = []
    faults = {True: 0, False: 0}
    for case in cases:
        table = model.cast(as_table(prepared.space, [case]))
        answers = model.predict(table)
        broke = _broke(answers.reasons)
        if broke:
            # The model counts failures in a row; a record that was answered before tells a bad
            # case from a dead endpoint.
            model.predict(prepared.sample.table.take(answered[:1]))
        if broke or (case.expect_answer and answers.failed.any()):
            place = places[case.parent]
            faults[case.expect_answer] += 1
            lost[place] += 1
            failing.append(Failing.of(case.id, np.array([place]), table, answers.outcome))
    variants = {
        VARIANTS[expected]: _measured(faults[expected], cases, expected)
        for expected in {each.expect_answer: None for each in cases}
    }
    return Outcome(variants, lost, failing, {}, len(failing), {}), cases


def _broke(reasons: Iterable[str]) -> bool:
    return any(each.startswith(BROKEN) for each in reasons)


def _measured(faults: int, cases: Iterable[EdgeCase], expected: bool) -> Mapping[str, Measured]:
    asked = sum(each.expect_answer is expected for each in cases)
    return {"unanswered_ratio": Census(faults, asked)}
