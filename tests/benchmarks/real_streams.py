"""Pages on real data sets with known changes: driftd as it serves, and what other tools do.

The first rows are the reference, the others the stream, in blocks of rows or by the clock. Each
cell is: alarms before the known change (and the share of that time with one on) / blocks from
the change to the first alarm, 'on' if one was on already / alarms in all. Where no change is
known, the first number is left out, and the second counts from the stream's first block. An
alarm is on until 10 calm blocks have passed, a peer's as well. Blocks by the clock hold few rows:
what tests and thresholds say of so little is up to them, so compare with those in blocks of rows.
The last line is all figures as JSON.

Then the same with the labels of some sets, as far as driftd goes: see real_labels.
"""

import argparse
import csv
import json
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import asdict, astuple, dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa

from detectors.evidence.alarm import QUIET_BLOCKS
from tests.benchmarks.real_label_table import show_labels, write_labels
from tests.benchmarks.real_labels import watch_labels
from tests.benchmarks.real_models import LABELLED
from tests.benchmarks.real_peers import Values, peers
from tests.benchmarks.real_service import BLOCKS, PAGES, Service
from tests.benchmarks.real_sets import SETS, DataMissingError, RealSet

DRIFTD = "driftd"
SHOWN = 4
"""Pages of a stream that are told."""

