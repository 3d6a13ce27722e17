"""The tables of events in `driftd status`: what goes on, who was told, and what came of it."""

from collections.abc import Iterator

from rich.table import Table
from rich.text import Text

from monitor.event_types import EventsSummary

MOST_OPEN = 10
"""Open events that are shown; the API has all."""

STYLES = {"page": "bold red", "ticket": "yellow"}


def event_tables(events: EventsSummary) -> Iterator[Table]:
    """Yield a table of open events, of triggers and of results, where there are some."""
    if events.events:
        yield _open(events)
    if events.triggers:
        yield _triggers(events)
    if events.results:
        yield _results(events)


def _open(events: EventsSummary) -> Table:
    table = Table("open event", "model")
    table.add_column("what happened", overflow="fold")
    table.add_column("time", no_wrap=True)
    for event in events.events[:MOST_OPEN]:
        stream = " ".join(filter(None, (event.model, event.version, event.segment)))
        what = Text(event.severity, STYLES.get(event.severity, "default"))
        what.append(f"; {_words(event.type)}", "default")
        table.add_row(what, Text(stream), Text(event.summary), _time(event.time))
    more = events.open - MOST_OPEN
    if more > 0:
        table.add_row("", "", f"and {more:,} more", "")
    return table


def _triggers(events: EventsSummary) -> Table:
    table = Table("trigger")
    for name in ("delivered", "waiting", "given up"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("problem", overflow="fold")
    for each in events.triggers:
        counts = (f"{count:,}" for count in (each.delivered, each.waiting, each.dead))
        table.add_row(Text(each.trigger), *counts, Text(each.problem))
    return table


def _results(events: EventsSummary) -> Table:
    table = Table("re-evaluated", "verdict")
    table.add_column("what was found", overflow="fold")
    table.add_column("time", no_wrap=True)
    for result in events.results:
        told = "\n".join(filter(None, (result.summary, result.report)))
        table.add_row(
            Text(result.model), _words(result.verdict), Text(told), _time(result.received)
        )
    return table


def _words(name: str) -> str:
    return name.replace(".", " ").replace("_", " ")


def _time(time: str | None) -> str:
    """Return an ISO time to the second, nothing for none."""
    return f"{time[:19]}Z" if time else ""
