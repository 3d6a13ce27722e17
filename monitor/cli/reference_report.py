"""What a reference holds, for machines and in a table for people."""

from collections.abc import Mapping
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from detectors.evidence.smallest_effect import MOST
from monitor.cli.calibration_outline import outline_calibration
from monitor.cli.calibration_report import (
    calibration_lines,
    insensitive_lines,
    restless_lines,
    sight_line,
)
from monitor.cli.performance_outline import outline_performance, performance_lines
from monitor.cli.sight_words import Shifts
from monitor.reference.file import ColumnReport, Reference

LEVELS_SHOWN = 4


def outline(reference: Reference, traffic: float | None = None) -> dict[str, Any]:
    """Return what a reference holds, as JSON. traffic: records a block, None for its own."""
    return {
        "digest": reference.digest,
        "schema": reference.schema_digest,
        "created": reference.created,
        "source": reference.source,
        "rows": reference.total.records,
        "features": [
            _outline_feature(reference, row, column) for row, column in enumerate(reference.columns)
        ],
        "segments": {name: summary.records for name, summary in reference.segments.items()},
        "rest": reference.rest.records,
        "calibration": outline_calibration(reference, traffic),
        "performance": outline_performance(reference.performance),
        "notes": list(reference.notes),
    }


def report(reference: Reference, console: Console, traffic: float | None = None) -> None:
    """Print what a reference holds.

    console: one that takes no markup, for names are data. traffic: as in ``outline``.
    """
    told = outline(reference, traffic)
    calibration = told["calibration"]
    console.print(f"{told['rows']:,} rows from {told['source']}")
    console.print(f"digest   {told['digest']}", soft_wrap=True)
    console.print(f"schema   {told['schema']}")
    console.print(f"created  {told['created'] or '-'}")
    if told["segments"]:
        rows = [f"{name} {rows:,}" for name, rows in told["segments"].items()]
        console.print(f"segments {', '.join(rows)}, the rest {told['rest']:,}")
    for line in calibration_lines(calibration):
        console.print(line, soft_wrap=True)
    for line in performance_lines(told["performance"]):
        console.print(line, soft_wrap=True)
    console.print()
    shifts = calibration["parts"][0]["smallest_shifts"]
    console.print(_table(told["features"], shifts))
    if any(shifts.values()):
        console.print(sight_line(calibration), soft_wrap=True)
    lines = [
        *told["notes"],
        *restless_lines(calibration),
        *insensitive_lines(calibration),
        *(_note_lines(told["features"])),
    ]
    if lines:
        console.print()
        console.print("Worth knowing:")
    for line in lines:
        console.print(f"  {line}", soft_wrap=True)


def _outline_feature(reference: Reference, row: int, column: ColumnReport) -> dict[str, Any]:
    profile, total = reference.profile, reference.total
    told: dict[str, Any] = {"name": column.name, "kind": column.kind, "column": column.column}
    numeric = len(profile.numeric)
    if row < numeric:
        low, high = float(total.low[row]), float(total.high[row])
        told["bins"] = int((profile.edges[row] < np.inf).sum()) + 1
        told["range"] = [low, high] if low <= high else None
    elif row < len(profile.features):
        others = profile.others[row - numeric]
        told["levels"] = list(profile.levels[row - numeric])
        told["other_levels"] = None if others is None else len(others)
    if row < len(profile.features):
        missing = int(total.missing[row])
    else:
        missing = total.records - int(total.kernel_records[1 + row - len(profile.features)])
    return told | {
        "missing": missing / max(total.records, 1),
        "invalid": int(total.invalid[row]),
        "notes": list(column.notes),
    }


def _table(features: list[dict[str, Any]], shifts: Shifts) -> Table:
    """Return the table of features. shifts: the smallest that page, by window and feature."""
    table = Table(box=None, pad_edge=False)
    for name in ("feature", "kind", "bins", "missing", *shifts):
        right = name not in ("feature", "kind")
        table.add_column(name, justify="right" if right else "left", no_wrap=True)
    table.add_column("values")
    for told in features:
        bins = told.get("bins", len(told.get("levels", ())))
        table.add_row(
            told["name"],
            told["kind"],
            f"{bins or '-'}",
            f"{told['missing']:.1%}",
            *(_shift(found, told["name"]) for found in shifts.values()),
            _values(told),
        )
    return table


def _shift(found: Mapping[str, float | None], name: str) -> str:
    if name not in found:
        return "-"
    shift = found[name]
    return f">{MOST:g}" if shift is None else f"{shift:.2g}"


def _values(told: Mapping[str, Any]) -> str:
    if told.get("range"):
        low, high = told["range"]
        return f"{low:.4g} to {high:.4g}"
    if "levels" not in told:
        return "-"
    shown = told["levels"][:LEVELS_SHOWN]
    others = told["other_levels"]
    hidden = len(told["levels"]) - len(shown) + (others or 0)
    more = "…" if others is None else f"… {hidden} more" if hidden else ""
    return ", ".join([*shown, *([more] if more else [])]) or "-"


def _note_lines(features: list[dict[str, Any]]) -> list[str]:
    return [f"{told['name']}: {note}" for told in features for note in told["notes"]]
