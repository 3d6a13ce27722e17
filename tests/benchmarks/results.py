"""Results of a benchmark: a table for people, csv and a picture in a folder, figures as JSON."""

import csv
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from matplotlib.axes import Axes

UNSEEN_AT = 300
"""Where the picture puts a change that was not seen."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of the results."""

    part: str
    case: str
    method: str
    figure: str
    value: float


def show(rows: Sequence[Row], limits: Mapping[str, float]) -> None:
    """Print one table a figure: a line for each case, a column for each method.

    limits: the largest median delay that each case may have.
    """
    for figure in dict.fromkeys((row.part, row.figure) for row in rows):
        chosen = [row for row in rows if (row.part, row.figure) == figure]
        methods = list(dict.fromkeys(row.method for row in chosen))
        print(f"\n{figure[0]}: {figure[1]}")
        for number, method in enumerate(methods, start=1):
            print(f"  [{number}] {method}")
        print(" " * 52 + "".join(f"{f'[{number + 1}]':>9}" for number in range(len(methods))))
        for case in dict.fromkeys(row.case for row in chosen):
            by_method = {row.method: row.value for row in chosen if row.case == case}
            values = "".join(f"{by_method.get(method, math.nan):9.4g}" for method in methods)
            limit = limits.get(case) if figure[1] == "median delay" else None
            print(f"{case:52}{values}" + (f"   at most {limit:g}" if limit else ""))


def write(folder: Path, rows: Sequence[Row]) -> None:
    """Write the results as csv."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "false_alarms.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["part", "case", "method", "figure", "value"])
        writer.writerows([row.part, row.case, row.method, row.figure, row.value] for row in rows)


def draw(folder: Path, rows: Sequence[Row]) -> None:
    """Draw alarms and delays of all methods, where matplotlib is installed."""
    try:
        from matplotlib import colormaps, pyplot
    except ImportError:
        print("no picture: pip install matplotlib", file=sys.stderr)
        return
    peers = [each for each in dict.fromkeys(row.method for row in rows) if not _ours(each)]
    colours = {method: colormaps["tab20"](place % 20) for place, method in enumerate(peers)}
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(15, 7.5), layout="constrained")
    _draw_alarms(left, rows, colours)
    _draw_delays(right, rows, colours)
    figure.legend(*right.get_legend_handles_labels(), loc="outside lower center", ncols=3)
    figure.savefig(folder / "false_alarms.png", dpi=110)


def _ours(method: str) -> bool:
    return method.startswith("driftd")


def _draw_alarms(axes: "Axes", rows: Sequence[Row], colours: Mapping[str, Any]) -> None:
    alarms = [row for row in rows if row.part == "no drift" and row.figure == "alarms in 30 days"]
    names = [row.method for row in alarms]
    axes.barh(
        names,
        [row.value for row in alarms],
        color=[colours.get(name, "black") for name in names],
    )
    if alarms:
        axes.bar_label(axes.containers[0], [f"{row.value:,.1f}" for row in alarms], padding=3)
    axes.axvline(1, color="grey", linestyle=":")
    axes.set(title="Alarms in 30 days without drift (dotted: budget)", xscale="symlog")
    ticks = [0, 1, 10, 100, 1000]
    axes.set_xticks(ticks, [f"{tick:,}" for tick in ticks])
    axes.set_xlim(0, 30_000)
    axes.invert_yaxis()


def _draw_delays(axes: "Axes", rows: Sequence[Row], colours: Mapping[str, Any]) -> None:
    delays = [row for row in rows if row.part == "drift" and row.figure == "median delay"]
    cases = list(dict.fromkeys(row.case for row in delays))
    methods = list(dict.fromkeys(row.method for row in delays))
    for place, method in enumerate(methods):
        chosen = {row.case: row.value for row in delays if row.method == method}
        offset = 0.7 * ((place + 0.5) / len(methods) - 0.5)
        axes.plot(
            [min(value, UNSEEN_AT) for value in chosen.values()],
            [cases.index(case) + offset for case in chosen],
            "D" if _ours(method) else "o",
            color=colours.get(method, "black"),
            fillstyle="none" if method == "driftd" else "full",
            label=method,
            markersize=5,
        )
    for row in range(1, len(cases)):
        axes.axhline(row - 0.5, color="lightgrey", linewidth=0.7)
    axes.axvline(UNSEEN_AT, color="grey", linestyle=":")
    axes.set_yticks(range(len(cases)), cases)
    axes.set(title="Blocks of 250 records until the first alarm, median", xscale="log")
    ticks = [1, 2, 5, 10, 20, 50, 100]
    axes.set_xticks([*ticks, UNSEEN_AT], [*map(str, ticks), "not seen"])
    axes.minorticks_off()
    axes.invert_yaxis()


def figures(rows: Sequence[Row]) -> dict[str, float | None]:
    """Return driftd's figures by name, with their units; None where a change was not seen."""
    return {
        f"{row.case}, {row.method}: {row.figure}": None if math.isinf(row.value) else row.value
        for row in rows
        if row.method.startswith("driftd")
    }
