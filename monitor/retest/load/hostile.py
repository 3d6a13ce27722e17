"""Malformed and oversized requests, and how an endpoint should take them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

JSON = {"Content-Type": "application/json"}
DEPTH = 10_000


@dataclass(frozen=True, slots=True)
class Hostile:
    """A request that no client should send.

    may_pass: whether an answer of the 200s is right as well as one of the 400s. may_close:
    whether the endpoint may also close the connection unanswered.
    """

    name: str
    content: bytes
    headers: Mapping[str, str] = field(default_factory=lambda: JSON)
    may_pass: bool = False
    may_close: bool = False


@dataclass(frozen=True, slots=True)
class HostileFinding:
    """How one hostile request was taken.

    answer: the status, or why there was none. seconds: until then. alive: whether a good request
    was answered well after it. well: whether all is as it should be. words: what is not, "" if
    well.
    """

    name: str
    answer: str
    seconds: float
    alive: bool
    well: bool
    words: str


def hostile_requests(good: bytes, oversized: int) -> tuple[Hostile, ...]:
    """Return malformed variants of a good JSON body, and one of ``oversized`` bytes."""
    return (
        Hostile("empty", b""),
        Hostile("not_json", b"this is no JSON"),
        Hostile("truncated", good[: len(good) // 2]),
        Hostile("null", b"null"),
        Hostile("empty_list", b"[]"),
        Hostile("empty_object", b"{}"),
        Hostile("bad_utf8", good[:1] + b'"\xff\xfe":0,' + good[1:]),
        Hostile("deep", b"[" * DEPTH + b"]" * DEPTH),
        # Some servers do take any type for JSON.
        Hostile("other_type", good, {"Content-Type": "application/x-unknown"}, may_pass=True),
        Hostile("oversized", _padded(good, oversized), may_pass=True, may_close=True),
    )


def judge(
    hostile: Hostile, status: int | None, reason: str, body: bytes, seconds: float, alive: bool
) -> HostileFinding:
    """Tell whether a hostile request was taken as it should be.

    status: None where there was no answer, for the ``reason``. body: the beginning of the answer.
    """
    answer = reason if status is None else str(status)
    words = _wrong(hostile, status, reason, body)
    if not words and not alive:
        words = "the endpoint did not answer a good request afterwards"
    return HostileFinding(hostile.name, answer, seconds, alive, not words, words)


def _wrong(hostile: Hostile, status: int | None, reason: str, body: bytes) -> str:
    if status is None:
        closed = reason == "closed" and hostile.may_close
        return "" if closed else f"it was not answered: {reason}"
    if status >= 500:
        return f"it was answered with {status}, which blames the endpoint; 400 or 422 is right"
    if 200 <= status < 300 and not hostile.may_pass:
        return f"it was answered with {status}, as if it were good"
    if b"Traceback (most recent call last)" in body:
        return f"the answer {status} shows a traceback, which tells strangers of the code"
    return ""


def _padded(good: bytes, size: int) -> bytes:
    """Return a JSON body with spaces up to a size: as valid as before, only large."""
    return good + b" " * max(size - len(good), 0)


HOSTILE_REQUESTS = 2 * len(hostile_requests(b"", 0))
"""How many requests the hostile ones are, with the good one that follows each."""
