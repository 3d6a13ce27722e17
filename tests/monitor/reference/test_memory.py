"""Building takes a memory that does not grow with the data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

COLUMNS = 40
ROWS_PER_PART = 50_000

MOST_MB = 200
"""What a build may take on top of its modules, for a file of any length."""

BUILD = """
import re, sys
from pathlib import Path
from monitor.reference.build import build_reference
from monitor.schema import Field, Kind, Prediction, PredictionKind, Schema

def peak_mb():
    # Not ru_maxrss: that one starts at the peak of the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

names = [f"f{n}" for n in range(int(sys.argv[2]))]
schema = Schema(
    tuple(Field(name, (name,), Kind.NUMERIC) for name in names[1:]),
    Prediction((names[0],), PredictionKind.REGRESSION),
)
before = peak_mb()
rows = build_reference(schema, [Path(sys.argv[1])]).total.records
print(rows, peak_mb() - before)
"""


def a_part(seed: int) -> pa.Table:
    """Some rows of numbers of few digits: a CSV of them is about as long as their floats."""
    values = np.random.default_rng(seed).integers(0, 10**6, size=(COLUMNS, ROWS_PER_PART)) / 1e3
    return pa.table({f"f{n}": column for n, column in enumerate(values)})


def write_parquet(path: Path, parts: int) -> None:
    """Write all parts into one row group."""
    table = pa.concat_tables([a_part(seed) for seed in range(parts)])
    parquet.write_table(table, path, row_group_size=len(table), use_dictionary=False)


def write_csv(path: Path, parts: int) -> None:
    """Write the parts one after the other."""
    with csv.CSVWriter(path, a_part(0).schema) as writer:
        for seed in range(parts):
            writer.write_table(a_part(seed))


@pytest.mark.parametrize(
    ("write", "parts"), [(write_parquet, 20), (write_csv, 16)], ids=["300 MB Parquet", "240 MB CSV"]
)
def test_a_large_file_is_built_in_less_memory_than_it_needs(tmp_path, write, parts):
    path = tmp_path / ("a.csv" if write is write_csv else "a.parquet")
    write(path, parts)
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(path), str(COLUMNS)],
        capture_output=True,
        text=True,
        check=True,
    )
    rows, used_mb = map(int, built.stdout.split())
    assert rows == parts * ROWS_PER_PART
    assert used_mb < MOST_MB < rows * COLUMNS * 8 / 2**20
