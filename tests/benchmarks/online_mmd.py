"""alibi-detect's online MMD, as far as it can be configured; only where it is installed.

Its thresholds come from a bootstrap that refuses fewer samples than the expected run time (ERT)
in records and asks for ten times as many. 30 days of these streams are 1,080,000 records; a minute
or two of one core allow 4,000.
"""

import math
from dataclasses import dataclass
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tests.benchmarks.peers import Block
from tests.benchmarks.simulation import World, still_world
from tests.benchmarks.worlds import NULL, NUMERIC, SCENARIOS, Scenario

ERT, WINDOW, BOOTSTRAPS, REFERENCE = 4_000, 50, 5_000, 1_000
"""Records, records, bootstrap samples, records of the reference that it keeps."""

CALM_BLOCKS = 200
"""Blocks without drift in a run: a record takes it half a millisecond."""

FEATURES = (10, NUMERIC)
"""How many features it watches; the scenarios change the first ten."""

INSTALLED = find_spec("alibi_detect") is not None and find_spec("torch") is not None


@dataclass(frozen=True, slots=True)
class OnlineMMD:
    """One detector over the first numeric features, restarted after each alarm."""

    detector: Any
    features: int

    @classmethod
    def of(cls, reference: NDArray[np.float32], features: int, seed: int) -> "OnlineMMD":
        """Configure thresholds on the newest records of a reference; (n, NUMERIC)."""
        import_module("torch").manual_seed(seed)
        detector = import_module("alibi_detect.cd").MMDDriftOnline(
            reference[-REFERENCE:, :features],
            ert=ERT,
            window_size=WINDOW,
            backend="pytorch",
            n_bootstraps=BOOTSTRAPS,
            device="cpu",
            verbose=False,
        )
        return cls(detector, features)

    @property
    def name(self) -> str:
        """Its name in the table."""
        return f"online MMD (alibi-detect), {self.features} features, ERT {ERT:,} records"

    def alarms(self, block: Block) -> bool:
        """Tell whether any record of the block raises an alarm."""
        alarmed = False
        for record in block.numeric[:, : self.features]:
            if self.detector.predict(record)["data"]["is_drift"]:
                self.detector.reset_state()
                alarmed = True
        return alarmed

    def delay(self, world: World, seed: tuple[int, ...], scenario: Scenario, horizon: int) -> float:
        """Return the blocks until the first alarm after a change; infinity if there is none."""
        rng = np.random.default_rng(seed)
        self.detector.reset_state()
        for ticks in range(1, horizon + 1):
            if self.alarms(world.block(rng, ticks, scenario, ticks)[1]):
                return ticks
        return math.inf


def mmd_run(seed: int, horizon: int) -> dict[str, float]:
    """Return alarms in calm blocks, then the delay of each change, by case and name."""
    rng = np.random.default_rng([seed, 0])
    world = still_world(rng)
    detectors = [OnlineMMD.of(world.reference.numeric, count, seed) for count in FEATURES]
    found = {f"{NULL.name} | {each.name}": 0.0 for each in detectors}
    for number in range(CALM_BLOCKS):
        block = world.block(rng, number)[1]
        for each in detectors:
            found[f"{NULL.name} | {each.name}"] += each.alarms(block)
    for place, scenario in enumerate(SCENARIOS):
        for each in detectors:
            delay = each.delay(world, (seed, 2, place), scenario, horizon)
            found[f"{scenario.name} | {each.name}"] = delay
    return found
