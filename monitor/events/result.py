"""What a re-evaluation that an event started found, as it is posted back."""

from enum import StrEnum

import msgspec


class Judgement(StrEnum):
    """What a re-evaluation says is to be done."""

    RETRAIN = "retrain"
    ROLL_BACK = "roll_back"
    PROMOTE_CANDIDATE = "promote_candidate"
    NOTHING_WRONG = "nothing_wrong"
    FAILED = "failed"


class Result(msgspec.Struct, frozen=True):
    """The result of a re-evaluation.

    event: the id of what started it. model: of that event. received: when it was posted. report:
    where the whole of it can be read, "" for nowhere. figures: numbers by name, such as
    live_accuracy.
    """

    event: str
    model: str
    received: str
    verdict: Judgement
    summary: str = ""
    report: str = ""
    figures: dict[str, float] = msgspec.field(default_factory=dict)
