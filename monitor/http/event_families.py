"""Families about events: how many, how their delivery goes, and what re-evaluations found."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from prometheus_client.metrics_core import Metric

from monitor.events.event import EventType
from monitor.events.result import Judgement, Result
from monitor.events.stored import DEAD, DELIVERED, RETRIED
from monitor.events.view import EventsView, TriggerView
from monitor.http.families import counter, gauge, seconds

MOST_FIGURES = 20
"""Figures of a model's newest result that are exported, in order of name; the API has all."""


def event_families(models: Sequence[str], events: EventsView) -> Iterator[Metric]:
    """Yield what is told of events; models: names of the configured ones, told also if it is 0."""
    yield counter(
        "events",
        "Events that were noted, each once.",
        ("model", "type"),
        _with_zeros(models, EventType, events.counts),
    )
    open_ = dict.fromkeys(models, 0)
    for event in events.open:
        open_[event.data.model] = open_.get(event.data.model, 0) + 1
    yield gauge(
        "events_open",
        "Causes that were told of and go on.",
        ("model",),
        [((model,), count) for model, count in open_.items()],
    )
    yield from _delivery_families(events.triggers)
    yield from _result_families(models, events)


def _delivery_families(triggers: Mapping[str, TriggerView]) -> Iterator[Metric]:
    yield counter(
        "trigger_deliveries",
        "Deliveries of events: delivered, retried (failed, tried again) and dead (given up).",
        ("trigger", "outcome"),
        [
            ((name, outcome), many)
            for name, each in triggers.items()
            for outcome, many in (
                (DELIVERED, each.delivered),
                (RETRIED, each.retried),
                (DEAD, each.dead),
            )
        ],
    )
    yield gauge(
        "trigger_queue_events",
        "Events that wait for delivery.",
        ("trigger",),
        [((name,), each.waiting) for name, each in triggers.items()],
    )
    yield gauge(
        "trigger_oldest_event_timestamp_seconds",
        "Unix time at which the oldest event that waits was noted; absent where none waits.",
        ("trigger",),
        [((name,), seconds(each.oldest_ms)) for name, each in triggers.items()],
    )


def _result_families(models: Sequence[str], events: EventsView) -> Iterator[Metric]:
    yield counter(
        "reevaluations",
        "Results of re-evaluations that were posted, by verdict.",
        ("model", "verdict"),
        _with_zeros(models, Judgement, events.results),
    )
    newest = events.newest_results
    yield gauge(
        "reevaluation_last_timestamp_seconds",
        "Unix time at which the newest result was posted.",
        ("model",),
        [((model,), _unix_time(result)) for model, result in newest.items()],
    )
    yield gauge(
        "reevaluation_figure",
        "Figures of the newest result, as it was posted with them.",
        ("model", "figure"),
        [
            ((model, figure), value)
            for model, result in newest.items()
            for figure, value in sorted(result.figures.items())[:MOST_FIGURES]
        ],
    )


def _with_zeros(
    models: Sequence[str],
    kinds: type[EventType] | type[Judgement],
    counts: Mapping[tuple[str, str], int],
) -> list[tuple[tuple[str, str], float | None]]:
    """Return what was counted, and 0 for all else that may be, as a first increase is from 0."""
    known = {(model, str(kind)): 0 for model in models for kind in kinds}
    return [(labels, many) for labels, many in (known | dict(counts)).items()]


def _unix_time(result: Result) -> float:
    return datetime.fromisoformat(result.received).timestamp()
