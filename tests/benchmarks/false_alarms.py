"""False alarms and delays: driftd's budget against what other tools do, on simulated streams.

Streams without drift (alarms in 30 days), drift of thirteen kinds (median delay in blocks),
streams with a daily season and memory, and streams whose calendar does what the reference did
not show. 200 features, blocks of 250 records and ten minutes, a budget of one page in 30 days.
The last line is the figures as JSON.
"""

import argparse
import json
import math
import os
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from detectors.evidence.budget import Budget
from detectors.evidence.detector import Detector
from detectors.evidence.history import History
from detectors.evidence.ratios import Ratios
from tests.benchmarks.online_mmd import CALM_BLOCKS, INSTALLED, mmd_run
from tests.benchmarks.peers import peers
from tests.benchmarks.results import Row, draw, figures, show, write
from tests.benchmarks.simulation import (
    DAY_BLOCKS,
    LONGEST,
    Monitor,
    still_world,
    wandering_world,
)
from tests.benchmarks.wandering import CALENDARS, WANDERS
from tests.benchmarks.worlds import (
    BLOCK_MS,
    LATEST,
    NULL,
    SCENARIOS,
    Scenario,
)

MONTH_MS = 30 * 86_400_000
BUDGET = Budget(pages=1, per_ms=MONTH_MS, block_ms=BLOCK_MS)
MONTH_BLOCKS = int(BUDGET.blocks)
BURN_IN, NULL_BLOCKS, HORIZON = 150, 500, 150
IGNORED = {"driftd": 0.0, "driftd, nothing below 0.05 sd (default)": 0.05}
"""Effects that are ignored; by default those that a model's owner is unlikely to care about."""

NEVER = math.inf
SHIFTED = Scenario("10 of 200, +0.25 sd", SCENARIOS[3].change)


def main() -> None:
    """Run the parts that were asked for, print a table and the figures as JSON."""
    wanted = arguments()
    with ProcessPoolExecutor(wanted.processes) as pool:
        rows = [row for part in wanted.parts for row in PARTS[part](pool.map, wanted)]
    show(rows, LATEST)
    if wanted.out:
        write(wanted.out, rows)
        draw(wanted.out, rows)
    print(json.dumps(figures(rows)))


def arguments() -> argparse.Namespace:
    """Return what the command line asks for."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--short", action="store_true", help="fewer runs: a few minutes")
    parser.add_argument("--seed", type=int, default=1, help="seed of the first run [1]")
    parser.add_argument("--runs", type=int, help="runs of each drift [20, short 4]")
    parser.add_argument("--null-runs", type=int, help="runs without drift [200, short 8]")
    parser.add_argument("--peer-runs", type=int, help="runs of both with peers too [20, short 2]")
    parser.add_argument("--mmd-runs", type=int, help="runs of both with online MMD [2, short 0]")
    parser.add_argument("--months", type=int, help="months of each wandering world [24, short 1]")
    parser.add_argument("--calendar-months", type=int, help="the same by the calendar [4, short 0]")
    parser.add_argument("--processes", type=int, default=os.cpu_count(), help="[all cores]")
    parser.add_argument("--parts", nargs="+", choices=list(PARTS), default=list(PARTS))
    parser.add_argument("--out", type=Path, help="folder for results as csv, and a picture")
    wanted = parser.parse_args()
    for name, full, short in (
        ("runs", 20, 4),
        ("null_runs", 200, 8),
        ("peer_runs", 20, 2),
        ("mmd_runs", 2, 0),
        ("months", 24, 1),
        ("calendar_months", 4, 0),
    ):
        if getattr(wanted, name) is None:
            setattr(wanted, name, short if wanted.short else full)
    return wanted


Mapped = Callable[..., Iterable[dict[str, float]]]


def no_drift(mapped: Mapped, wanted: argparse.Namespace) -> list[Row]:
    """Alarms in 30 days of streams without drift; driftd's are pages, peers' alarming blocks."""
    runs = range(wanted.seed, wanted.seed + wanted.null_runs)
    with_peers = [place < wanted.peer_runs for place in range(wanted.null_runs)]
    found = list(mapped(null_run, runs, with_peers))
    rows = []
    for method in found[0]:
        alarms = [run[method] for run in found if method in run]
        months = len(alarms) * NULL_BLOCKS / MONTH_BLOCKS
        rows += [
            Row("no drift", NULL.name, method, "alarms in 30 days", sum(alarms) / months),
            Row("no drift", NULL.name, method, "alarms", sum(alarms)),
            Row("no drift", NULL.name, method, "months", months),
        ]
    return rows


def null_run(seed: int, with_peers: bool) -> dict[str, float]:
    """Return each method's alarms in NULL_BLOCKS blocks without drift, after the burn-in."""
    rng = np.random.default_rng([seed, 0])
    world = still_world(rng)
    watching = monitors(world.ratios)
    others = peers(world.reference) if with_peers else {}
    history, alarms = History(LONGEST), dict.fromkeys([*watching, *others], 0.0)
    for number in range(BURN_IN + NULL_BLOCKS):
        observed, block = world.block(rng, number)
        buckets = history.push(observed)
        counted = number >= BURN_IN
        for name, monitor in watching.items():
            alarms[name] += (monitor.step(buckets) is not None) and counted
        for name, peer in others.items():
            alarms[name] += peer(block) and counted
    return alarms


