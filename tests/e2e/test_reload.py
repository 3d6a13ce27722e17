"""A configuration that is read again while records come: each record is counted once."""

import signal
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import httpx
import yaml

from monitor.clock import wall_clock_ms
from monitor.events.service import STORE
from monitor.events.store import EventStore
from tests.e2e.conftest import MakeTopic, Produce
from tests.e2e.small_model import FILES, append, build, configure, counted, kafka, lines
from tests.monitor.events.made import an_event
from tests.parts.daemon import DaemonProcess
from tests.parts.kafka_broker import PASSWORD, USER, KafkaBroker

RELOADS = 5
BATCH, BATCHES, PAUSE_S = 100, 60, 0.05
PROBLEM = "application/problem+json"
TOKEN = "let-me-in"
BEARS = {"Authorization": f"Bearer {TOKEN}"}
Write = Callable[[Sequence[bytes]], None]


def change(config: Path, **keys: Any) -> None:
    """Change keys of the model in a configuration."""
    document = yaml.safe_load(config.read_text())
    document["models"]["m"] |= keys
    config.write_text(yaml.safe_dump(document))


def reload(daemon: DaemonProcess, headers: Mapping[str, str] = BEARS) -> httpx.Response:
    return httpx.post(f"{daemon.address()}/-/reload", headers=headers, timeout=30)


def with_token(folder: Path, source: Mapping[str, Any], topic: str) -> Path:
    """A configuration with a token, and its reference."""
    (folder / "token").write_text(TOKEN)
    config = configure(folder / "driftd.yaml", source, topic, api_token_file="token")
    build(config)
    return config


def watched(daemon: DaemonProcess) -> int:
    return counted(daemon.get("/api/v1/models/m"))


def write_on(write: Write) -> threading.Thread:
    """Write all records in small batches, beside what else happens."""
    values = lines(BATCH * BATCHES, seed=2)

    def send() -> None:
        for at in range(0, len(values), BATCH):
            write(values[at : at + BATCH])
            time.sleep(PAUSE_S)

    thread = threading.Thread(target=send)
    thread.start()
    return thread


def reload_while(daemon: DaemonProcess, config: Path, write: Write) -> None:
    """Take other configurations in force while records are written; each must count once."""
    daemon.wait_for(lambda: daemon.ready()[0] == 200)
    writing = write_on(write)
    for number in range(1, RELOADS + 1):
        time.sleep(BATCHES * PAUSE_S / RELOADS)
        change(config, budget={"pages": number, "per": "30d"})
        answer = reload(daemon)
        assert answer.status_code == 200, answer.text
        assert daemon.get("/api/v1/models/m")["budget"]["pages"] == number
    writing.join()
    daemon.wait_for(lambda: watched(daemon) == BATCH * BATCHES)
    document = daemon.get("/api/v1/models/m")
    assert (document["duplicates"], document["rejects"]) == (0, {})
    assert daemon.said.count("event=reloaded") == RELOADS


def test_records_of_files_are_counted_once_over_reloads(tmp_path):
    append(tmp_path, "t", [])
    config = with_token(tmp_path, FILES, "t")
    with DaemonProcess(config) as daemon:
        reload_while(daemon, config, lambda batch: append(tmp_path, "t", batch))


def test_records_of_kafka_are_counted_once_over_reloads(
    broker: KafkaBroker, topic: MakeTopic, produce: Produce, tmp_path: Path
):
    name = topic(partitions=1)
    config = with_token(tmp_path, kafka(broker.bootstrap, name), name)
    with DaemonProcess(config) as daemon:
        reload_while(daemon, config, lambda batch: produce(name, 0, batch))


def test_a_password_that_kafka_refuses_gives_way_to_the_old_one(
    broker: KafkaBroker, topic: MakeTopic, produce: Produce, tmp_path: Path
):
    name = topic(partitions=1)
    password = tmp_path / "password"
    password.write_text(PASSWORD)
    login = {"protocol": "SASL_PLAINTEXT", "mechanism": "PLAIN", "username": USER}
    source = kafka(broker.sasl, name)
    source["kafka"]["security"] = login | {"password_file": str(password)}
    config = with_token(tmp_path, source, name)
    with DaemonProcess(config) as daemon:
        produce(name, 0, lines(300, seed=2))
        daemon.wait_for(lambda: watched(daemon) == 300)
        wrong = tmp_path / "wrong"
        wrong.write_text("not-it")
        right = config.read_text()
        config.write_text(right.replace(str(password), str(wrong)))
        answer = reload(daemon)
        assert (answer.status_code, f"does not let user '{USER}' in" in answer.text) == (500, True)
        produce(name, 0, lines(200, seed=3, first=300))
        daemon.wait_for(lambda: watched(daemon) == 500)


def test_a_new_reference_is_taken_on_sighup_and_reading_goes_on(tmp_path):
    append(tmp_path, "t", lines(300, seed=2))
    config = with_token(tmp_path, FILES, "t")
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: watched(daemon) == 300)
        old = daemon.get("/api/v1/models/m")["reference"]
        build(config, seed=7)
        daemon.process.send_signal(signal.SIGHUP)
        daemon.wait_for(lambda: daemon.get("/api/v1/models/m")["reference"] != old)
        append(tmp_path, "t", lines(200, seed=3, first=300))
        daemon.wait_for(lambda: watched(daemon) == 200)
        (told,) = daemon.get("/api/v1/events")["events"]
        assert told["event"]["type"] == "io.driftd.reference.replaced"


