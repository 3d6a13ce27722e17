"""Each kind of trouble fires its own alert, from a real daemon's logs to a real Prometheus."""

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.e2e.small_model import append, counted, records
from tests.e2e.test_labels import configured, label, label_of, lines
from tests.parts.daemon import DaemonProcess
from tests.parts.prometheus import Prometheus

HALF = 3_000
STEP_MS = 100
CLOSED = 5_400
"""Records of the nine blocks of ten that close by themselves."""

Record = dict[str, Any]


def lose_values(at: int, record: Record, y: int) -> int:
    if at % 2:
        record["b"] = None
    return y


def turn_labels_around(at: int, record: Record, y: int) -> int:  # noqa: ARG001
    return 1 - y


def alerts_of(folder: Path, trouble: Callable[[int, Record, int], int]) -> dict[str, str]:
    """Return the description of each critical alert, the second half of a log being in trouble."""
    config, rules = configured(folder), folder / "driftd.rules.yml"
    told = [sys.executable, "-m", "monitor", "rules", "-c", str(config), "--out", str(rules)]
    subprocess.run(told, check=True)
    sent = records(2 * HALF, seed=3, step_ms=STEP_MS)
    true = [label_of(at, record) for at, record in enumerate(sent)]
    for at in range(HALF, 2 * HALF):
        true[at] = trouble(at, sent[at], true[at])
    append(folder, "records", lines(sent))
    append(folder, "labels", lines(label(*each) for each in zip(sent, true, strict=True)))
    with DaemonProcess(config) as daemon:
        target = daemon.address().removeprefix("http://")
        with Prometheus(folder, target, [rules]) as prometheus:
            daemon.wait_for(lambda: counted(daemon.get("/api/v1/models/m")) >= CLOSED)
            prometheus.wait_for_scrapes(4)
            return {
                alert["labels"]["alertname"]: alert["annotations"]["description"]
                for alert in prometheus.alerts()
                if alert["labels"]["severity"] == "critical" and alert["state"] == "firing"
            }


@pytest.mark.parametrize(
    ("trouble", "kind", "others", "words"),
    [
        (lose_values, "DriftdDataQuality", {"DriftdDrift"}, "in the newest block: b 50%. Drifted:"),
        (turn_labels_around, "DriftdConceptDrift", {"DriftdPerformanceDrop"}, "on the reference 0"),
    ],
)
def test_a_trouble_fires_the_alert_that_names_it(trouble, kind, others, words, tmp_path):
    alerts = alerts_of(tmp_path, trouble)
    assert alerts.keys() == {kind, *others}
    assert "model m, version 1" in alerts[kind]
    assert words in alerts[kind]
