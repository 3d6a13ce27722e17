"""Why a record is rejected: the values of the label ``reason``."""

from datetime import UTC, datetime
from enum import StrEnum


class Reason(StrEnum):
    """What is wrong with a record that cannot be used at all."""

    EMPTY_VALUE = "empty_value"
    NOT_UTF8 = "not_utf8"
    MALFORMED_JSON = "malformed_json"
    NOT_AN_OBJECT = "not_an_object"
    MISSING_PREDICTION = "missing_prediction"
    INVALID_PREDICTION = "invalid_prediction"
    MISSING_TIME = "missing_time"
    INVALID_TIME = "invalid_time"
    FUTURE_TIME = "future_time"
    MISSING_ID = "missing_id"
    MISSING_LABEL = "missing_label"
    INVALID_LABEL = "invalid_label"


LONGEST_SHOWN = 80


class RecordError(Exception):
    """A record cannot be used at all, for a reason and with a problem told in words."""

    def __init__(self, reason: Reason, problem: str) -> None:
        super().__init__(problem)
        self.reason = reason
        self.problem = problem


def shown(value: object) -> str:
    """Return a value as error texts show it, cut to LONGEST_SHOWN characters.

    >>> shown("abc"), shown("x" * 100)[-5:]
    ("'abc'", 'xxxx…')
    """
    text = repr(value[: LONGEST_SHOWN + 1] if isinstance(value, (str, bytes)) else value)
    return text if len(text) <= LONGEST_SHOWN else text[: LONGEST_SHOWN - 1] + "…"


def too_far_ahead(name: str, time_ms: int, clock_ms: int, future_ms: int) -> RecordError:
    """Return the refusal of a record whose time lies ahead of its log or of the clock.

    name: of what tells the time, in words.
    """
    ahead = (
        f"{name} is {iso_time(time_ms)}, {(time_ms - clock_ms) / 1000:g} s ahead of "
        f"{iso_time(clock_ms)}; at most {future_ms / 1000:g} s are allowed (future)"
    )
    return RecordError(Reason.FUTURE_TIME, ahead)


def iso_time(time_ms: int) -> str:
    """Return a time in ms as error texts show it.

    >>> iso_time(1_767_571_200_053)
    '2026-01-05T00:00:00Z'
    """
    moment = datetime.fromtimestamp(time_ms // 1000, UTC)
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")
