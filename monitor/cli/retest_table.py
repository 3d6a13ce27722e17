"""The table of re-tests in `driftd status`."""

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from monitor.document_types import ModelSummary
from monitor.retest_types import RunSummary

STYLES = {"passed": "green", "failed": "bold red", "inconclusive": "yellow"}


def retest_table(models: Sequence[ModelSummary]) -> Table:
    """Return a row for every re-test: its newest verdict, what failed, last and next run."""
    table = Table("model", "re-test", "verdict")
    for name in ("last run", "next run"):
        table.add_column(name, no_wrap=True)
    for model in models:
        if model.retests is None:
            continue
        for each in model.retests.retests:
            running = model.retests.running
            now = running if running is not None and running.retest == each.retest else None
            table.add_row(
                Text(model.model),
                Text(each.retest),
                _verdict(each.last, now),
                _time(each.last.ended) if each.last else "never",
                _time(each.next) if each.next else "when asked for",
            )
    return table


def _verdict(last: RunSummary | None, running: RunSummary | None) -> Text:
    told = Text("none yet")
    if last is not None:
        verdict = last.verdict or last.state
        told = Text(verdict, STYLES.get(verdict, "default"))
        for note in filter(None, (*last.failed, last.reason)):
            told.append(f"; {note}", "default")
    if running is not None:
        doing = f", {running.doing}" if running.doing else ""
        told.append(f"; runs now: {running.done} of {running.total}{doing}", "default")
    return told


def _time(time: str) -> str:
    """Return an ISO time as the other tables have it, to the second."""
    return f"{time[:19]}Z"
