"""The systemd unit, judged by systemd itself."""

import shutil
import subprocess
from pathlib import Path

import pytest

UNIT = Path(__file__).resolve().parents[2] / "deploy" / "systemd" / "driftd.service"
PROGRAM = "/opt/driftd/bin/driftd"
MOST_EXPOSED = 2.0
"""Of ten, by `systemd-analyze security`: 1.4 as delivered."""


@pytest.fixture
def unit(tmp_path: Path) -> Path:
    """The unit, of a program that is installed here: verify looks for it."""
    text = UNIT.read_text()
    assert f"ExecStart={PROGRAM} run" in text
    path = tmp_path / UNIT.name
    path.write_text(text.replace(PROGRAM, "/bin/true"))
    return path


def analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    program = shutil.which("systemd-analyze")
    assert program, "systemd-analyze is missing; run 'make parts' or 'apt-get install systemd'"
    command = [program, *arguments]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_systemd_finds_nothing_wrong_with_the_unit(unit):
    done = analyze("verify", "--man=no", str(unit))
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_unit_is_exposed_little(unit):
    threshold = f"--threshold={MOST_EXPOSED * 10:.0f}"
    done = analyze("security", "--offline=true", threshold, "--no-pager", str(unit))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Overall exposure level" in done.stdout


def test_re_tests_may_give_way_to_the_daemon():
    # The worker of a re-test calls nice(), which is the system call setpriority.
    resources = analyze("syscall-filter", "@resources").stdout.split()
    assert "setpriority" in resources
    filters = [
        line.partition("=")[2]
        for line in UNIT.read_text().splitlines()
        if line.startswith("SystemCallFilter=")
    ]
    denied = next(at for at, each in enumerate(filters) if "~" in each and "@resources" in each)
    assert any("setpriority" in each.split() for each in filters[denied + 1 :])
