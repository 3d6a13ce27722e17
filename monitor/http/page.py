"""The landing page: the models at one look, without scripts or anything from elsewhere."""

from collections.abc import Mapping
from html import escape
from typing import Any
from urllib.parse import quote

from monitor.http.event_section import events_section
from monitor.http.retest_section import retests_section

MOST_DRIFTED = 5
"""Drifted features that a model's row shows; its document has all."""

MOST_JUDGED = 20
"""Streams of a model whose diagnosis and performance are shown."""

LINKS = (
    ("/metrics", "metrics"),
    ("/api/v1/status", "status"),
    ("/api/v1/models", "models"),
    ("/api/v1/events", "events"),
    ("/runbook", "runbook"),
    ("/api/v1/openapi.json", "API description"),
    ("/-/healthy", "healthy"),
    ("/-/ready", "ready"),
)

STYLE = """
:root { color-scheme: light dark; --line: #8884; --quiet: #777; --bad: #c22; --warn: #a60;
  --good: #287d3c; }
@media (prefers-color-scheme: dark) { :root { --quiet: #999; --bad: #f77; --warn: #fb4;
  --good: #6c8; } }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 70rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.4rem; margin: 0; }
h1 small, .quiet, th { color: var(--quiet); font-weight: normal; }
h1 small { font-size: 0.9rem; }
.good, .passed { color: var(--good); }
.bad, .page, .failed { color: var(--bad); }
.ticket, .inconclusive { color: var(--warn); }
nav a { margin-right: 1rem; }
table { border-collapse: collapse; width: 100%; margin: 1.5rem 0; }
th, td { text-align: left; vertical-align: top; padding: 0.4rem 1rem 0.4rem 0;
  border-bottom: 1px solid var(--line); }
th { font-size: 0.85rem; }
.number { text-align: right; font-variant-numeric: tabular-nums; }
td.time { white-space: nowrap; }
td.told { overflow-wrap: anywhere; min-width: 5rem; }
@media (max-width: 45rem) { .minor { display: none; } td.time { white-space: normal; } }
h2 { font-size: 1.1rem; margin: 1.5rem 0 0; }
ul { list-style: none; margin: 0; padding: 0; }
"""


def render_page(status: Mapping[str, Any]) -> str:
    """Return the page for a daemon's status, as status_document() tells it."""
    links = "".join(f'<a href="{path}">{text}</a>' for path, text in LINKS)
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>driftd</title>
<style>{STYLE}</style>
</head>
<body>
<h1>driftd <small>{escape(status["version"])}</small></h1>
<p>{_state(status)}</p>
{_models(status["models"])}
{events_section(status["events"])}
{_judgements(status["models"])}
{retests_section(status["models"])}
<nav>{links}</nav>
</body>
</html>
"""


def _state(status: Mapping[str, Any]) -> str:
    if status["ready"]:
        state = '<strong class="good">ready</strong>'
    else:
        state = f'<strong class="bad">not ready</strong>: {escape(status["reason"])}'
    source = status["source"]
    if source is None:
        return state
    lag = f"{source['lag']:,} {source['lag_unit']} behind" if source["lag"] else "at the end"
    problem = f', <span class="bad">{escape(source["problem"])}</span>' if source["problem"] else ""
    return f"{state} · source {escape(source['name'])}: {lag}{problem}"


def _models(models: list[Mapping[str, Any]]) -> str:
    if not models:
        return '<p class="quiet">No model is shown yet.</p>'
    rows = "\n".join(_row(model) for model in models)
    return f"""<table>
<thead><tr><th>model</th><th class="number minor">streams</th><th class="number">records</th>
<th class="number minor">rejected</th><th>last block</th><th>alarm</th>
<th>drifted features</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _row(model: Mapping[str, Any]) -> str:
    name = model["model"]
    return (
        f'<tr><td><a href="/api/v1/models/{quote(name, safe="")}">{escape(name)}</a></td>'
        f'<td class="number minor">{model["streams"]:,}</td>'
        f'<td class="number">{model["records"]:,}</td>'
        f'<td class="number minor">{model["rejects"]:,}</td>'
        f'<td class="time">{_time(model["last_block_end"]) or "none yet"}</td>'
        f"<td>{_alarm(model)}</td>"
        f"<td>{_drifted(model['drifted'])}</td></tr>"
    )