def drift(mapped: Mapped, wanted: argparse.Namespace) -> list[Row]:
    """Median delay in blocks after a change, the share of runs that see it, alarms before it."""
    runs = range(wanted.seed, wanted.seed + wanted.runs)
    with_peers = [place < wanted.peer_runs for place in range(wanted.runs)]
    found = list(mapped(drift_run, runs, with_peers))
    rows = []
    for key in found[0]:
        case, method = key.split(" | ")
        values = [run[key] for run in found if key in run]
        if case == "before":
            rows.append(Row("drift", "before the change", method, "alarms", sum(values)))
            continue
        seen = [value for value in values if value < NEVER]
        rows += [
            Row("drift", case, method, "median delay", float(np.median(values))),
            Row("drift", case, method, "share detected", len(seen) / len(values)),
        ]
    return rows


def drift_run(seed: int, with_peers: bool) -> dict[str, float]:
    """Return each method's delay for every scenario, all after the same calm blocks."""
    found: dict[str, float] = {}
    for place, scenario in enumerate(SCENARIOS):
        rng = np.random.default_rng([seed, 1])
        world = still_world(rng)
        watching = monitors(world.ratios)
        others = peers(world.reference) if with_peers else {}
        history = History(LONGEST)
        waiting = set(watching) | set(others)
        for number in range(BURN_IN + HORIZON):
            ticks = max(0, number - BURN_IN + 1)
            if ticks == 1:
                rng = np.random.default_rng([seed, 2, place])
            observed, block = world.block(rng, number, scenario, ticks)
            buckets = history.push(observed)
            alarmed = {name for name, peer in others.items() if peer(block)}
            alarmed |= {
                name
                for name, monitor in watching.items()
                if name in waiting and monitor.step(buckets) is not None
            }
            for name in alarmed:
                if not ticks and place == 0:
                    found[f"before | {name}"] = found.get(f"before | {name}", 0.0) + 1
                elif ticks and name in waiting:
                    waiting.discard(name)
                    found[f"{scenario.name} | {name}"] = ticks
            if not waiting:
                break
        for name in waiting:
            found[f"{scenario.name} | {name}"] = NEVER
    for name in {**watching, **others}:
        found.setdefault(f"before | {name}", 0.0)
    return dict(sorted(found.items()))


