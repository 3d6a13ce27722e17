"""From a shift in Kafka to a verdict in driftd: the example pipeline with everything real.

A real broker, the real daemon, the pipeline in a process of its own, and real models behind V2
servers.
"""

import json
import random
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import numpy as np
import pytest
import yaml
from kafka import KafkaAdminClient, KafkaProducer
from kafka.structs import TopicPartition

from monitor.config.source import KafkaConfig
from monitor.demo.data import load_segments
from monitor.events.event import RecordRange
from monitor.http.app_thread import AppThread
from tests.parts.daemon import DaemonProcess
from tests.parts.exposed_camera import (
    BLOCKS,
    MINUTE_MS,
    MOVED_FROM,
    START_MS,
    configure,
    counted_in,
    draw_traffic,
    train,
)
from tests.parts.ports import free_ports
from tests.parts.reevaluation import EXAMPLE, PipelineProcess
from tests.parts.tested_service import NAME, SEED, Traffic, Trained, v2_app

RECORDS, LABELS = "reevaluation.records", "reevaluation.labels"
SECRET, TOKEN = "whsec_ZHJpZnRkLWV4YW1wbGUta2V5LTI0Ynl0", "a token of this test"
NOISE = {
    "perturbation": "gaussian_noise",
    "severity": 0.05,
    "measure": "accuracy_drop",
    "most": 0.2,
}
LONGEST_S = 50


@dataclass(frozen=True)
class Loop:
    """The whole loop, with what was produced and the event that got a result."""

    daemon: DaemonProcess
    pipeline: PipelineProcess
    models: dict[str, Trained]
    sent: list[dict[str, Any]]
    labels: dict[str, str]
    judged: dict[str, Any]

    @property
    def data(self) -> dict[str, Any]:
        data: dict[str, Any] = self.judged["event"]["data"]
        return data

    @property
    def result(self) -> dict[str, Any]:
        (result,) = self.judged["results"]
        return result

    @property
    def fetched(self) -> list[dict[str, Any]]:
        """The records that the pipeline fetched."""
        spool = self.pipeline.config.parent / "spool" / self.judged["event"]["id"]
        return [json.loads(line) for line in (spool / "records.jsonl").read_text().splitlines()]


@pytest.fixture(scope="module")
def loop(tmp_path_factory, broker, producer) -> Iterator[Loop]:
    folder, rng = tmp_path_factory.mktemp("loop"), random.Random(SEED)
    split = load_segments(rng)
    models, half = train(split), len(split.live) // 2
    sent, labels = draw_traffic(models["live"], split.live[half:], rng)
    make_topics(broker.bootstrap)
    with ExitStack() as stack:
        urls = {}
        for role, model in models.items():
            server = AppThread("127.0.0.1:0", v2_app(model, Traffic(), version=role))
            server.start()
            stack.callback(server.stop)
            urls[role] = server.url
        ports = free_ports("daemon", "pipeline")
        configure_daemon(folder, broker.bootstrap, models["live"], split.live[:half], urls, ports)
        configure_pipeline(folder, urls, ports)
        pipeline = stack.enter_context(PipelineProcess(folder / "reevaluate.yaml"))
        daemon = stack.enter_context(DaemonProcess(folder / "driftd.yaml"))
        tell(producer, RECORDS, sent)
        tell(producer, LABELS, [label(each, labels) for each in sent[::2]])
        daemon.wait_for(lambda: "event=begun" in pipeline.said, LONGEST_S)
        tell(producer, LABELS, [label(each, labels) for each in sent[1::2]])  # those to come
        pipeline.wait_for(lambda: "event=posted" in pipeline.said, LONGEST_S)
        events = daemon.get("/api/v1/events")["events"]
        judged = next(each for each in events if each["results"])
        yield Loop(daemon, pipeline, models, sent, labels, judged)


def make_topics(bootstrap: str) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    shape = {"num_partitions": 1, "replication_factor": 1}
    admin.create_topics(dict.fromkeys((RECORDS, LABELS), shape), wait_for_metadata=True)
    admin.close()


def tell(producer: KafkaProducer, topic: str, documents: list[dict[str, Any]]) -> None:
    for each in documents:
        producer.send(topic, json.dumps(each).encode())
    producer.flush()


def label(record: dict[str, Any], labels: dict[str, str]) -> dict[str, Any]:
    return {"id": record["id"], "at": record["ts"] + 1000, "kind": labels[record["id"]]}


def configure_daemon(
    folder: Path, bootstrap: str, live: Trained, reference, urls, ports: dict[str, int]
) -> None:
    (folder / "secret").write_text(SECRET)
    (folder / "token").write_text(TOKEN)
    records = {
        "topics": [RECORDS],
        "id": "id",
        "time": {"field": "ts", "unit": "ms"},
        "features_under": "features",
        "prediction": {
            "field": "probabilities",
            "kind": "probabilities",
            "classes": list(live.classes),
        },
    }
    model = {
        "records": records,
        "labels": {
            "topics": [LABELS],
            "time": {"field": "at", "unit": "ms"},
            "label": "kind",
        },
        "endpoint": {"protocol": "v2", "url": urls["live"], "batch": 500},
        "retests": {"release": {"queries": 4000, "curves": False, "requirements": [NOISE]}},
        "triggers": ["reevaluate"],
    }
    trigger = {
        "webhook": f"http://127.0.0.1:{ports['pipeline']}/events",
        "secret_file": "secret",
        "kinds": ["alarm"],
        "severity": "page",
    }
    configure(
        folder / "driftd.yaml",
        live,
        reference,
        model,
        state="state",
        listen=f"127.0.0.1:{ports['daemon']}",
        api_token_file="token",
        source={"kafka": {"bootstrap_servers": [bootstrap], "group": RECORDS}},
        triggers={"reevaluate": trigger},
    )


