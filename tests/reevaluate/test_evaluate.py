"""A re-evaluation from the event to the report, in this process."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from msgspec.structs import replace
from reevaluate.evaluate import evaluate
from reevaluate.inbox import Inbox
from reevaluate.report import Report
from reevaluate.settings import DriftdSettings, Rivals, Settings

from monitor.events.event import Event
from monitor.events.result import Judgement
from tests.reevaluate.a_service import (
    MINUTE_MS,
    MODEL,
    append,
    body_of,
    configure,
    event,
    model,
    record,
    serving,
)

RECORDS = 300
WINDOW = (0, MINUTE_MS)
VALUES = np.random.default_rng(3).normal(size=RECORDS).tolist()


def write_log(folder: Path, y: Callable[[float], float], **changes: Any) -> Event:
    """Write records and their labels; return the event about all of them."""
    sent = [record(at, at, a, **changes) for at, a in enumerate(VALUES)]
    labels = [
        {"id": each["id"], "at": each["ts"], "y": y(a)}
        for each, a in zip(sent, VALUES, strict=True)
    ]
    offsets = append(folder, "credit", sent)
    append(folder, "labels", labels)
    return event(offsets[0], offsets[-1], WINDOW, records=RECORDS)


def judged(folder: Path, told: Event, rivals: Rivals = Rivals()) -> Report:  # noqa: B008
    case, _ = Inbox(folder / "spool").take(body_of(told))
    driftd = DriftdSettings(
        config=folder / "driftd.yaml", url="http://127.0.0.1:1", token_file=folder / "token"
    )
    settings = Settings(
        secret_file=folder / "secret",
        spool=folder / "spool",
        driftd=driftd,
        wait_for_labels="0s",
        models={MODEL: rivals},
    )
    return evaluate(case, settings)


def test_of_a_regression_the_errors_are_compared(tmp_path):
    with serving(model(lambda a: a)) as live, serving(model(lambda a: a + 0.3)) as previous:
        configure(tmp_path, live, kind="regression")
        told = write_log(tmp_path, lambda a: a + 0.5, p=1.0)
        report = judged(tmp_path, told, Rivals(previous=previous))
    assert report.verdict is Judgement.ROLL_BACK, report.why
    assert report.measure == "mae"
    assert report.figures["reference_mae"] == pytest.approx(0.1)
    assert report.figures["live_mae"] == pytest.approx(0.5)
    assert report.figures["previous_gain"] == pytest.approx(0.3)
    assert not report.notes


def test_a_model_that_holds_is_left_alone(tmp_path):
    with serving(model(lambda a: a > 0)) as live:
        configure(tmp_path, live)
        report = judged(tmp_path, write_log(tmp_path, lambda a: int(a > 0)))
    assert report.verdict is Judgement.NOTHING_WRONG
    assert report.figures["live_accuracy"] == 1
    assert report.figures["reference_accuracy"] == pytest.approx(0.9)


def test_a_live_model_that_does_not_answer_gives_no_verdict(tmp_path):
    configure(tmp_path, "http://127.0.0.1:1")
    report = judged(tmp_path, write_log(tmp_path, lambda a: int(a > 0)))
    assert report.verdict is Judgement.FAILED
    assert report.why.startswith("the live model could not be asked: unreachable")


def test_a_rival_that_does_not_answer_is_none_and_told(tmp_path):
    with serving(model(lambda a: a > 0)) as live:
        configure(tmp_path, live)
        told = write_log(tmp_path, lambda a: int(a > 1))
        report = judged(tmp_path, told, Rivals(previous="http://127.0.0.1:1"))
    assert report.verdict is Judgement.RETRAIN
    assert any("previous model could not be asked: unreachable" in note for note in report.notes)


def test_a_failed_re_test_without_records_is_judged_by_the_gate_alone(tmp_path):
    configure(tmp_path)
    told = event(0, 0, None, type="retest.failed", kind="retest")
    report = judged(tmp_path, replace(told, data=replace(told.data, records=[])))
    assert report.verdict is Judgement.RETRAIN, report.why
    assert report.notes == ["The event names no records, so no answers were compared."]


def test_a_feature_that_is_in_no_record_is_told(tmp_path):
    configure(tmp_path)
    told = write_log(tmp_path, lambda a: int(a > 0))
    log = tmp_path / "log" / "credit" / "0001.jsonl"
    rows = [json.loads(line) for line in log.read_text().splitlines()]
    text = [
        json.dumps({("b" if key == "a" else key): value for key, value in row.items()})
        for row in rows
    ]
    log.write_text("\n".join(text) + "\n")
    report = judged(tmp_path, told)
    assert report.verdict is Judgement.FAILED
    assert "a" in report.why
