"""What an event says in one sentence, for a person who was woken by it."""

from collections.abc import Callable

from detectors.evidence.alarm import Level
from monitor.engine.incidents import Cause, Move
from monitor.engine.notices import Notice
from monitor.performance_documents import HEADLINES, WORSE
from monitor.view import MeasureView, StreamView

LEVELS = {Level.TICKET: "ticket", Level.PAGE: "page"}


def summary_of(notice: Notice) -> str:
    """Return what happened in one sentence."""
    return SENTENCES[notice.move](notice)


def _raised(notice: Notice) -> str:
    if notice.cause is Cause.PERFORMANCE:
        return _performance(notice, notice.leader)
    if notice.leader is None:
        return "an alarm was raised"
    return _inputs(notice.leader)


def _escalated(notice: Notice) -> str:
    return f"now a {LEVELS[notice.incident.level]}: {_raised(notice)}"


def _spread(notice: Notice) -> str:
    segments = notice.incident.segments
    alarmed = ", ".join(name for name, level in segments.items() if level > Level.CALM)
    return f"spread to further segments, now {alarmed}: {_raised(notice)}"


def _cleared(notice: Notice) -> str:
    lasted = ""
    if notice.at_ms is not None and notice.opened_ms is not None:
        lasted = f" after {_long(notice.at_ms - notice.opened_ms)}"
    came_back = f"; it came back {notice.incident.flaps} times" if notice.incident.flaps else ""
    return f"calm again{lasted}{came_back}"


SENTENCES: dict[Move, Callable[[Notice], str]] = {
    Move.RAISED: _raised,
    Move.ESCALATED: _escalated,
    Move.SPREAD: _spread,
    Move.CLEARED: _cleared,
}


def _inputs(stream: StreamView) -> str:
    features = len(stream.feature_evidence) - 1
    drifted = stream.drifted
    if not drifted:
        what = stream.evidence.feature or "many features together"
        return f"evidence of drift ({stream.evidence.kind}) in {what}"
    first = drifted[0]
    moved = f"{len(drifted)} of {features} features moved"
    return f"{moved}; `{first.feature}` {first.words}"


def _performance(notice: Notice, stream: StreamView | None) -> str:
    measures = notice.measures or {}
    name = next((each for each in HEADLINES if each in measures), None)
    kind = stream.performance.evidence.kind if stream and stream.performance else ""
    worse = WORSE.get(kind, "worse answers")
    if name is None:
        return worse
    return f"{worse}: {name} is {_measured(measures[name])}"


def _measured(measure: MeasureView) -> str:
    return (
        f"{measure.value:.3g} ({measure.low:.3g} to {measure.high:.3g}), "
        f"{measure.reference:.3g} in the reference"
    )


def _long(ms: int) -> str:
    """Return a length of time in its two largest units.

    >>> _long(7_500_000)
    '2h 5m'
    """
    seconds = ms // 1000
    parts = []
    for unit, size in (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1)):
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count}{unit}")
    return " ".join(parts[:2]) or "0s"
