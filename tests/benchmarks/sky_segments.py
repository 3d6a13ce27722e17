"""Image segments of river as a real set whose change is known: only sky at its end."""

import random
from pathlib import Path

import pyarrow as pa
from pyarrow import parquet

from monitor.demo.data import load_segments
from tests.benchmarks.real_sets import RealSet


def write_sky_segments(folder: Path) -> RealSet:
    """Write the set to a folder and return it: all but the sky in random order, then the sky."""
    split = load_segments(random.Random(1))
    records = [*split.training, *split.live]
    known = [each for each in records if each[1] != "sky"]
    sky = [each for each in records if each[1] == "sky"]
    rows = [{**values, "kind": label} for values, label in (*known, *sky)]
    parquet.write_table(pa.Table.from_pylist(rows), folder / "segments.parquet")
    return RealSet(
        file="segments.parquet",
        numeric=split.features,
        categorical=(),
        answer="kind",
        kind="class",
        reference=1_280,
        change=len(known),
        drift="only sky",
        block=10,
    )
