"""The catalogue of perturbations, attacks and relations as people read it."""

import inspect
from collections.abc import Iterator
from dataclasses import MISSING, fields
from typing import Any

from rich.console import Console
from rich.table import Table

from monitor.retest.catalogue import CATALOGUE
from monitor.retest.measures import BY_SEVERITY, MEASURES, TrialKind


def report(console: Console) -> None:
    """Print every name that a requirement may have, with its severities and options."""
    for kind in TrialKind:
        named = {name: made for name, (own, made) in CATALOGUE.items() if own is kind}
        if not named:
            continue
        measures = ", ".join(name for name, each in MEASURES.items() if kind in each.kinds)
        console.print(f"{kind}, measured by {measures}")
        table = Table(box=None, pad_edge=False, show_header=False)
        for name, made in named.items():
            table.add_row(name, _severities(kind, made), " ".join(_options(made)), _idea(made))
        console.print(table)
        console.print()


def _severities(kind: TrialKind, made: Any) -> str:
    if kind not in BY_SEVERITY or not made.unit:
        return "epsilon in sd" if kind is TrialKind.ATTACKED else ""
    return f"{', '.join(f'{each:g}' for each in made.severities)} {made.unit}"


def _options(made: Any) -> Iterator[str]:
    for each in fields(made):
        if each.name != "features":
            yield each.name if each.default is MISSING else f"{each.name}={each.default}"


def _idea(made: Any) -> str:
    return (inspect.getdoc(made) or "").splitlines()[0]
