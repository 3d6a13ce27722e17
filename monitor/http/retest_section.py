"""The part of the landing page about re-tests."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any
from urllib.parse import quote


def retests_section(models: list[Mapping[str, Any]]) -> str:
    """Return a table of every re-test with its newest verdict, nothing where there is none."""
    rows = "\n".join(row for model in models if model["retests"] for row in _rows(model))
    if not rows:
        return ""
    return f"""<h2>Re-tests</h2>
<table>
<thead><tr><th>model</th><th>re-test</th><th>verdict</th><th class="minor">version</th>
<th>last run</th><th>next run</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _rows(model: Mapping[str, Any]) -> Iterator[str]:
    place = f"/api/v1/models/{quote(model['model'], safe='')}/retests"
    running = model["retests"]["running"]
    for each in model["retests"]["retests"]:
        last = each["last"]
        now = running if running is not None and running["retest"] == each["retest"] else None
        ended = "never" if last is None else _run_link(place, last)
        following = _time(each["next"]) if each["next"] else "when asked for"
        yield (
            f"<tr><td>{escape(model['model'])}</td>"
            f'<td><a href="{place}">{escape(each["retest"])}</a></td>'
            f"<td>{_verdict(last)}{_progress(now)}</td>"
            f'<td class="minor">{escape(last["version"]) if last else ""}</td>'
            f'<td class="time">{ended}</td><td class="time">{following}</td></tr>'
        )


def _verdict(last: Mapping[str, Any] | None) -> str:
    """Return the verdict, and what it is about: requirements that failed, or why there is none."""
    if last is None:
        return '<span class="quiet">none yet</span>'
    verdict = last["verdict"] or last["state"]
    told = f'<strong class="{escape(verdict)}">{escape(verdict)}</strong>'
    notes = [*last["failed"], *([last["reason"]] if last["reason"] else [])]
    counts = last["requirements"]
    if not notes and counts["inconclusive"]:
        notes = [f"{counts['inconclusive']:,} of {sum(counts.values()):,} are not decided"]
    return told + "".join(f'<br><span class="quiet">{escape(note)}</span>' for note in notes)


def _progress(running: Mapping[str, Any] | None) -> str:
    if running is None:
        return ""
    done = f"runs now: {running['done']:,} of {running['total']:,}"
    doing = f", {escape(running['doing'])}" if running["doing"] else ""
    return f'<br><span class="quiet">{done}{doing}</span>'


def _run_link(place: str, run: Mapping[str, Any]) -> str:
    return f'<a href="{place}/{quote(run["id"], safe="")}">{_time(run["ended"])}</a>'


def _time(time: str) -> str:
    """Return an ISO time as people read it, to the second."""
    date, _, rest = time.partition("T")
    return escape(f"{date} {rest[:8]} UTC")
