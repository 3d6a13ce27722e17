"""The re-test gate of a candidate: `driftd retest --gate`, as a release pipeline runs it."""

import json
import subprocess
import sys
import threading
import time
from pathlib import Path

import msgspec

from detectors.robustness.verdict import Verdict

LONGEST_S = 4 * 3600
BUSY_S = 10.0
VERDICTS = (0, 1, 3)
"""Exit statuses of a run that came to a verdict."""

USED_WRONGLY = 2
BUSY = "runs already"

ONE_AT_A_TIME = threading.Lock()


class Requirement(msgspec.Struct, frozen=True):
    """A requirement that the candidate was held to."""

    name: str
    verdict: Verdict
    words: str


class Gate(msgspec.Struct, frozen=True):
    """What the re-tests of the candidate found; reason: why they are inconclusive, or ""."""

    verdict: Verdict
    reason: str = ""
    requirements: list[Requirement] = []


class _Run(msgspec.Struct, frozen=True):
    reason: str
    requirements: list[Requirement]


class _Told(msgspec.Struct, frozen=True):
    verdict: Verdict
    runs: list[_Run]


def run_gate(config: Path, model: str, url: str) -> Gate:
    """Run all re-tests of a model on the endpoint of a candidate.

    Waits while another re-test of the model runs. A command that fails gives an inconclusive gate
    that says why.
    """
    with ONE_AT_A_TIME:
        return _run(config, model, url)


def _run(config: Path, model: str, url: str) -> Gate:
    command = [sys.executable, "-m", "monitor", "retest", "-c", str(config), model]
    command += ["--endpoint", url, "--gate", "--json"]
    deadline = time.monotonic() + LONGEST_S
    while True:
        try:
            done = subprocess.run(
                command,
                capture_output=True,
                check=False,
                timeout=max(0.0, deadline - time.monotonic()),
            )
        except subprocess.TimeoutExpired:
            return Gate(Verdict.INCONCLUSIVE, f"it took longer than {LONGEST_S // 3600} h")
        said = done.stderr.decode(errors="replace").strip()
        if done.returncode in VERDICTS:
            break
        if done.returncode == USED_WRONGLY and BUSY in said:
            time.sleep(BUSY_S)
            continue
        return Gate(Verdict.INCONCLUSIVE, f"exit status {done.returncode}: {said[-500:]}")
    told = msgspec.convert(json.loads(done.stdout), _Told)
    return Gate(
        verdict=told.verdict,
        reason="; ".join(each.reason for each in told.runs if each.reason),
        requirements=[requirement for each in told.runs for requirement in each.requirements],
    )
