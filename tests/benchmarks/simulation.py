"""Runs of simulated worlds: a reference, a stream of blocks, and all monitors that watch it."""

from dataclasses import dataclass, replace

import numpy as np

from detectors.counts import FloatArray
from detectors.directions import Directions
from detectors.evidence.closing import Closing
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import Evidence
from detectors.evidence.learned import Learned
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios
from detectors.evidence.season import DAY_MS
from detectors.summary import Summary
from tests.benchmarks.peers import Block, Reference
from tests.benchmarks.wandering import Wander
from tests.benchmarks.worlds import (
    BLOCK_MS,
    NULL,
    NUMERIC,
    Binning,
    Latent,
    Scenario,
    level_codes,
    level_counts,
    snapped,
)

RECORDS = 250
REFERENCE_RECORDS = 20_000
LONGEST = 4320
DAY_BLOCKS = DAY_MS // BLOCK_MS
STILL: FloatArray = np.zeros(NUMERIC)


@dataclass(frozen=True, slots=True)
class World:
    """A reference and what draws the blocks that follow it."""

    binning: Binning
    directions: Directions
    closing: Closing
    ratios: Ratios
    reference: Reference

    def block(
        self,
        rng: np.random.Generator,
        number: int,
        scenario: Scenario = NULL,
        ticks: int = 0,
        offsets: FloatArray = STILL,
    ) -> tuple[Observed, Block]:
        """Draw one block; ``ticks`` blocks after the scenario's change, 0 before it."""
        latent = draw(rng, RECORDS, scenario, ticks, offsets)
        codes = level_codes(latent.categorical)
        if ticks:
            scenario.change(latent, codes, rng, ticks)
        fine, levels = self.binning.fine_counts(latent.numeric), level_counts(codes)
        values = snapped(latent.numeric)
        counts = self.binning.counts(fine, levels)
        summary = replace(
            Summary.empty(self.binning.profile),
            records=RECORDS,
            counts=counts,
            derived=self.directions.sums(values.astype(np.float64)),
        )
        observed = self.closing.observed(number, number * BLOCK_MS + BLOCK_MS // 2, summary)
        return observed, Block(fine, levels, values)


def draw(
    rng: np.random.Generator, records: int, scenario: Scenario, ticks: int, offsets: FloatArray
) -> Latent:
    """Draw records with the scenario's correlation, moved by the block's offsets."""
    latent = Latent.draw(rng, records, scenario.family_zero) if ticks else Latent.draw(rng, records)
    latent.numeric += offsets.astype(np.float32)
    return latent


def still_world(rng: np.random.Generator) -> World:
    """Return a world without season or memory, with a reference of its own."""
    return world_of(Latent.draw(rng, REFERENCE_RECORDS))


def world_of(latent: Latent) -> World:
    """Return the world whose reference holds some records."""
    binning = Binning.of(latent.numeric)
    fine = binning.fine_counts(latent.numeric)
    levels = level_counts(level_codes(latent.categorical))
    values = snapped(latent.numeric).astype(np.float64)
    directions = Directions.fit(values[::2])
    assert directions is not None, "a reference of so many records has directions"
    counts = binning.counts(fine, levels)
    profile = replace(binning.profile, directions=directions)
    learned = Learned.of(profile, counts, values[1::2])
    ratios = learned.ratios(profile, counts, wanders=False)
    return World(
        binning=replace(binning, profile=profile),
        directions=directions,
        closing=learned.closing(profile, counts),
        ratios=ratios,
        reference=Reference(fine, levels, binning.centres, snapped(latent.numeric)),
    )


def wandering_world(
    rng: np.random.Generator, wander: Wander, blocks: int
) -> tuple[World, FloatArray]:
    """Return a world with season and memory, calibrated, and the offsets that follow.

    The reference is in time order; bins and covariances come from a sample of its
    records. The offsets are those of the ``blocks`` blocks after it.
    """
    past = wander.reference_blocks
    offsets = wander.offsets(rng, past + blocks)
    sample = Latent.draw(rng, REFERENCE_RECORDS)
    chosen = rng.integers(0, past, REFERENCE_RECORDS)
    sample.numeric += offsets[:past][chosen].astype(np.float32)
    world = world_of(sample)
    profile, values = world.binning.profile, snapped(sample.numeric).astype(np.float64)
    seen = [world.block(rng, number, offsets=offsets[number])[0] for number in range(past)]
    counts = np.sum([block.counts for block in seen], axis=0)
    learned = Learned.of(profile, counts, values[1::2])
    ratios = learned.calibrated(profile, counts, seen, BLOCK_MS).ratios(profile, counts, True)
    return replace(world, ratios=ratios), offsets[past:]


@dataclass(slots=True)
class Monitor:
    """driftd's evidence on a stream, whose windows start anew after each page."""

    detector: Detector
    threshold: float
    since: int = 0

    def step(self, buckets: list[Observed]) -> Evidence | None:
        """Return the evidence if it is a page."""
        evidence = self.detector.step(buckets, self.since)
        if evidence.value < self.threshold:
            return None
        self.since = buckets[0].last + 1
        return evidence
