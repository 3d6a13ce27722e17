"""The report as one HTML page that needs nothing from elsewhere."""

from collections.abc import Callable, Sequence
from html import escape

from reevaluate.chart import interval_chart
from reevaluate.comparison import Estimate
from reevaluate.report import SAYS, Report

MOST_FEATURES = 10
MEASURES = {"accuracy": "accuracy", "mae": "mean absolute error"}

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; --ink: #246; --mark: #a60; }
@media (prefers-color-scheme: dark) { :root { --quiet: #999; --ink: #8bf; --mark: #fb4; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 50rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; margin: 0; } h2 { font-size: 1.1rem; margin: 2rem 0 0.5rem; }
p.verdict { font-size: 1.15rem; border-left: 4px solid var(--mark); padding-left: 0.8rem; }
.quiet, th { color: var(--quiet); font-weight: normal; }
table { border-collapse: collapse; width: 100%; }
th, td { text-align: left; vertical-align: top; padding: 0.3rem 1rem 0.3rem 0;
  border-bottom: 1px solid var(--line); overflow-wrap: break-word; }
svg { width: 100%; height: auto; font-size: 13px; fill: currentColor; }
svg .bar { stroke: var(--ink); stroke-width: 3; } svg circle { fill: var(--ink); }
svg .axis { stroke: var(--line); } svg .mark { stroke: var(--mark); stroke-dasharray: 4 3; }
"""


def render_page(report: Report) -> str:
    """Return the page of a report."""
    data = report.event.data
    title = f"{data.model} {data.version}: {SAYS[report.verdict].lower()}"
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>Re-evaluation of {escape(data.model)} {escape(data.version)}</h1>
<p class="quiet">{escape(report.made)}, event {escape(report.event.id)}</p>
<p class="verdict">{escape(report.summary)}</p>
{_chart(report)}
{_models(report)}
{_gate(report)}
{_records(report)}
{_event(report)}
</body>
</html>
"""


def _chart(report: Report) -> str:
    rows = {each.role: each.score for each in report.models if each.score is not None}
    drawn = interval_chart(
        rows,
        report.at_validation,
        "reference",
        f"{MEASURES[report.measure]}, 95 % interval",
        number_of(report),
    )
    return f"<h2>On the event's records</h2>\n{drawn}" if drawn else ""


def _models(report: Report) -> str:
    if not report.models:
        return ""
    number = number_of(report)
    rows = [
        (
            each.role,
            each.version,
            each.url,
            f"{each.answered:,}",
            each.problem or _told(each.score, number),
            _told(each.gain, number),
        )
        for each in report.models
    ]
    heads = ("model", "version", "endpoint", "answered", MEASURES[report.measure], "gain")
    table = _table(heads, rows)
    if report.over_previous is None:
        return table
    over = _told(report.over_previous, number)
    return f"{table}\n<p>The candidate's gain over the previous model: {escape(over)}.</p>"


def _gate(report: Report) -> str:
    if report.gate is None:
        return ""
    rows = [(each.name, each.verdict, each.words) for each in report.gate.requirements]
    table = _table(("requirement", "verdict", "in words"), rows) if rows else ""
    reason = f" ({report.gate.reason})" if report.gate.reason else ""
    told = escape(f"The candidate's re-tests: {report.gate.verdict}{reason}.")
    return f"<h2>Re-test gate</h2>\n<p>{told}</p>\n{table}"


def _records(report: Report) -> str:
    found = report.records
    rows = [
        ("named by the event", found.found),
        ("of them used", found.used),
        ("of these with a label", found.labelled),
        ("late, counted in a later block than their time's", found.late),
        ("repeats of an id, counted once", found.repeats),
        ("in between, of another version, segment or time", found.others),
        ("in between, unreadable", found.rejected),
        ("without an id, so without a label", found.without_id),
    ]
    told = [(name, f"{count:,}") for name, count in rows if count]
    notes = "".join(f"<li>{escape(each)}</li>" for each in report.notes)
    return f"<h2>Records</h2>\n{_table(('', ''), told)}\n<ul>{notes}</ul>"


def _event(report: Report) -> str:
    event, data = report.event, report.event.data
    rows = [
        ("what", event.what.replace(".", " ").replace("_", " ")),
        ("kind", data.kind.replace("_", " ")),
        ("severity", data.severity),
        ("segments", ", ".join(each.segment for each in data.segments if each.segment)),
        ("summary", data.summary),
        ("diagnosis", data.diagnosis),
    ]
    if data.window is not None and data.window.start is not None:
        rows.append(("window", f"{data.window.start} to {data.window.end}"))
    rows += [
        (
            "records",
            f"{each.topic}, partition {each.partition}, offsets {each.first_offset:,} to "
            f"{each.last_offset:,}",
        )
        for each in data.records
    ]
    features = [(each.name, each.words, _number(each.effect_sd)) for each in data.features]
    page = escape(data.links.page, quote=True)
    link = f'<p><a href="{page}">driftd</a></p>' if page.startswith("http") else ""
    table = _table(("", ""), [row for row in rows if row[1]])
    if not features:
        return f"<h2>Event</h2>\n{table}\n{link}"
    heads = ("feature", "change", "effect, sd")
    return f"<h2>Event</h2>\n{table}\n{_table(heads, features[:MOST_FEATURES])}\n{link}"


def _table(heads: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    head = "".join(f"<th>{escape(each)}</th>" for each in heads) if any(heads) else ""
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(str(cell))}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table>\n<thead><tr>{head}</tr></thead>\n<tbody>\n{body}\n</tbody>\n</table>"


def number_of(report: Report) -> Callable[[float], str]:
    """Return how the report's measure is written: an accuracy in percent."""
    return "{:.1%}".format if report.measure == "accuracy" else "{:.4g}".format


def _told(found: Estimate | None, number: Callable[[float], str]) -> str:
    if found is None:
        return ""
    return f"{number(found.value)} ({number(found.low)} to {number(found.high)})"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.3g}"
