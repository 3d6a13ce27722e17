"""What a step of the evidence costs: 200 features, blocks of 1,000 records, windows of a week.

The last line is the figures as JSON.
"""

import argparse
import json
import time

import numpy as np

from detectors.evidence.detector import Detector
from detectors.evidence.history import History
from detectors.evidence.observed import Observed
from tests.benchmarks.simulation import still_world
from tests.benchmarks.worlds import CATEGORICAL, NUMERIC

RECORDS = 1000
WEEK = 7 * 24 * 60
WARM = 20
PAST = 250


def main() -> None:
    """Measure steps of a stream without drift, long after its start."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--steps", type=int, default=200, help="steps to measure [200]")
    parser.add_argument("--seed", type=int, default=1, help="[1]")
    wanted = parser.parse_args()
    figures = step_costs(wanted.steps, wanted.seed)
    for name, value in figures.items():
        print(f"{name:40} {value:10.2f}")
    print(json.dumps(figures))


def step_costs(steps: int, seed: int) -> dict[str, float]:
    """Return what a step costs once the windows are full, by figure."""
    rng = np.random.default_rng(seed)
    world = still_world(rng)
    quarters = [world.block(rng, number)[0] for number in range(4 * PAST)]
    past = [
        sum(quarters[place + 1 : place + 4], quarters[place]) for place in range(0, 4 * PAST, 4)
    ]
    history, detector = History(WEEK), Detector(world.ratios)
    for number in range(WEEK):
        history.push(moved(past[number % len(past)], number))
    costs = []
    for number in range(WEEK, WEEK + WARM + steps):
        buckets = history.push(moved(past[int(rng.integers(len(past)))], number))
        start = time.perf_counter()
        detector.step(buckets)
        costs.append(time.perf_counter() - start)
    values = RECORDS * (NUMERIC + CATEGORICAL)
    rows = next(iter(detector.rows.values()))
    held = sum(part.nbytes for part in (rows.scaled, rows.whitened, rows.rare)) * len(buckets)
    return {
        "windows": len(buckets),
        "step, median, microseconds": float(np.median(costs[WARM:]) * 1e6),
        "step, fastest, microseconds": min(costs[WARM:]) * 1e6,
        "step, median, ns per feature value": float(np.median(costs[WARM:]) * 1e9 / values),
        "step, fastest, ns per feature value": min(costs[WARM:]) * 1e9 / values,
        "memory of sums, kB per feature": held / 1000 / (NUMERIC + CATEGORICAL),
    }


def moved(block: Observed, number: int) -> Observed:
    """Return the same block at another place of the stream."""
    return Observed(number, number, block.records, block.counts, block.clock, block.extra)


if __name__ == "__main__":
    main()
