"""Results of a benchmark: a table for people, csv and a picture in a folder, figures as JSON."""

import csv
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path


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
    """Draw the delays of all methods as a picture; nothing where matplotlib is not installed."""
    try:
        from matplotlib import pyplot
    except ImportError:
        return
    delays = [row for row in rows if row.part == "drift" and row.figure == "median delay"]
    figure, axes = pyplot.subplots(figsize=(10, 6), layout="constrained")
    for method in dict.fromkeys(row.method for row in delays):
        chosen = [row for row in delays if row.method == method]
        axes.plot([row.value for row in chosen], [row.case for row in chosen], "o", label=method)
    axes.set(xscale="log", xlabel="blocks of 250 records until the first alarm, median")
    axes.legend(fontsize="small")
    figure.savefig(folder / "false_alarms.png")


def figures(rows: Sequence[Row]) -> dict[str, float | None]:
    """Return driftd's figures by name, with their units; None where a change was not seen."""
    return {
        f"{row.case}, {row.method}: {row.figure}": None if math.isinf(row.value) else row.value
        for row in rows
        if row.method.startswith("driftd")
    }
