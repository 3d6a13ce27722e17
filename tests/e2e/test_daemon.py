"""The daemon's life beside a real broker: what comes late, goes away or is told to stop."""

import time
from pathlib import Path
from typing import Any

import pytest

from monitor.archive import read_archive
from monitor.state.snapshot import KIND, VERSION
from tests.e2e.conftest import MakeTopic, Produce
from tests.e2e.small_model import build, configure, counted, kafka, lines
from tests.parts.daemon import DaemonProcess, run_until_end
from tests.parts.kafka_broker import KafkaBroker
from tests.parts.ports import free_ports


def prepared(folder: Path, broker: KafkaBroker, topic: str, **settings: Any) -> Path:
    """A configuration that reads a topic, with its reference."""
    config = configure(folder / "driftd.yaml", kafka(broker.bootstrap, topic), topic, **settings)
    build(config)
    return config


def watched(daemon: DaemonProcess) -> int:
    return counted(daemon.get("/api/v1/models/m"))


def test_a_topic_that_does_not_exist_yet_is_awaited_then_empty_then_read(
    broker, topic, produce, names, tmp_path
):
    name = next(names)
    with DaemonProcess(prepared(tmp_path, broker, name)) as daemon:
        told = f"driftd is not ready: topic '{name}' does not exist yet; waiting for it\n"
        daemon.wait_for(lambda: daemon.ready() == (503, told))
        topic(partitions=2, name=name)
        daemon.wait_for(lambda: daemon.ready() == (200, "driftd is ready\n"))
        status = daemon.get("/api/v1/status")
        assert (status["reason"], status["source"]["lag"]) == ("", 0)
        assert daemon.get("/api/v1/models/m")["streams"] == []
        assert "driftd_records_total{" not in daemon.metrics()
        values = lines(300, seed=2)
        produce(name, 0, values[::2])
        produce(name, 1, values[1::2])
        daemon.wait_for(lambda: watched(daemon) == 300)
        assert daemon.metric("driftd_records_total") == 300
        assert daemon.metric("driftd_source_lag_records") == 0


def test_a_bounded_run_over_an_empty_topic_ends_without_a_stream(broker, topic, tmp_path):
    (document,) = run_until_end(prepared(tmp_path, broker, topic())).values()
    assert (document["streams"], document["rejects"], document["open_blocks"]) == ([], {}, 0)


def test_a_broker_that_comes_late_and_one_that_goes_away_cost_no_record(
    broker: KafkaBroker, topic: MakeTopic, produce: Produce, tmp_path: Path
):
    name = topic(partitions=2)
    values = lines(900, seed=3)
    produce(name, 0, values[:300])
    config = prepared(tmp_path, broker, name)
    broker.stop()
    try:
        with DaemonProcess(config) as daemon:
            told = f"not ready: Kafka at {broker.bootstrap} cannot be reached: "
            daemon.wait_for(lambda: daemon.ready()[0] == 503 and told in daemon.ready()[1])
            assert daemon.metric("driftd_source_connected") == 0
            broker.start()
            daemon.wait_for(lambda: watched(daemon) == 300)
            broker.kill()
            daemon.wait_for(lambda: daemon.metric("driftd_source_connected") == 0)
            partitions = daemon.get("/api/v1/status")["source"]["partitions"]
            assert [each["at_end"] for each in partitions] == [False, False]
            broker.start()
            daemon.wait_for(lambda: daemon.metric("driftd_source_connected") == 1)
            produce(name, 0, values[300:500])
            produce(name, 1, values[500:])
            daemon.wait_for(lambda: watched(daemon) == 900)
            assert daemon.get("/api/v1/models/m")["duplicates"] == 0
            assert daemon.terminate() == 0
    finally:
        if broker.process is None:
            broker.start()
    assert counted(run_until_end(config)["m"]) == 900


def test_a_daemon_that_reaches_no_broker_ends_on_sigterm_all_the_same(tmp_path):
    (port,) = free_ports("nobody").values()
    config = configure(tmp_path / "driftd.yaml", kafka(f"127.0.0.1:{port}", "g"), "t")
    build(config)
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: "cannot be reached: " in daemon.ready()[1])
        assert daemon.terminate(seconds=10) == 0


@pytest.mark.parametrize("moment", ["beginning", "end"])
def test_on_sigterm_the_state_is_stored_and_the_next_run_goes_on_without_loss(
    broker: KafkaBroker, topic: MakeTopic, produce: Produce, tmp_path: Path, moment: str
):
    name = topic(partitions=3)
    values = lines(30_000, seed=4, step_ms=1)
    for partition in range(3):
        produce(name, partition, values[partition::3])
    config = prepared(tmp_path, broker, name, snapshot_every="1h")
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: "event=partitions_assigned" in daemon.said)
        if moment == "end":
            size = sum(map(len, values))
            daemon.wait_for(lambda: daemon.metric("driftd_source_bytes_total") >= size)
        began = time.monotonic()
        assert daemon.terminate() == 0
        assert time.monotonic() - began < 10
        assert "event=stopping" in daemon.said
    meta, _, _ = read_archive(tmp_path / "state" / "snapshot.npz", KIND, VERSION)
    stored = sum(each["position"] or 0 for each in meta["models"]["m"]["partitions"])
    assert stored == 30_000 or (moment == "beginning" and stored < 30_000)
    produce(name, 1, lines(500, seed=5, first=30_000, step_ms=1))
    document = run_until_end(config)["m"]
    assert (counted(document), document["duplicates"]) == (30_500, 0)
