"""Why a record is rejected: the values of the label ``reason``."""

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
