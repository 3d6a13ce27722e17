"""The runbook: a section for each alert, as a page and as Markdown."""

import re
from html import escape

from monitor.rules.daemon_guidance import GUIDANCE_OF_DAEMON
from monitor.rules.guidance import GUIDANCE_OF_MODELS, Guidance

GUIDANCE = GUIDANCE_OF_MODELS | GUIDANCE_OF_DAEMON
"""A section for each alert, by its name."""

TITLE = "driftd: runbook"
INTRODUCTION = (
    "What each alert means, where to look and what to do. `critical` wakes somebody, `warning` is "
    "for working hours. Alerts on a model pass on what driftd decided, whose false alarms its "
    "budget bounds, so there are no thresholds to tune here: `budget` and `ignore_below` of the "
    "model are."
)
PARTS = (("Look at", "look"), ("Then", "act"))

STYLE = (
    ":root { color-scheme: light dark; } "
    "body { font: 15px/1.5 system-ui, sans-serif; max-width: 45rem; margin: 2rem auto; "
    "padding: 0 1rem; } h2 { font-size: 1.1rem; margin: 2rem 0 0; } :target { color: #c22; } "
    "code { font-size: 0.9em; }"
)


def runbook_markdown() -> str:
    """Return the runbook as Markdown."""
    lines = [f"# {TITLE}", "", INTRODUCTION, ""]
    for name, guidance in GUIDANCE.items():
        lines += [f"## {name}", "", guidance.meaning, ""]
        for title, steps in _parts(guidance):
            lines += [f"{title}:", "", *(f"- {step}" for step in steps), ""]
    return "\n".join(lines)


def runbook_page() -> str:
    """Return the runbook as HTML, with an anchor for each section."""
    names = " · ".join(f'<a href="#{name.lower()}">{name}</a>' for name in GUIDANCE)
    sections = "\n".join(_section(name, each) for name, each in GUIDANCE.items())
    return f"""<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{TITLE}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{TITLE}</h1>
<p>{_html(INTRODUCTION)}</p>
<p>{names}</p>
{sections}
</body>
</html>
"""


def _section(name: str, guidance: Guidance) -> str:
    told = f'<h2 id="{name.lower()}">{name}</h2>\n<p>{_html(guidance.meaning)}</p>'
    for title, steps in _parts(guidance):
        items = "".join(f"<li>{_html(step)}</li>" for step in steps)
        told += f"\n<p>{title}:</p>\n<ul>{items}</ul>"
    return told


def _parts(guidance: Guidance) -> list[tuple[str, tuple[str, ...]]]:
    return [(title, getattr(guidance, field)) for title, field in PARTS]


def _html(text: str) -> str:
    return re.sub(r"`([^`]*)`", r"<code>\1</code>", escape(text, quote=False))