def mmd(mapped: Mapped, wanted: argparse.Namespace) -> list[Row]:
    """Alarms and delays of alibi-detect's online MMD; none where it is not installed."""
    if not INSTALLED:
        print("alibi-detect's online MMD is left out: it is not installed")
        return []
    runs = range(wanted.seed, wanted.seed + wanted.mmd_runs)
    found = list(mapped(mmd_run, runs, [HORIZON] * len(runs)))
    months = len(runs) * CALM_BLOCKS / MONTH_BLOCKS
    rows = []
    for key in found[0] if found else ():
        case, method = key.split(" | ")
        values = [run[key] for run in found]
        if case == NULL.name:
            rows.append(Row(case, case, method, "alarms in 30 days", sum(values) / months))
            rows.append(Row(case, case, method, "months", months))
        else:
            rows.append(Row("drift", case, method, "median delay", float(np.median(values))))
    return rows


def wandering(mapped: Mapped, wanted: argparse.Namespace) -> list[Row]:
    """Pages in months of streams with season and memory, and the delay of a shift in them."""
    return months_of(WANDERS, wanted.months, mapped, wanted)


def calendar(mapped: Mapped, wanted: argparse.Namespace) -> list[Row]:
    """The same where the calendar does what the reference does not show."""
    return months_of(CALENDARS, wanted.calendar_months, mapped, wanted)


def months_of(
    wanders: Iterable[str], months: int, mapped: Mapped, wanted: argparse.Namespace
) -> list[Row]:
    """Return the figures of some months of some wandering worlds."""
    rows = []
    for name in wanders if months else ():
        runs = range(wanted.seed, wanted.seed + months)
        found = list(mapped(wandering_run, [name] * months, runs))
        for method in IGNORED:
            pages = [run[f"pages | {method}"] for run in found]
            delays = [run[f"delay | {method}"] for run in found]
            rows += [
                Row("wandering", name, method, "alarms in 30 days", float(np.mean(pages))),
                Row("wandering", name, method, "months", len(pages)),
                Row(
                    "wandering",
                    f"{name}, {SHIFTED.name}",
                    method,
                    "median delay",
                    float(np.median(delays)),
                ),
            ]
    return rows


def wandering_run(name: str, seed: int) -> dict[str, float]:
    """Return driftd's pages in a month, a day apart, and its delay for a shift after it."""
    rng = np.random.default_rng([seed, 3])
    wander = {**WANDERS, **CALENDARS}[name]
    world, offsets = wandering_world(rng, wander, MONTH_BLOCKS + HORIZON)
    watching, history = monitors(world.ratios), History(LONGEST)
    pages = dict.fromkeys(watching, 0.0)
    last = dict.fromkeys(watching, -DAY_BLOCKS)
    delay = dict.fromkeys(watching, NEVER)
    for number in range(MONTH_BLOCKS + HORIZON):
        ticks = max(0, number - MONTH_BLOCKS + 1)
        place = number + wander.reference_blocks
        observed, _ = world.block(rng, place, SHIFTED, ticks, offsets[number])
        buckets = history.push(observed)
        for method, monitor in watching.items():
            if monitor.step(buckets) is None:
                continue
            if ticks:
                delay[method] = min(delay[method], ticks)
            elif number - last[method] >= DAY_BLOCKS:
                pages[method] += 1
                last[method] = number
        if ticks and max(delay.values()) < NEVER:
            break
    return {f"pages | {method}": pages[method] for method in watching} | {
        f"delay | {method}": delay[method] for method in watching
    }


def monitors(ratios: Ratios) -> dict[str, Monitor]:
    """Return one monitor for each size of effects that are ignored."""
    return {
        name: Monitor(Detector(replace(ratios, ignore_below=ignored)), BUDGET.page_threshold)
        for name, ignored in IGNORED.items()
    }


PARTS = {
    "null": no_drift,
    "drift": drift,
    "mmd": mmd,
    "wandering": wandering,
    "calendar": calendar,
}


if __name__ == "__main__":
    main()
