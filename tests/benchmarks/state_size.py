"""How many bytes of state a monitored feature needs once the longest window is full."""

from dataclasses import replace
from pathlib import Path

import numpy as np

from detectors.columns import Columns
from detectors.sample import record_hashes
from detectors.summarise import summarise
from monitor.config import ModelConfig
from monitor.engine.model import ModelEngine
from monitor.engine_settings import engine_settings
from monitor.reference.file import read_reference
from monitor.state.snapshot import save

BLOCKS = 10_080
"""A week of one-minute blocks."""

RECORDS = 1_000


def bytes_per_feature(model: ModelConfig, folder: Path) -> float:
    """Fill a stream's windows with a week of blocks and weigh the snapshot of it.

    A model that warms up keeps the blocks that it learns from beside its windows.
    """
    reference = read_reference(model.reference)
    engine = ModelEngine(engine_settings("m", model, reference, Path(), 900_000))
    profile = reference.profile
    rng = np.random.default_rng(4)
    none = np.zeros(RECORDS, dtype=np.int64)
    block = summarise(
        profile,
        Columns(
            numeric=rng.standard_normal((RECORDS, len(profile.numeric))),
            codes=np.zeros((RECORDS, len(profile.categorical)), dtype=np.int16),
            embeddings=(),
            invalid=np.zeros((0, 2), dtype=np.int64),
            score=rng.random(RECORDS),
            hashes=record_hashes(1, np.arange(RECORDS)),
            times=none,
            partitions=none,
            offsets=np.arange(RECORDS),
        ),
    )
    key = ("7", engine.settings.segments[0])
    for number in range(BLOCKS):
        engine.open_blocks[number] = {key: block}
        engine.close(number + 1, "watermark")
    engine.open_blocks[BLOCKS] = {key: replace(block)}
    size = save(folder / "weighed.npz", {"m": engine}, 0)
    return size / len(profile.features)