def test_a_wrong_file_changes_nothing_and_says_so(tmp_path):
    append(tmp_path, "t", lines(300, seed=2))
    config = with_token(tmp_path, FILES, "t")
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: watched(daemon) == 300)
        taken = daemon.metric("driftd_config_last_reload_success_timestamp_seconds")
        change(config, block="yesterday")
        answer = reload(daemon)
        problem = answer.json()["detail"]
        assert (answer.status_code, answer.headers["content-type"]) == (500, PROBLEM)
        assert "models.m.block: 'yesterday' is not a duration" in problem
        assert "event=reload_refused" in daemon.said
        assert daemon.metric("driftd_config_last_reload_successful") == 0
        assert daemon.metric("driftd_config_last_reload_success_timestamp_seconds") == taken
        append(tmp_path, "t", lines(100, seed=3, first=300))
        daemon.wait_for(lambda: watched(daemon) == 400)
        change(config, block="1m")
        assert reload(daemon).status_code == 200
        assert daemon.metric("driftd_config_last_reload_successful") == 1
        assert watched(daemon) == 400


def test_what_needs_a_restart_is_told(tmp_path):
    append(tmp_path, "t", [])
    config = with_token(tmp_path, FILES, "t")
    with DaemonProcess(config) as daemon:
        daemon.address()
        document = yaml.safe_load(config.read_text())
        document |= {"listen": "127.0.0.1:1", "state": "other"}
        document["models"]["m"]["block"] = "30s"
        config.write_text(yaml.safe_dump(document))
        detail = reload(daemon).json()["detail"]
        assert "listen: is 127.0.0.1:1 now, and driftd listens on 127.0.0.1:0; restart" in detail
        assert "state: is " in detail
        assert "models.m: the length of its blocks changed" in detail


def test_a_configuration_that_cannot_be_set_up_gives_way_to_the_old_one(tmp_path):
    append(tmp_path, "t", lines(300, seed=2))
    config = with_token(tmp_path, FILES, "t")
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: watched(daemon) == 300)
        document = yaml.safe_load(config.read_text())
        # `check` finds that the folder can be made; that it is full of folders only its use shows
        blocked = tmp_path / "elsewhere" / "rejects-00000000000000000000.jsonl"
        blocked.mkdir(parents=True)
        document["quarantine"] = {"file": "elsewhere"}
        config.write_text(yaml.safe_dump(document))
        answer = reload(daemon)
        assert (answer.status_code, "elsewhere" in answer.text) == (500, True)
        append(tmp_path, "t", lines(100, seed=3, first=300))
        daemon.wait_for(lambda: watched(daemon) == 400)


def test_events_wait_on_where_a_configuration_without_their_trigger_cannot_be_set_up(tmp_path):
    append(tmp_path, "t", lines(300, seed=2))
    config = with_token(tmp_path, FILES, "t")
    name_trigger(config, "hook")
    ledger = tmp_path / "state" / "alerts.json"
    ledger.parent.mkdir()
    store = EventStore(ledger.with_name(STORE), lambda _: ["hook"], wall_clock_ms)
    store.put([an_event(model="m")])
    store.close()
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: watched(daemon) == 300)
        name_trigger(config, "other")
        change(config, rebuild_from="reference-1.jsonl")
        acts = {"alerts": [{"match": {"alertname": "A"}, "rebuild_reference": True}]}
        config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | acts))
        ledger.write_text("{")
        answer = reload(daemon)
        assert (answer.status_code, "alerts.json" in answer.text) == (500, True)
        assert deliveries(daemon) == {"hook": "waiting"}
        ledger.unlink()
        assert reload(daemon).status_code == 200
        assert deliveries(daemon) == {"hook": "dead"}


def name_trigger(config: Path, name: str) -> None:
    """Let the model's only trigger, which always fails, have a name."""
    change(config, triggers=[name])
    triggers = {"triggers": {name: {"command": ["false"]}}}
    config.write_text(yaml.safe_dump(yaml.safe_load(config.read_text()) | triggers))


def deliveries(daemon: DaemonProcess) -> dict[str, str]:
    (stored,) = daemon.get("/api/v1/events")["events"]
    return stored["deliveries"]


def test_a_call_without_the_token_reloads_nothing(tmp_path):
    append(tmp_path, "t", [])
    config = with_token(tmp_path, FILES, "t")
    with DaemonProcess(config) as daemon:
        daemon.address()
        change(config, budget={"pages": 9, "per": "30d"})
        assert reload(daemon, {}).status_code == 401
        assert reload(daemon, {"Authorization": "Bearer let-me-i"}).status_code == 401
        assert httpx.get(f"{daemon.address()}/-/reload").status_code == 405
        assert daemon.get("/api/v1/models/m")["budget"]["pages"] == 1
