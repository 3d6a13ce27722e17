"""The demo of the compose file, as processes: the same commands and checks, and a real broker."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from kafka import KafkaConsumer, TopicPartition

from tests.e2e.small_model import counted
from tests.parts.daemon import DaemonProcess
from tests.parts.kafka_broker import KafkaBroker, start_broker
from tests.parts.ports import free_ports

DEPLOY = Path(__file__).resolve().parents[2] / "deploy"
IN_THE_IMAGE = "/etc/driftd/driftd.yaml"
HISTORY = 6_000
"""Records that `prepare` writes."""

PATIENCE_S = 60


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KafkaBroker]:
    broker = start_broker(tmp_path_factory.mktemp("kafka"))
    yield broker
    broker.stop()


@pytest.fixture
def config(broker: KafkaBroker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The demo's configuration, with the addresses and paths of the project changed to ours."""
    (tmp_path / "state").mkdir()
    model = "DRIFTD_MODELS__SEGMENTS__"
    for name, value in {
        "DRIFTD_SOURCE__KAFKA__BOOTSTRAP_SERVERS": f"[{broker.bootstrap}]",
        "DRIFTD_STATE": tmp_path / "state",
        "DRIFTD_LISTEN": "127.0.0.1:0",
        "DRIFTD_API_TOKEN_FILE": tmp_path / "state" / "driftd-token",
        f"{model}REFERENCE": tmp_path / "state" / "segments.ref",
        f"{model}EVALUATION__DATA": tmp_path / "state" / "evaluation.jsonl",
    }.items():
        monkeypatch.setenv(name, str(value))
    return Path(shutil.copy(DEPLOY / "compose" / "driftd.yaml", tmp_path))


def command(service: str, config: Path) -> list[str]:
    """What a service runs, with this Python and the configuration where it lies here."""
    project: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
    words = [
        word for key in ("entrypoint", "command") for word in project["services"][service][key]
    ]
    return [{"python": sys.executable, IN_THE_IMAGE: str(config)}.get(word, word) for word in words]


def check(where: str, port: int, ours: int) -> bool:
    """Run the health check of a file's text, at our port in place of the image's."""
    (found,) = re.findall(rf"(from urllib.*?127\.0\.0\.1:{port}/.*?\))(?:\n|\")", where)
    code = found.replace(str(port), str(ours))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, check=False, timeout=10
    )
    return done.returncode == 0


@contextmanager
def running(command: list[str]) -> Iterator[subprocess.Popen[bytes]]:
    """A process that does not outlive the test."""
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.kill()


def written(broker: KafkaBroker, topic: str) -> int:
    """How many records a topic holds."""
    consumer = KafkaConsumer(bootstrap_servers=broker.bootstrap)
    try:
        partitions = [TopicPartition(topic, each) for each in consumer.partitions_for_topic(topic)]
        return sum(consumer.end_offsets(partitions).values())
    finally:
        consumer.close()


def test_the_demo_starts_without_edits(config, broker):
    for said in (f"and {HISTORY:,} records", "is there already"):
        done = subprocess.run(
            command("prepare", config), capture_output=True, text=True, check=True, timeout=60
        )
        assert said in done.stdout

    port = free_ports("model")["model"]
    play = [*command("model", config), "--listen", f"127.0.0.1:{port}"]
    with running(play) as live, DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: daemon.ready()[0] == 200)
        dockerfile = (DEPLOY / "Dockerfile").read_text()
        listens = int(daemon.address().rpartition(":")[2])
        assert check(dockerfile, 9477, listens)
        compose = (DEPLOY / "compose.yaml").read_text()
        daemon.wait_for(lambda: check(compose, 8080, port) or live.poll() is not None)

        def read() -> bool:
            """Blocks were closed, and labels found their predictions."""
            labels = daemon.metric("driftd_labels_total", outcome="joined")
            in_blocks = counted(daemon.get("/api/v1/models/segments"))
            return min(labels, in_blocks) > HISTORY / 2

        daemon.wait_for(read, PATIENCE_S)
        assert daemon.metric("driftd_rejects_total") == 0
        daemon.wait_for(lambda: written(broker, "segments.predictions") > HISTORY)  # live ones

        live.terminate()
        assert live.wait(20) == 0
        assert daemon.terminate() == 0
        assert not check(dockerfile, 9477, listens)