def _alarm(model: Mapping[str, Any]) -> str:
    """Return the worst alarm, how near a page the evidence is, and until when it warms up."""
    alarm, warm_up = model["alarm"], model["warm_up"]
    state = '<strong class="good">calm</strong>'
    if alarm is not None:
        since = f" since {_time(alarm['since'])}" if alarm["since"] else ""
        severity = escape(alarm["severity"])
        state = f'<strong class="{severity}">{severity}</strong>{since}'
    notes = [] if alarm is None else [escape(_where(alarm))]
    if model["share_of_page"] is not None:
        notes.append(f"evidence {100 * model['share_of_page']:.0f} % of a page")
    if warm_up is not None:
        until = f" until {_time(warm_up['until'])}" if warm_up["until"] else ""
        notes.append(f"warming up{until}, no alarms meanwhile")
    return f'{state}<br><span class="quiet">{"<br>".join(filter(None, notes))}</span>'


def _drifted(drifted: list[Mapping[str, Any]]) -> str:
    if not drifted:
        return '<span class="quiet">none</span>'
    items = [
        f"<li><strong>{escape(each['feature'])}</strong> {escape(each['words'])} "
        f'<span class="quiet">{escape(_size_and_place(each))}</span></li>'
        for each in drifted[:MOST_DRIFTED]
    ]
    if len(drifted) > MOST_DRIFTED:
        items.append(f'<li class="quiet">and {len(drifted) - MOST_DRIFTED:,} more</li>')
    return f"<ul>{''.join(items)}</ul>"


def _size_and_place(drifted: Mapping[str, Any]) -> str:
    effect = drifted["effect_sd"]
    size = "" if effect is None else f"{drifted['kind']} {effect:+.2f} sd"
    return ", ".join(filter(None, (size, _where(drifted))))


def _judgements(models: list[Mapping[str, Any]]) -> str:
    """Return what is said of the models themselves: diagnosis and performance by stream."""
    return "\n".join(
        _judgement(model["model"], stream)
        for model in models
        for stream in model["judged"][:MOST_JUDGED]
    )


def _judgement(model: str, stream: Mapping[str, Any]) -> str:
    place = _where(stream)
    told = f"<h2>{escape(model)}{f' <small>{escape(place)}</small>' if place else ''}</h2>"
    if stream["diagnosis"]:
        told += f"\n<p>{escape(stream['diagnosis'])}</p>"
    if stream["worse"] and stream["share_of_page"] is not None:
        share = f"{100 * stream['share_of_page']:.0f} % of a page"
        told += f'\n<p class="quiet">evidence of {escape(stream["worse"])}: {share}</p>'
    return f"{told}\n{_measures(stream)}" if stream["measures"] else told


def _measures(stream: Mapping[str, Any]) -> str:
    rows = "\n".join(
        f'<tr><td>{escape(each["name"])}</td><td class="number">{_number(each["value"])}</td>'
        f'<td class="number">{_interval(each)}</td>'
        f'<td class="number">{_number(each["reference"])}</td>'
        f'<td class="number">{_number(each["estimated"])}</td></tr>'
        for each in stream["measures"]
    )
    return f"""<table>
<thead><tr><th>{stream["pairs"]:,} labels in {escape(stream["window"])}</th>
<th class="number">now</th><th class="number">95 % interval</th><th class="number">reference</th>
<th class="number">estimated</th></tr></thead>
<tbody>
{rows}
</tbody>
</table>"""


def _interval(measure: Mapping[str, Any]) -> str:
    if measure["low"] is None or measure["high"] is None:
        return ""
    return f"{_number(measure['low'])} to {_number(measure['high'])}"


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _where(place: Mapping[str, Any]) -> str:
    version = f"version {place['version']}" if place["version"] else ""
    return ", ".join(filter(None, (version, place["segment"])))


def _time(time: str | None) -> str:
    """Return an ISO time as people read it, nothing for none."""
    return escape((time or "").replace("T", " ").replace("Z", " UTC"))
