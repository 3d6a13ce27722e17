"""The part of the landing page about events: what goes on, who was told, and what came of it."""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

MOST_OPEN = 20
"""Open events that are shown; the API has all."""

ALL_OPEN = "/api/v1/events?open=true"


def events_section(events: Mapping[str, Any]) -> str:
    """Return tables of open events, triggers and results; nothing of what there is none of."""
    return "\n".join(
        filter(
            None,
            (
                _open(events["events"], events["open"]),
                _triggers(events["triggers"]),
                _results(events["results"]),
            ),
        )
    )


def _open(events: list[Mapping[str, Any]], total: int) -> str:
    if not events:
        return ""
    rows = [_open_row(event) for event in events[:MOST_OPEN]]
    if total > len(rows):
        more = f'<a href="{ALL_OPEN}">and {total - len(rows):,} more</a>'
        rows.append(f'<tr><td colspan="4" class="quiet">{more}</td></tr>')
    return _table("Open events", ("event", "model", "time", "what happened"), rows)


def _open_row(event: Mapping[str, Any]) -> str:
    severity = escape(event["severity"])
    diagnosis = event["diagnosis"]
    why = f'<br><span class="quiet">{escape(diagnosis)}</span>' if diagnosis else ""
    return (
        f'<tr class="event"><td><a href="/api/v1/events/{quote(event["id"], safe="")}">'
        f"{escape(_words(event['type']))}</a>"
        f'<br><strong class="{severity}">{severity}</strong></td>'
        f"<td>{escape(event['model'])}<br>"
        f'<span class="quiet">{escape(_where(event))}</span></td>'
        f'<td class="time">{_time(event["time"])}</td>'
        f'<td class="told">{escape(event["summary"])}{why}</td></tr>'
    )


def _triggers(triggers: list[Mapping[str, Any]]) -> str:
    rows = [
        f"<tr><td>{escape(each['trigger'])}</td>"
        f'<td class="number">{each["delivered"]:,}</td>'
        f'<td class="number">{each["waiting"]:,}</td>'
        f'<td class="number">{each["dead"]:,}</td>'
        f'<td class="told {"bad" if each["problem"] else "quiet"}">'
        f"{escape(each['problem']) or 'none'}</td></tr>"
        for each in triggers
    ]
    return _table("Triggers", ("trigger", "#delivered", "#waiting", "#given up", "problem"), rows)


def _results(results: list[Mapping[str, Any]]) -> str:
    rows = [_result_row(result) for result in results]
    return _table("Re-evaluations", ("model", "verdict", "time", "what was found"), rows)


def _result_row(result: Mapping[str, Any]) -> str:
    report = result["report"]
    link = f'<div><a href="{escape(report)}">report</a></div>' if report else ""
    figures = "".join(
        f"<li>{escape(name)} {value:.4g}</li>" for name, value in sorted(result["figures"].items())
    )
    listed = f'<ul class="quiet">{figures}</ul>' if figures else ""
    return (
        f"<tr><td>{escape(result['model'])}</td>"
        f'<td><a href="/api/v1/events/{quote(result["event"], safe="")}">'
        f"{escape(_words(result['verdict']))}</a></td>"
        f'<td class="time">{_time(result["received"])}</td>'
        f'<td class="told">{escape(result["summary"])}{listed}{link}</td></tr>'
    )


def _table(title: str, columns: tuple[str, ...], rows: list[str]) -> str:
    if not rows:
        return ""
    head = "".join(
        f'<th class="number">{name[1:]}</th>' if name[0] == "#" else f"<th>{name}</th>"
        for name in columns
    )
    body = "\n".join(rows)
    return f"""<h2>{title}</h2>
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>"""


def _where(event: Mapping[str, Any]) -> str:
    version = f"version {event['version']}" if event["version"] else ""
    segments = f"{event['segments']:,} segments" if event["segments"] > 1 else event["segment"]
    return ", ".join(filter(None, (version, segments)))


def _words(name: str) -> str:
    return name.replace(".", " ").replace("_", " ")


def _time(time: str | None) -> str:
    """Return an ISO time as people read it, to the second, nothing for none."""
    if time is None:
        return ""
    date, _, rest = time.partition("T")
    return escape(f"{date} {rest[:8]} UTC")
