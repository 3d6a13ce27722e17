"""The demo tells its story within a minute, over the file log and over a real broker."""

import os
import re
import subprocess
import sys
import time
from pathlib import Path

import pytest

MINUTE_S = 60


@pytest.mark.parametrize(
    "command", [["monitor", "demo"], ["tests.parts.demo_kafka"]], ids=["files", "kafka"]
)
def test_the_demo_ends_within_a_minute_and_names_what_drifted_after_the_shift(
    command: list[str], tmp_path: Path
):
    began = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", *command],
        capture_output=True,
        text=True,
        check=False,
        timeout=2 * MINUTE_S,
        env=os.environ | {"TMPDIR": str(tmp_path), "COLUMNS": "120"},
    )
    assert done.returncode == 0, done.stderr
    assert time.monotonic() - began < MINUTE_S
    told = done.stdout
    assert "before the shift: nothing drifted" in told
    found = re.search(r"after 12,000 records: (\d+) of 20 features drifted", told)
    assert found is not None, told
    assert int(found[1]) > 0
    # Pictures of the countryside are green.
    assert re.search(r"rawgreen-mean: shifted up by", told)
    assert re.search(r'^ *driftd_statistic\{feature="[^"]+",model="segments"', told, re.M)
    assert re.search(r"http://127\.0\.0\.1:\d+/metrics", told)
    assert list(tmp_path.iterdir()) == []
