"""A process that is killed in the middle of writing loses no pair and counts none twice."""

import random
import subprocess
import sys
from collections import Counter
from pathlib import Path

from monitor.labels.join import LabelJoin
from monitor.labels.view import LabelsView
from tests.monitor.labels.reader import SETTINGS, load, read_on

KILLS = 6


def test_killed_again_and_again_it_ends_as_if_nothing_had_happened(tmp_path):
    moments = random.Random(4)
    for kill in range(KILLS):
        lines = read_lines(tmp_path, seed=kill, until=moments.randrange(3, 30))
        assert "done" not in lines
    assert "done" in read_lines(tmp_path, seed=KILLS, until=None)
    killed = load(tmp_path / "snapshot.json")
    whole = LabelJoin.open(tmp_path / "whole", SETTINGS, None)
    pairs: Counter[int] = Counter()
    for _ in read_on(whole, [0, 0], pairs, seed=99):
        pass
    assert Counter(dict(killed["pairs"])) == pairs
    again = LabelJoin.open(tmp_path / "labels", SETTINGS, killed["join"])
    for join in (whole, again):
        join.advance(0, 1 << 50, 1 << 50)
    first, second = LabelsView.of(whole), LabelsView.of(again)
    assert (first.labels, first.predictions) == (second.labels, second.predictions)
    assert (first.delays.counts == second.delays.counts).all()
    assert set(first.labels) == {"changed", "duplicate", "joined", "late", "orphan"}
    assert first.labels["joined"] == pairs.total() > 40_000


def read_lines(folder: Path, seed: int, until: int | None) -> list[str]:
    """Start the reader and kill it after so many batches; return what it printed."""
    command = [sys.executable, "-m", "tests.monitor.labels.reader", str(folder), str(seed)]
    lines = []
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        for line in process.stdout:
            lines.append(line.strip())
            if until is not None and len(lines) >= until:
                process.kill()
    return lines
