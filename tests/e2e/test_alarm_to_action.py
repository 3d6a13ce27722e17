"""From metric to action, whole: broker, driftd, Prometheus, Alertmanager, webhook receivers.

Only event time is hurried: a block of a minute is sent in a blink. The wall clock's waits of the
rules come from a short cooldown in the configuration, as `driftd rules` takes them from there.
"""

import base64
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from standardwebhooks import Webhook

from tests.e2e.small_model import START_MS, build, configure, counted, kafka, lines
from tests.parts.alertmanager import Alertmanager
from tests.parts.daemon import DaemonProcess
from tests.parts.inbox import Inbox
from tests.parts.prometheus import Prometheus

BLOCK_MS = 60_000
PER_BLOCK = 1_000
STEP_MS = BLOCK_MS // PER_BLOCK
CALM, SHIFTED, AFTER = 5, 4, 30
"""Blocks before the shift, with it, and after it."""

SECRET = base64.b64encode(b"a key of tests, of 32 bytes long").decode()
WITHIN_BLOCKS = 2
"""So many blocks of a shift of one standard deviation are to raise the alarm."""


@dataclass
class Chain:
    """All of it, running."""

    daemon: DaemonProcess
    prometheus: Prometheus
    alertmanager: Alertmanager
    inbox: Inbox
    produce: Callable[..., None]
    topic: str
    sent: int = 0

    def send(self, blocks: int, seed: int, b_shift: float = 0) -> None:
        """Produce so many blocks, and wait until all are closed but the last."""
        count = blocks * PER_BLOCK
        values = lines(count, seed, first=self.sent, step_ms=STEP_MS, b_shift=b_shift)
        for partition in (0, 1):
            self.produce(self.topic, partition, values[partition::2])
        self.sent += count
        closed = self.sent - PER_BLOCK
        self.daemon.wait_for(lambda: counted(self.daemon.get("/api/v1/models/m")) == closed)

    def firing(self) -> set[tuple[str, str]]:
        """Return name and severity of the alerts that fire in Prometheus."""
        return {
            (each["labels"]["alertname"], each["labels"]["severity"])
            for each in self.prometheus.alerts()
            if each["state"] == "firing"
        }

    def notified(self, status: str) -> set[str]:
        """Return the alerts that Alertmanager told the pager of, with a status."""
        return {
            alert["labels"]["alertname"]
            for letter in self.inbox.at("/pager")
            for alert in letter.document["alerts"]
            if alert["status"] == status
        }

    def ever_fired(self) -> set[str]:
        """Return the alerts that fired at any time."""
        found = self.prometheus.query(
            'max by (alertname) (max_over_time(ALERTS{alertstate="firing"}[30m]))'
        )
        return {series["metric"]["alertname"] for series in found}


@contextmanager
def chain(folder: Path, broker: Any, topic: str, produce: Callable[..., None]) -> Iterator[Chain]:
    (folder / "hook.key").write_text(SECRET)
    with ExitStack() as stack:
        inbox = stack.enter_context(Inbox())
        config = configure(
            folder / "driftd.yaml",
            kafka(broker.bootstrap, topic),
            topic,
            {"warm_up": "0s", "triggers": ["retrain"], "idle_after": "5m"},
            events={"cooldown": "3s"},
            triggers={"retrain": {"webhook": f"{inbox.url}/hook", "secret_file": "hook.key"}},
        )
        build(config)
        rules = folder / "driftd.rules.yml"
        told = subprocess.run(
            [sys.executable, "-m", "monitor", "rules", "-c", str(config)],
            capture_output=True,
            check=True,
        )
        rules.write_bytes(told.stdout)
        daemon = stack.enter_context(DaemonProcess(config))
        target = daemon.address().removeprefix("http://")
        alertmanager = stack.enter_context(
            Alertmanager(
                folder,
                {
                    "route": {
                        "receiver": "pager",
                        "group_by": ["alertname", "model"],
                        "group_wait": "1s",
                        "group_interval": "1s",
                    },
                    "receivers": [
                        {
                            "name": "pager",
                            "webhook_configs": [
                                {"url": f"{inbox.url}/pager", "send_resolved": True}
                            ],
                        }
                    ],
                },
            )
        )
        prometheus = stack.enter_context(Prometheus(folder, target, [rules], alertmanager.address))
        yield Chain(daemon, prometheus, alertmanager, inbox, produce, topic)


def test_a_shift_pages_people_once_and_starts_one_pipeline_and_then_all_is_calm_again(
    broker, topic, produce, tmp_path
):
    with chain(tmp_path, broker, topic(partitions=2), produce) as found:
        daemon, inbox = found.daemon, found.inbox
        found.send(CALM, seed=2)
        found.prometheus.wait_for_scrapes(2)
        assert found.firing() == set()

        found.send(SHIFTED, seed=3, b_shift=1)
        daemon.wait_for(lambda: ("DriftdDrift", "critical") in found.firing())
        daemon.wait_for(lambda: "DriftdDrift" in found.notified("firing"))
        (letter,) = daemon.wait_for(lambda: inbox.at("/hook"))
        event = Webhook(SECRET).verify(letter.body, letter.headers)
        assert event["type"] == "io.driftd.alarm.raised"
        assert event["id"] == letter.headers["webhook-id"]
        told = event["data"]
        assert [each["name"] for each in told["features"]] == ["b"]
        assert told["summary"].startswith("1 of 4 features moved; `b` shifted up by 1")
        assert told["severity"] == "page"
        shift_ms = START_MS + CALM * BLOCK_MS
        assert shift_ms < when_ms(event["time"]) <= shift_ms + WITHIN_BLOCKS * BLOCK_MS
        assert {each["partition"] for each in told["records"]} == {0, 1}

        found.send(AFTER, seed=4)
        daemon.wait_for(lambda: daemon.get("/api/v1/events?open=true")["events"] == [])
        daemon.wait_for(lambda: found.firing() == set())
        daemon.wait_for(lambda: "DriftdDrift" in found.notified("resolved"))
        cleared, raised = daemon.get("/api/v1/events")["events"]
        assert cleared["event"]["type"] == "io.driftd.alarm.cleared"
        assert cleared["event"]["data"]["incident"] == raised["event"]["id"] == event["id"]
        assert raised["deliveries"] == {"retrain": "delivered"}
        assert len(inbox.at("/hook")) == 1
        assert found.ever_fired() == {"DriftdDrift"}
        assert found.prometheus.rule_problems() == []


def test_the_same_length_without_a_shift_raises_not_one_alert(broker, topic, produce, tmp_path):
    with chain(tmp_path, broker, topic(partitions=2), produce) as found:
        for seed, blocks in ((2, CALM), (3, SHIFTED), (4, AFTER)):
            found.send(blocks, seed)
            found.prometheus.wait_for_scrapes(4)
        assert found.ever_fired() == set()
        assert found.prometheus.rule_problems() == []
        assert found.inbox.letters == []
        assert found.alertmanager.alerts() == []
        assert found.daemon.get("/api/v1/events")["events"] == []
        blocks = found.daemon.metric("driftd_blocks_total", reason="watermark")
        assert blocks >= CALM + SHIFTED + AFTER - 1


def when_ms(time: str) -> int:
    """Return a time of the API in ms."""
    return round(datetime.fromisoformat(time).timestamp() * 1000)
