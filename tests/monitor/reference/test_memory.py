"""Building takes a memory that does not grow with the data."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from pyarrow import csv, parquet

import monitor

NUMBERS = 6
TEXT_BYTES = 250
ROWS_PER_PART = 50_000
PARTS = 17

MOST_MB = 200
"""What a build may take on top of its modules, for a file of any length."""

BUILD = """
import re, sys
from pathlib import Path
from monitor.reference.build import build_reference
from detectors.prediction_kind import PredictionKind
from monitor.schema import Field, Kind, Prediction, Schema

def peak_mb():
    # Not ru_maxrss: that one starts at the peak of the process that started this one.
    return int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024

names = [f"f{n}" for n in range(1, int(sys.argv[2]))]
numbers = tuple(Field(name, (name,), Kind.NUMERIC) for name in names)
text = Field("text", ("text",), Kind.CATEGORICAL)
schema = Schema((*numbers, text), Prediction(("f0",), PredictionKind.REGRESSION))
before = peak_mb()
rows = build_reference(schema, [Path(sys.argv[1])]).total.records
print(rows, peak_mb() - before)
"""


def a_part(part: int) -> pa.Table:
    """Some rows of a few numbers and a long text that is another one in every row."""
    values = np.random.default_rng(part).normal(size=(NUMBERS, ROWS_PER_PART))
    first = part * ROWS_PER_PART
    texts = [f"{row:0{TEXT_BYTES}}" for row in range(first, first + ROWS_PER_PART)]
    return pa.table({"text": texts, **{f"f{n}": column for n, column in enumerate(values)}})


def write_parquet(path: Path) -> None:
    """Write all parts into one row group."""
    table = pa.concat_tables([a_part(part) for part in range(PARTS)])
    parquet.write_table(
        table, path, row_group_size=len(table), use_dictionary=False, compression="none"
    )


def write_csv(path: Path) -> None:
    """Write the parts one after the other."""
    with csv.CSVWriter(path, a_part(0).schema) as writer:
        for part in range(PARTS):
            writer.write_table(a_part(part))


@pytest.mark.parametrize("write", [write_parquet, write_csv])
def test_a_file_of_250_mb_is_built_in_less_memory_than_it_needs(tmp_path, write):
    path = tmp_path / ("a.csv" if write is write_csv else "a.parquet")
    write(path)
    assert path.stat().st_size > 240 * 2**20
    built = subprocess.run(
        [sys.executable, "-c", BUILD, str(path), str(NUMBERS)],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(monitor.__file__).parents[1],
    )
    rows, used_mb = map(int, built.stdout.split())
    assert rows == PARTS * ROWS_PER_PART
    assert used_mb < MOST_MB
