"""Everything that producers get wrong, in one topic: each record is accounted for, exactly."""

import base64
import json
import math
from collections import Counter
from pathlib import Path
from typing import Any

from tests.e2e.small_model import build, configure, counted, kafka, records
from tests.parts.daemon import DaemonProcess

GOOD = 400
HOUR_MS = 3_600_000
LARGE = 5_000_000

GOOD_RECORDS = records(GOOD, seed=6, step_ms=100)
"""Of 40 seconds, which are one block."""

PLACE = GOOD - 40
"""The good record behind which the others come: a record of the block's begin is not late yet."""


def bad(record: dict[str, Any]) -> list[tuple[bytes, str, str]]:
    """Records that cannot be used, each with the reason and words of the error."""
    whole = changed(record)
    untold = {key: value for key, value in record.items() if key != "p"}
    timeless = {key: value for key, value in record.items() if key != "ts"}
    return [
        (whole[:50], "malformed_json", "the value is not JSON: "),
        (b"x" * LARGE, "malformed_json", "the value is not JSON: "),
        (b"[" + whole + b"]", "not_an_object", "a JSON object was expected"),
        (b"", "empty_value", "the value is empty"),
        (whole.replace(b'"v"', b'"\xff"'), "not_utf8", "the value is not UTF-8: byte 0xff"),
        (changed(untold), "missing_prediction", "field 'p' is missing, a number"),
        (changed(record, p="high"), "invalid_prediction", "field 'p' is 'high', a number"),
        (changed(record, p=math.nan), "invalid_prediction", "field 'p' is nan, a number"),
        (changed(timeless), "missing_time", "field 'ts' is missing, a time in ms"),
        (changed(record, ts="noon"), "invalid_time", "field 'ts' is 'noon', a time in ms"),
        (changed(record, ts=record["ts"] + HOUR_MS), "future_time", ", 3600 s ahead of "),
    ]


def odd(record: dict[str, Any]) -> list[bytes]:
    """Records that are used, though something about each of them is wrong or strange."""
    return [
        changed(record, id="odd-1", a=math.nan),
        changed(record, id="odd-2", a=-math.inf),
        changed(record, id="odd-3", a="a string"),
        changed(record, id="odd-4", c="never seen"),
        changed(record, id="odd-5", ts=0),
        changed(record, id="odd-6", note="x" * LARGE),
        changed(record),
    ]


def changed(record: dict[str, Any], **changes: Any) -> bytes:
    return json.dumps(record | changes).encode()


def quarantined(folder: Path) -> list[dict[str, Any]]:
    """What the quarantine holds, oldest first."""
    return [
        json.loads(line)
        for file in sorted((folder / "state" / "quarantine").iterdir())
        for line in file.read_bytes().splitlines()
    ]


def value_of(letter: dict[str, Any]) -> bytes:
    """The record as it was in the log."""
    if "value_base64" in letter:
        return base64.b64decode(letter["value_base64"])
    value: str = letter["value"]
    return value.encode()


def test_every_record_is_accounted_for_exactly(broker, topic, produce, tmp_path):
    name = topic(partitions=3, settings={"max.message.bytes": str(2 * LARGE)})
    good = [changed(record) for record in GOOD_RECORDS]
    rejected, strange = bad(GOOD_RECORDS[PLACE]), odd(GOOD_RECORDS[PLACE])
    first = [*good[: PLACE + 1], *(value for value, _, _ in rejected), *strange]
    second = [*good[PLACE + 1 :], None, None]
    config = configure(tmp_path / "driftd.yaml", kafka(broker.bootstrap, name), name)
    build(config)
    time_ms = GOOD_RECORDS[PLACE]["ts"]
    produce(name, 0, first, [time_ms] * len(first))
    produce(name, 1, second, [time_ms] * len(second))
    used = GOOD + len(strange)
    reasons = Counter(reason for _, reason, _ in rejected)
    assert used + len(rejected) + 2 == len(first) + len(second)

    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: counted(daemon.get("/api/v1/models/m")) == used)
        model = daemon.get("/api/v1/models/m")
        assert model["rejects"] == reasons
        assert (model["tombstones"], model["duplicates"]) == (2, 1)
        (stream,) = model["streams"]
        assert (stream["records"], stream["late"], stream["blocks"]) == (used, 1, {"idle": 1})
        shares = {each["name"]: each for each in stream["features"]}
        assert shares["a"]["invalid_ratio"] == shares["a"]["missing_ratio"] == 3 / used
        assert shares["b"]["invalid_ratio"] == shares["b"]["missing_ratio"] == 0
        assert shares["c"]["unseen_ratio"] == 1 / used

        assert daemon.metric("driftd_records_total") == used
        assert daemon.metric("driftd_late_records_total") == 1
        assert daemon.metric("driftd_tombstones_total") == 2
        assert daemon.metric("driftd_duplicates_total") == 1
        assert daemon.metric("driftd_rejects_total") == len(rejected)
        for reason, count in reasons.items():
            assert daemon.metric("driftd_rejects_total", reason=reason) == count
        assert daemon.metric("driftd_invalid_ratio", feature="a") == 3 / used
        assert daemon.metric("driftd_unseen_ratio", feature="c") == 1 / used
        assert daemon.metric("driftd_source_lag_records") == 0
        assert daemon.terminate() == 0

    letters = quarantined(tmp_path)
    assert len(letters) == len(rejected)
    for offset, (letter, (value, reason, words)) in enumerate(
        zip(letters, rejected, strict=True), PLACE + 1
    ):
        assert (letter["topic"], letter["partition"], letter["offset"]) == (name, 0, offset)
        assert (letter["reason"], letter["timestamp"]) == (reason, time_ms)
        assert letter["error"].startswith(f"topic '{name}', partition 0, offset {offset}: ")
        assert words in letter["error"]
        assert value_of(letter) == value