SHORT = ("null_car_loan_shuffled", "car_loan", "insects_wbf_abrupt", "elec2", "gas_drift")
SHORT_LABELLED = ("null_car_loan_shuffled", "car_loan", "insects_wbf_abrupt")
CALIBRATED = "reference"
STATES = {
    CALIBRATED: "calibrated from the reference",
    "warming_up": "warming up to the end, so nothing pages",
    "learned": "calibrated by its warm-up",
    "independent": "takes records for independent",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """What one method did on one stream.

    before: alarms before the change, None where none is known. on: share of the blocks before
    the change with an alarm on, of all blocks where none is known. delay: blocks from the
    change, or the stream's start, to the first alarm; 0 where one was on already, None where
    none came. alarms: in all.
    """

    before: int | None
    on: float
    delay: int | None
    alarms: int

    @classmethod
    def of(cls, raised: Sequence[bool], on: Sequence[bool], change: int | None) -> "Figures":
        """raised, on: by block. change: its block."""
        start = change or 0
        later = [place for place, each in enumerate(raised) if each and place >= start]
        delay = later[0] - start + 1 if later else None
        if start and on[start - 1]:
            delay = 0
        return cls(
            before=None if change is None else sum(raised[:start]),
            on=float(np.mean(on if change is None else on[:start] or [False])),
            delay=delay,
            alarms=sum(raised),
        )

    def __str__(self) -> str:
        share = f"({self.on:.0%})" if self.on else ""
        before = "" if self.before is None else f"{self.before}"
        delay = {None: "never", 0: "on"}.get(self.delay, f"{self.delay}")
        return f"{before}{share}/{delay}/{self.alarms}"


@dataclass(frozen=True, slots=True)
class Result:
    """One stream: figures by method, and what driftd said."""

    name: str
    blocks: int
    change: int | None
    figures: Mapping[str, Figures]
    state: str
    sight: str
    pages: tuple[str, ...]


def main() -> None:
    """Run the sets that were asked for; print a table, what driftd said, and JSON."""
    wanted = arguments()
    try:
        tables = {name: SETS[name].read(wanted.data) for name in wanted.sets}
    except DataMissingError as error:
        print(f"real_streams: {error}", file=sys.stderr)
        raise SystemExit(2) from None
    results = [run(name, SETS[name], table, not wanted.short) for name, table in tables.items()]
    show(results)
    labelled = [
        watch_labels(name, LABELLED[name], wanted.data, wanted.label_delay, not wanted.short)
        for name in wanted.labelled
    ]
    if labelled:
        show_labels(labelled)
    if wanted.out:
        write(wanted.out, results)
        write_labels(wanted.out, labelled)
    figures = {each.name: asdict(each) for each in results}
    print(json.dumps(figures | {"labels": {each.name: asdict(each) for each in labelled}}))


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of the Parquet files")
    parser.add_argument(
        "--short", action="store_true", help="a few sets, without KSWIN: within a minute"
    )
    parser.add_argument(
        "--sets", nargs="+", choices=SETS, metavar="SET", help=f"of: {'; '.join(SETS)} [all]"
    )
    parser.add_argument(
        "--label-delay", type=int, default=5, metavar="BLOCKS", help="labels are so late [5]"
    )
    parser.add_argument("--out", type=Path, help="folder for the figures as csv")
    wanted = parser.parse_args()
    labelled = wanted.sets or (SHORT_LABELLED if wanted.short else LABELLED)
    wanted.labelled = [name for name in labelled if name in LABELLED]
    wanted.sets = wanted.sets or (SHORT if wanted.short else tuple(SETS))
    return wanted


def run(name: str, chosen: RealSet, table: pa.Table, slow: bool) -> Result:
    """Let driftd and its peers watch one stream."""
    cuts = list(chosen.cuts(table, chosen.reference, len(table)))
    change = None
    if chosen.change is not None:
        change = next(place for place, rows in enumerate(cuts) if rows.stop > chosen.change)
    with tempfile.TemporaryDirectory() as folder:
        service = Service.start(chosen, table, Path(folder))
        told = list(service.watch(chosen, table))
    if len(told) != len(cuts):
        raise RuntimeError(f"{name}: driftd closed {len(told)} blocks of {len(cuts)}")
    raised, on = [each.raised for each in told], [each.paging for each in told]
    return Result(
        name=name,
        blocks=len(cuts),
        change=change,
        figures={
            DRIFTD: Figures.of(raised, on, change),
            **figures_of_peers(chosen, table, cuts, change, slow),
        },
        state=told[-1].state,
        sight=service.sight,
        pages=tuple(
            f"block {place}: {each.cause}" for place, each in enumerate(told) if each.raised
        ),
    )


def figures_of_peers(
    chosen: RealSet, table: pa.Table, cuts: Sequence[slice], change: int | None, slow: bool
) -> dict[str, Figures]:
    """Let other tools watch the same blocks and columns."""
    values = Values.of(table, chosen.numeric_columns, chosen.categorical_columns)
    known = values[: chosen.reference]
    watching = peers(known, list(chosen.cuts(table, 0, chosen.reference)), slow)
    blocks = [values[rows] for rows in cuts]
    return {
        name: Figures.of(*episodes([peer(block) for block in blocks]), change)
        for name, peer in watching.items()
    }


def episodes(alarming: Sequence[bool]) -> tuple[list[bool], list[bool]]:
    """Return in which blocks an alarm was raised, and was on, where it ends as driftd's do."""
    raised, on, calm = [], [], QUIET_BLOCKS
    for each in alarming:
        raised.append(each and calm >= QUIET_BLOCKS)
        calm = 0 if each else calm + 1
        on.append(calm < QUIET_BLOCKS)
    return raised, on


def show(results: Sequence[Result]) -> None:
    """Print a line for each stream, a column for each method, and what driftd said of it."""
    methods = list(dict.fromkeys(method for each in results for method in each.figures))
    print(f"budget of driftd: {PAGES} page in {BLOCKS:,} blocks")
    for number, method in enumerate(methods, start=1):
        print(f"  [{number}] {method}")
    head = "".join(f"{f'[{number + 1}]':>17}" for number in range(len(methods)))
    print(f"{'set, block, blocks, block of the change':60}{head}")
    for each in results:
        block = SETS[each.name].block
        size = f"{block} rows" if isinstance(block, int) else block
        change = "" if each.change is None else f", change at {each.change}"
        cells = "".join(f"{each.figures.get(method, '')!s:>17}" for method in methods)
        print(f"{f'{each.name}, {size}, {each.blocks:,}{change}':60}{cells}")
    for each in results:
        sight = (
            each.sight if each.state == CALIBRATED else f"were records independent, {each.sight}"
        )
        print(f"\n{each.name} ({SETS[each.name].drift}): {STATES[each.state]}; {sight}")
        for page in each.pages[:SHOWN]:
            print(f"  paged at {page}")
        if len(each.pages) > SHOWN:
            print(f"  and {len(each.pages) - SHOWN} times more")


def write(folder: Path, results: Sequence[Result]) -> None:
    """Write the figures as csv."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "real_streams.csv").open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["set", "method", "before", "on", "delay", "alarms"])
        for each in results:
            for method, figures in each.figures.items():
                writer.writerow([each.name, method, *astuple(figures)])


if __name__ == "__main__":
    main()
