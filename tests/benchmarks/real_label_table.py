"""The table of real data sets whose labels come late, and its figures as csv."""

import csv
from collections.abc import Sequence
from pathlib import Path

from tests.benchmarks.real_labels import NOT_TOLD, LabelResult, Measured

CALIBRATED = "reference"


def show_labels(results: Sequence[LabelResult]) -> None:
    """Print a line for each stream."""
    methods = list(dict.fromkeys(method for each in results for method in each.noticed))
    delay = results[0].delay
    print(f"\nlabels come {delay} blocks late; budget: 1 page in 3,600 blocks")
    print("measures: realised (estimated for the same records); off: mean |estimated - realised|")
    print("methods: blocks in which they noticed something before the change / blocks to the first")
    print("one from the change, or from the stream's start / blocks in all")
    head = f"{'set, blocks, block of the change':48}{'reference':>18}{'before':>17}{'after':>17}"
    print(f"{head}{'off':>8}{''.join(f'{each:>14}' for each in methods)}  diagnosis")
    for each in results:
        change = "" if each.change is None else f", change at {each.change}"
        cells = "".join(f"{each.noticed.get(method, NOT_TOLD)!s:>14}" for method in methods)
        print(
            f"{f'{each.name}, {each.blocks:,}{change}':48}"
            f"{f'{each.measure} {_number(each.reference)}':>18}"
            f"{_both(each.before):>17}{_both(each.after):>17}{_number(each.off):>8}"
            f"{cells}  {each.diagnosis}"
        )
    for each in results:
        if each.state != CALIBRATED:
            print(f"{each.name}: errors are {each.state}, not calibrated by the reference")


def write_labels(folder: Path, results: Sequence[LabelResult]) -> None:
    """Write the measures and what was noticed as csv."""
    with (folder / "real_labels.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "of", "before", "after", "all"])
        for each in results:
            writer.writerow([each.name, f"reference {each.measure}", "", "", each.reference])
            for of in ("realised", "estimated"):
                ends = (getattr(measured, of) for measured in (each.before, each.after))
                writer.writerow([each.name, f"{of} {each.measure}", *ends, ""])
            writer.writerow([each.name, "mean difference", "", "", each.off])
            for method, told in each.noticed.items():
                writer.writerow([each.name, method, told.before, told.delay, told.blocks])
            for kind, blocks in each.named.items():
                writer.writerow([each.name, f"named {kind}", "", blocks, ""])


def _both(measured: Measured) -> str:
    return f"{_number(measured.realised)} ({_number(measured.estimated)})"


def _number(value: float | None) -> str:
    if value is None:
        return NOT_TOLD
    return f"{value:.3f}" if abs(value) < 10 else f"{value:.1f}"
