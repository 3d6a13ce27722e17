"""The systemd unit, judged by systemd itself."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.small_model import FILES, append, build, configure, counted, lines
from tests.parts.deploy_tools import FOLDER

ROOT = Path(__file__).resolve().parents[2]
UNIT = ROOT / "deploy" / "systemd" / "driftd.service"
PROGRAM = "/opt/driftd/bin/driftd"
MOST_EXPOSED = 2.0
"""Of ten, by `systemd-analyze security`: 1.4 as delivered."""

WHAT_MAY_BE_DONE = """
import mmap, os

for name, call in (
    ("nice", lambda: os.nice(1)),
    ("setuid", lambda: os.setuid(1)),
    ("affinity", lambda: os.sched_setaffinity(0, {0})),
    ("jit", lambda: mmap.mmap(-1, 4096, prot=mmap.PROT_WRITE | mmap.PROT_EXEC)),
):
    try:
        call()
        print(name, "done")
    except PermissionError:
        print(name, "denied")
"""


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


def fenced(*command: object) -> str:
    """Run a command with the fences of the unit; return what it says."""
    python = FOLDER / "python"
    assert python.exists(), "pyseccomp is not installed; run 'make parts'"
    done = subprocess.run(
        [python, ROOT / "tests" / "parts" / "unit_fence.py", UNIT, *command],
        capture_output=True, text=True, check=False, timeout=120, cwd=ROOT,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_process_of_the_unit_may_give_way_to_others_and_not_much_more():
    # A re-test gives way so; numpy and others map memory that must not be written and executed.
    told = fenced(sys.executable, "-c", WHAT_MAY_BE_DONE)
    assert told.split() == [
        "nice",
        "done",
        "setuid",
        "denied",
        "affinity",
        "denied",
        "jit",
        "denied",
    ]


def test_the_daemon_works_within_the_fences_of_its_unit(tmp_path):
    config = configure(tmp_path / "driftd.yaml", FILES, "t")
    build(config)
    append(tmp_path, "t", lines(30_000, seed=2))
    found = json.loads(fenced(sys.executable, "-m", "monitor", "run", "-c", config, "--until-end"))
    assert counted(found["models"]["m"]) == 30_000