def configure_pipeline(folder: Path, urls: dict[str, str], ports: dict[str, int]) -> None:
    document = {
        "listen": f"127.0.0.1:{ports['pipeline']}",
        "public_url": f"http://127.0.0.1:{ports['pipeline']}",
        "secret_file": "secret",
        "spool": "spool",
        "driftd": {
            "config": "driftd.yaml",
            "url": f"http://127.0.0.1:{ports['daemon']}",
            "token_file": "token",
        },
        "wait_for_labels": "1m",
        "models": {NAME: {"candidate": urls["candidate"], "previous": urls["previous"]}},
    }
    (folder / "reevaluate.yaml").write_text(yaml.safe_dump(document))


def test_the_candidate_that_knows_the_new_exposure_is_to_be_promoted(loop):
    result, figures = loop.result, loop.result["figures"]
    assert result["verdict"] == "promote_candidate", result
    assert result["summary"].startswith("Promote the candidate: the live model is worse than on")
    assert loop.judged["deliveries"] == {"reevaluate": "delivered"}
    assert figures["gate_passed"] == 1
    assert figures["candidate_gain_low"] > 0
    assert figures["live_accuracy_high"] < figures["reference_accuracy"] - 0.02


def test_exactly_the_records_that_the_event_names_are_fetched(loop):
    start, end = (block_at(loop.data["window"][key]) for key in ("from", "to"))
    assert MOVED_FROM <= start < end <= BLOCKS
    expected = [each for each in loop.sent if start <= counted_in(each) < end]
    fetched = loop.fetched
    assert sorted(each["id"] for each in fetched) == sorted(each["id"] for each in expected)
    by_id = {each["id"]: each for each in expected}
    assert all(each == by_id[each["id"]] for each in fetched)
    assert loop.data["window"]["records"] == len(fetched)
    late = [each for each in expected if each["ts"] < START_MS + counted_in(each) * MINUTE_MS]
    assert loop.data["window"]["late"] == len(late) == end - start, "one a block"
    counts = loop.pipeline.report(loop.judged["event"]["id"])["records"]
    assert (counts["found"], counts["late"]) == (len(fetched), len(late))


def block_at(moment: str) -> int:
    return int((datetime.fromisoformat(moment).timestamp() * 1000 - START_MS) // MINUTE_MS)


def test_the_figures_are_those_of_the_models_on_these_records(loop):
    records, figures = loop.fetched, loop.result["figures"]
    truth = np.array([loop.labels[each["id"]] for each in records])
    assert figures["labels"] == figures["records"] == len(records), "all labels were waited for"
    for role, model in loop.models.items():
        rows = np.array([[each["features"][name] for name in model.features] for each in records])
        answers = np.array(model.classes)[model.probabilities(rows).argmax(axis=1)]
        assert figures[f"{role}_accuracy"] == pytest.approx((answers == truth).mean())


def test_the_verdict_is_in_the_metrics(loop):
    metric, verdicts = loop.daemon.metric, "driftd_reevaluations_total"
    loop.daemon.wait_for(lambda: metric(verdicts, model=NAME, verdict="promote_candidate"))
    assert metric(verdicts, model=NAME) == 1
    told = metric("driftd_reevaluation_figure", model=NAME, figure="candidate_accuracy")
    assert told == pytest.approx(loop.result["figures"]["candidate_accuracy"])


def test_the_report_is_one_page_that_says_what_and_why(loop):
    html = httpx.get(loop.result["report"]).text
    assert loop.result["summary"] in html
    assert "<svg" in html
    assert "<script" not in html
    report = loop.pipeline.report(loop.judged["event"]["id"])
    assert report["event"] == loop.judged["event"]
    assert report["gate"]["verdict"] == "passed"
    assert [each["version"] for each in report["models"]] == ["live", "candidate", "previous"]


@pytest.fixture
def kafka_log(monkeypatch, broker):
    """The pipeline's reader of the broker, in this process."""
    monkeypatch.syspath_prepend(str(EXAMPLE))
    from reevaluate.logs import KafkaLog

    return KafkaLog(KafkaConfig(bootstrap_servers=[broker.bootstrap]))


def test_a_range_of_offsets_is_read_to_the_record_and_marked_ones_are_told(
    kafka_log, topic, produce, producer
):
    name = topic()
    produce(name, 0, [b"0", b"1", b"2"])
    producer.send(name, b"3", partition=0, headers=[("X-Driftd-Retest", b"run")])
    produce(name, 0, [b"4", b"5"])
    chunks = list(kafka_log.records(RecordRange(name, 0, 1, 4), ["x-driftd-retest"]))
    assert [value for chunk in chunks for value in chunk.values] == [b"1", b"2", b"3", b"4"]
    assert [at for chunk in chunks for at in chunk.marked.tolist()] == [3]


def test_records_that_retention_took_are_told(kafka_log, topic, produce, admin):
    from reevaluate.logs import LogError

    name = topic()
    produce(name, 0, [b"0", b"1", b"2"])
    admin.delete_records({TopicPartition(name, 0): 2})
    for first, last in ((1, 2), (2, 3)):
        with pytest.raises(LogError, match=f"offsets {first} to {last}: the log holds .* 2 to 2"):
            list(kafka_log.records(RecordRange(name, 0, first, last), []))


def test_a_topic_is_read_from_a_time_of_the_log_on(kafka_log, topic, produce):
    name = topic(partitions=2)
    produce(name, 0, [b"old", b"new"], [START_MS, START_MS + MINUTE_MS])
    produce(name, 1, [b"older"], [START_MS])
    chunks = list(kafka_log.since(name, START_MS + 1, until_s=0))
    assert [value for chunk in chunks for value in chunk.values] == [b"new"]
