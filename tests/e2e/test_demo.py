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
def test_the_demo_ends_within_a_minute_and_pages_after_the_shift_and_not_before(
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
    assert "its budget is 1 false page in 30d" in told
    assert re.search(r"before the shift: no alarm \(evidence \d+ % of a page\)", told), told
    found = re.search(
        r"after the shift: a page, raised ([\d,]+) records \((\d+) blocks? of a minute\) after it; "
        r"(\d+) of 20 features drifted",
        told,
    )
    assert found is not None, told
    assert 0 < int(found[1].replace(",", "")) == 600 * int(found[2]) <= 1_800
    assert int(found[3]) > 0
    # Pictures of the countryside are green.
    assert re.search(r"rawgreen-mean: shifted up by .* \([a-z]+ [+-]\d\.\d\d sd\)", told), told
    stream = 'model="segments",segment="",'
    assert f'driftd_alarm_active{{{stream}severity="page",version="1"}} 1.0' in told
    for name in ("driftd_evidence", "driftd_evidence_threshold"):
        assert f"  {name}{{{stream}" in told
    assert re.search(r"http://127\.0\.0\.1:\d+/metrics", told)
    assert list(tmp_path.iterdir()) == []
