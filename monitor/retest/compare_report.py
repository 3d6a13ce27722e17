"""A comparison of two versions of a model as people read it."""

from collections import Counter

from rich.console import Console
from rich.table import Table
from rich.text import Text

from monitor.retest.comparison import Comparison, Difference
from monitor.retest.result import Figure, Run
from monitor.retest.table_report import STYLES
from monitor.retest.wording import value_words

CHANGES = {"better": "green", "worse": "bold red", "same": "default"}


def report(comparison: Comparison, console: Console) -> None:
    """Print a comparison. console: one that takes no markup, for names are data."""
    heading = Text(f"{comparison.model}, {comparison.retest}: the challenger ", "bold")
    counts = Counter(each.change for each in comparison.differences)
    heading.append(_sum_up(counts), STYLES[comparison.verdict])
    if comparison.reason:
        heading.append(f": {comparison.reason}", "default")
    console.print(heading)
    for name, run in (("champion", comparison.champion), ("challenger", comparison.challenger)):
        console.print(f"{name:11}{_about(run)}", soft_wrap=True)
    if not comparison.differences:
        return
    console.print()
    console.print(_table(comparison))
    console.print()
    for each in comparison.differences:
        if each.words:
            console.print(f"  {each.words}", soft_wrap=True)


def _sum_up(counts: Counter[str]) -> str:
    if not counts:
        return "was not compared"
    told = [f"is {change} in {counts[change]}" for change in ("worse", "better") if counts[change]]
    return " and ".join(told) or "shows no difference"


def _about(run: Run) -> str:
    version = f", version {run.version}" if run.version else ""
    return f"{run.endpoint}{version}: {run.verdict}, {run.queries:,} queries"


def _table(comparison: Comparison) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("requirement", overflow="fold")
    table.add_column("limit")
    for name in ("champion", "challenger"):
        table.add_column(name, justify="right")
    table.add_column("difference (95 %)", justify="right")
    table.add_column("p", justify="right", no_wrap=True)
    table.add_column("n", justify="right", no_wrap=True)
    table.add_column("challenger", no_wrap=True)
    for each in comparison.differences:
        table.add_row(
            Text(each.name),
            Text(each.limit),
            _side(each, each.champion, str(each.champion_verdict)),
            _side(each, each.challenger, str(each.challenger_verdict)),
            _difference(each),
            "" if each.p is None else _p_value(each.p),
            f"{each.records:,}",
            Text(each.change, CHANGES[each.change]),
        )
    return table


def _side(difference: Difference, figure: Figure, verdict: str) -> Text:
    return Text(f"{value_words(difference.measure, figure.value)} {verdict}")


def _difference(difference: Difference) -> str:
    found = difference.difference
    if found.value is None:
        return "unknown"
    told = _signed(difference.measure, found.value)
    if found.low is None or found.high is None:
        return told
    low, high = (_signed(difference.measure, each) for each in (found.low, found.high))
    return f"{told} ({low} to {high})"


def _signed(measure: str, value: float) -> str:
    return f"{'+' if value > 0 else ''}{value_words(measure, value)}"


def _p_value(p: float) -> str:
    return "<0.0001" if p < 0.0001 else f"{p:.4f}"
