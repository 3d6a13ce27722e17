"""What a re-evaluation found, as it is kept, posted back and shown."""

import math

import msgspec

from monitor.events.event import Event
from monitor.events.result import Judgement
from reevaluate.comparison import Estimate, Health
from reevaluate.gate import Gate

SAYS = {
    Judgement.RETRAIN: "Retrain",
    Judgement.ROLL_BACK: "Roll back",
    Judgement.PROMOTE_CANDIDATE: "Promote the candidate",
    Judgement.NOTHING_WRONG: "Nothing is wrong with the model",
    Judgement.FAILED: "A person must look",
}


class Counts(msgspec.Struct, frozen=True):
    """What became of the records: as in Named; used: of those found; labelled: of those used."""

    found: int = 0
    used: int = 0
    labelled: int = 0
    late: int = 0
    repeats: int = 0
    others: int = 0
    rejected: int = 0
    without_id: int = 0


class Judged(msgspec.Struct, frozen=True):
    """A model on the labelled records.

    answered: records with a usable answer. score: accuracy or mean absolute error. gain: over the
    live model, above 0 where it is better. problem: why it could not be asked, or "".
    """

    role: str
    url: str
    version: str
    answered: int
    score: Estimate | None = None
    gain: Estimate | None = None
    problem: str = ""


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """The whole of a re-evaluation.

    measure: accuracy or mae. at_validation: the measure on the reference. over_previous: the
    candidate's gain over the previous model. notes: what a reader should know of the figures.
    """

    event: Event
    made: str
    verdict: Judgement
    why: str
    measure: str = "accuracy"
    at_validation: float | None = None
    health: Health | None = None
    records: Counts = Counts()
    models: list[Judged] = []
    over_previous: Estimate | None = None
    gate: Gate | None = None
    notes: list[str] = []

    @property
    def summary(self) -> str:
        """The verdict in one sentence."""
        return f"{SAYS[self.verdict]}: {self.why}."

    @property
    def figures(self) -> dict[str, float]:
        """Its numbers by name, as driftd takes them."""
        found: dict[str, float | None] = {
            "records": self.records.used,
            "labels": self.records.labelled,
            f"reference_{self.measure}": self.at_validation,
        }
        for each in self.models:
            if each.score is not None:
                found |= _named(f"{each.role}_{self.measure}", each.score)
            if each.gain is not None:
                found |= _named(f"{each.role}_gain", each.gain)
        if self.gate is not None:
            found["gate_passed"] = float(self.gate.verdict == "passed")
        return {
            name: float(value)
            for name, value in found.items()
            if value is not None and math.isfinite(value)
        }


def _named(name: str, found: Estimate) -> dict[str, float | None]:
    return {name: found.value, f"{name}_low": found.low, f"{name}_high": found.high}
