"""Labels by way of the whole daemon: each one is joined or counted by name."""

import json
import subprocess
import sys
from typing import Any

import pytest
from sklearn.metrics import accuracy_score, f1_score, log_loss

from monitor.config import load
from monitor.reference.build import build_reference
from monitor.reference.file import write_reference
from tests.e2e.small_model import FILES, MODEL, append, configure, kafka, records
from tests.parts.daemon import DaemonProcess, run_until_end

MINUTE_MS = 60_000
HORIZON_MS = 5 * MINUTE_MS

LABELS: dict[str, Any] = {
    "topics": ["labels"],
    "time": {"field": "at", "unit": "ms"},
    "label": "y",
    "horizon": "5m",
}


def model(labels: dict[str, Any]) -> dict[str, Any]:
    return MODEL | {"labels": labels, "warm_up": "0s", "windows": ["block", "1h"]}


def configured(tmp_path, labels=LABELS, source=FILES, topic="records", name="driftd"):
    """Return a configuration with labels and its reference, of 2,000 labelled rows."""
    told = model(labels)
    own = told["records"] | {"topics": [topic]}
    config = configure(tmp_path / f"{name}.yaml", source, topic, told | {"records": own})
    settings = load(config).models["m"]
    rows = [row | {"y": label_of(at, row)} for at, row in enumerate(records(2_000, seed=1))]
    data = tmp_path / "reference.jsonl"
    data.write_text("\n".join(map(json.dumps, rows)))
    write_reference(
        settings.reference, build_reference(settings.schema, [data], labels=settings.label_schema)
    )
    return config


def label_of(at: int, record: dict[str, Any]) -> int:
    """A label that is as likely as the record's probability says."""
    return int((at * 0.6180339887) % 1 < record["p"])


def label(record: dict[str, Any], y: Any, delay_ms: int = 1_000) -> dict[str, Any]:
    return {"id": record["id"], "at": record["ts"] + delay_ms, "y": y}


def lines(values) -> list[bytes]:
    return [json.dumps(value).encode() for value in values]


def told_of_1000(tmp_path) -> tuple[list[dict[str, Any]], list[int]]:
    """Write 1,000 records a second apart; return them and their labels."""
    sent = records(1_000, seed=3, step_ms=1_000)
    append(tmp_path, "records", lines(sent))
    return sent, [label_of(at, record) for at, record in enumerate(sent)]


def test_every_label_is_joined_or_counted_by_name(tmp_path):
    config = configured(tmp_path)
    sent, true = told_of_1000(tmp_path)
    told = [label(record, y) for record, y in zip(sent, true, strict=True)]
    told[10] = label(sent[10], true[10], -1_000)  # before its record
    told[20] = label(sent[20], true[20], HORIZON_MS + 1)  # after the horizon
    del told[30]  # never
    told += [
        label(sent[40], true[40], 2_000),  # once more
        label(sent[50], 1 - true[50], 2_000),  # another one
        {"id": "nobody", "at": sent[60]["ts"], "y": 1},
    ]
    told.sort(key=lambda each: each["at"])
    broken = [b"{", *lines([label(sent[70], "maybe"), label(sent[70], None) | {"id": None}])]
    append(tmp_path, "labels", [*lines(told), *broken])
    document = run_until_end(config)["m"]
    labels = document["labels"]
    assert labels["labels"] == {
        "changed": 1, "duplicate": 1, "joined": 998, "late": 1, "orphan": 1
    }  # fmt: skip
    assert labels["predictions"]["joined"] == 998
    assert labels["waiting_predictions"] + labels["predictions"].get("unlabelled", 0) == 2
    assert document["rejects"] == {"invalid_label": 1, "malformed_json": 1, "missing_label": 1}
    (stream,) = document["streams"]
    assert stream["performance"]["pairs"] == 998
    window = stream["performance"]["windows"][-1]
    assert (window["pairs"], window["predictions"], window["unusable"]) == (998, 1000, 0)
    pairs = [(each["p"], y) for at, (each, y) in enumerate(zip(sent, true, strict=True))]
    pairs = [pair for at, pair in enumerate(pairs) if at not in (20, 30)]
    said, was = [p for p, _ in pairs], [y for _, y in pairs]
    answers = [p >= 0.5 for p in said]
    measures = window["measures"]
    assert measures["accuracy"]["value"] == pytest.approx(accuracy_score(was, answers))
    assert measures["f1"]["value"] == pytest.approx(f1_score(was, answers))
    assert measures["log_loss"]["value"] == pytest.approx(log_loss(was, said), rel=1e-6)
    estimate = window["estimates"]["accuracy"]
    assert estimate["low"] < measures["accuracy"]["value"] < estimate["high"]


def test_labels_in_later_copies_of_the_records_tell_the_same(tmp_path):
    apart = configured(tmp_path)
    sent, true = told_of_1000(tmp_path)
    told = [label(record, y) for record, y in zip(sent, true, strict=True)]
    append(tmp_path, "labels", lines(told))
    own = {key: value for key, value in LABELS.items() if key != "topics"}
    together = configured(tmp_path, own, topic="both", name="own")
    copies = [record | each for record, each in zip(sent, told, strict=True)]
    mixed = [each for pair in zip(sent[30:], copies, strict=False) for each in pair]
    append(tmp_path, "both", lines([*sent[:30], *mixed, *copies[970:]]))
    one = run_until_end(apart)["m"]
    (tmp_path / "state").rename(tmp_path / "other-state")
    other = run_until_end(together)["m"]
    for document in (one, other):
        del document["labels"]["store_bytes"]
        del document["streams"][0]["diagnosis"]["farthest"]  # which tell where they lie
    assert other["labels"] == one["labels"]
    assert other["labels"]["labels"] == {"joined": 1000}
    assert other["streams"] == one["streams"]
    assert other["duplicates"] == 0


def test_labels_and_performance_are_exported(tmp_path):
    config = configured(tmp_path)
    sent, true = told_of_1000(tmp_path)
    append(tmp_path, "labels", lines(label(*each) for each in zip(sent, true, strict=True)))
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: "driftd_performance{" in daemon.metrics())
        daemon.wait_for(lambda: daemon.metric("driftd_labels_total", outcome="joined") == 1000)
        assert daemon.metric("driftd_label_delay_seconds_count") == 1000
        assert daemon.metric("driftd_label_delay_seconds_sum") == pytest.approx(1000)
        assert daemon.metric("driftd_label_store_bytes") > 0
        accuracy = daemon.metric("driftd_performance", measure="accuracy", window="1h")
        assert 0.6 < accuracy < 0.9
        assert daemon.terminate() == 0


def test_topics_that_cannot_be_joined_partition_by_partition_are_told_at_start(
    broker, topic, tmp_path
):
    names = (topic(partitions=2), topic(partitions=3))
    labels = LABELS | {"topics": [names[1]]}
    config = configured(tmp_path, labels, kafka(broker.bootstrap, "uneven"), names[0])
    run = [sys.executable, "-m", "monitor", "run", "-c", str(config)]
    ended = subprocess.run(run, capture_output=True, text=True, timeout=60)
    assert ended.returncode == 2
    assert f"topic '{names[0]}' has 2 partitions and topic '{names[1]}' has 3" in ended.stderr
    assert "Traceback" not in ended.stderr
