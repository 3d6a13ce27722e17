"""Re-tests of real models on real data behind a real server, from the plan to the verdict."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from pyarrow import parquet

from detectors.robustness.verdict import Verdict
from monitor import daemon
from monitor.documents import model_document
from monitor.http.app_thread import AppThread
from monitor.retest.compare import run_compare
from monitor.retest.history import History
from monitor.retest.result import Run
from monitor.retest.run import run_retest
from tests.parts.tested_service import (
    NAME,
    Traffic,
    Trained,
    set_up,
    split_data,
    strengthened,
    v2_app,
    weak,
)

START_MS = 1_767_571_200_000
DROP = {
    "perturbation": "gaussian_noise",
    "severity": 0.2,
    "measure": "accuracy_drop",
    "most": 0.075,
}
FLIPS = {"perturbation": "outliers", "severity": 0.01, "measure": "flip_ratio", "most": 0.25}
BOUNDARY = {"perturbation": "boundary", "measure": "distance_l2_median", "least": 0.05}
NOISE = (DROP["perturbation"], DROP["severity"])
RETEST = {"queries": 12_000, "seed": 1, "requirements": [DROP, FLIPS, BOUNDARY]}


@pytest.fixture(scope="module")
def split():
    return split_data()


@pytest.fixture(scope="module")
def weak_model(split):
    return weak(split)


@contextmanager
def serving(model: Trained, traffic: Traffic | None = None) -> Iterator[AppThread]:
    server = AppThread("127.0.0.1:0", v2_app(model, traffic or Traffic()))
    server.start()
    try:
        yield server
    finally:
        server.stop()


def retest(folder: Path, split, model: Trained, url: str, **changes) -> Run:
    settings, reference = set_up(folder, split, model, url, RETEST, **changes)
    history = History(settings.state / "retests")
    return run_retest(
        settings, reference, NAME, "nightly", "request", None, history, lambda _: None, False
    )


def test_the_weak_model_fails_what_the_strengthened_one_passes(tmp_path, split, weak_model):
    runs = {}
    for name, model in (("weak", weak_model), ("strong", strengthened(split))):
        (tmp_path / name).mkdir()
        with serving(model) as server:
            runs[name] = retest(tmp_path / name, split, model, server.url)
    verdicts = {name: run.requirements[0].verdict for name, run in runs.items()}
    assert verdicts == {"weak": Verdict.FAILED, "strong": Verdict.PASSED}
    assert runs["weak"].verdict is Verdict.FAILED
    noisy = {name: noise_curve(run) for name, run in runs.items()}
    assert {0.1, 0.2, 0.4} <= noisy["weak"].keys()
    for severity in (0.1, 0.2, 0.4):
        assert noisy["weak"][severity] < noisy["strong"][severity]
    for run in runs.values():
        assert run.queries <= run.budget
        assert run.done == run.total


def noise_curve(run: Run) -> dict[float, float]:
    """Return the accuracy under Gaussian noise by severity."""
    return {
        trial.severity: trial.figures["accuracy"].value
        for trial in run.trials
        if trial.perturbation == "gaussian_noise"
    }


def test_failing_cases_lie_beside_the_run_with_their_parents(tmp_path, split, weak_model):
    with serving(weak_model) as server:
        run = retest(tmp_path, split, weak_model, server.url)
    history = History(tmp_path / "state" / "retests")
    table = parquet.read_table(history.folder(run.id, NAME) / run.cases).to_pylist()
    parents = {f"e{at}" for at in range(len(split.live))}
    noisy = [each for each in table if each["retest_perturbation"] == "gaussian_noise"]
    [loss] = [each for each in run.trials if (each.perturbation, each.severity) == NOISE]
    assert 0.5 < sum(each.share for each in loss.features) <= 1 + 1e-9
    assert {each.name for each in loss.features} <= set(split.features)
    assert noisy
    assert {each["retest_parent_id"] for each in table} <= parents
    assert all(each["retest_answer"] != each["retest_label"] for each in noisy)
    row = noisy[0]
    measured = [[row[name] for name in split.features]]
    answer = split.classes[int(weak_model.probabilities(measured)[0].argmax())]
    assert answer == row["retest_answer"], "the case is replayed by sending it again"


def test_an_endpoint_that_is_down_gives_no_verdict_until_it_is_back(tmp_path, split, weak_model):
    with serving(weak_model) as server:
        url = server.url
    (tmp_path / "down").mkdir()
    run = retest(tmp_path / "down", split, weak_model, url)
    assert run.verdict is Verdict.INCONCLUSIVE
    assert run.reason
    assert {each.verdict for each in run.requirements} == {Verdict.INCONCLUSIVE}
    (tmp_path / "back").mkdir()
    with serving(weak_model) as server:
        run = retest(tmp_path / "back", split, weak_model, server.url)
    assert run.verdict is Verdict.FAILED


def test_a_model_that_logs_what_a_re_test_asked_moves_no_statistic(tmp_path, split, weak_model):
    traffic = Traffic()
    (tmp_path / "asked").mkdir()
    with serving(weak_model, traffic) as server:
        run = retest(tmp_path / "asked", split, weak_model, server.url)
    assert len(traffic.records) == run.queries
    assert all("x-driftd-retest" in headers for headers in traffic.headers)
    told = (tmp_path / "asked" / "evaluation.jsonl").read_text()
    live = [json.loads(line) for line in told.splitlines()]
    watched = {}
    for name, beside in (("clean", []), ("polluted", traffic.records)):
        folder = tmp_path / name
        folder.mkdir()
        settings, reference = set_up(folder, split, weak_model, "http://127.0.0.1:1", RETEST)
        write_log(folder / "log", live, beside)
        view = daemon.run(settings, {NAME: reference}, True, threading.Event())
        watched[name] = statistics_of(model_document(view.models[0])["streams"])
    assert watched["clean"] == watched["polluted"]


def statistics_of(document):
    """Return a document without places in the log, and without what closed its blocks."""
    if isinstance(document, dict):
        return {
            k: statistics_of(each) for k, each in document.items() if k not in ("offset", "blocks")
        }
    if isinstance(document, list):
        return [statistics_of(each) for each in document]
    return document


def write_log(folder: Path, live, beside) -> None:
    """Write live records, with others between them, to the topic's file."""
    (folder / "segments").mkdir(parents=True)
    every = max(1, len(beside) // len(live))
    with (folder / "segments" / "0.jsonl").open("w") as file:
        for at, record in enumerate(live):
            ts = START_MS + 500 * at
            file.write(json.dumps({**record, "ts": ts}) + "\n")
            for other in beside[at * every : (at + 1) * every]:
                file.write(json.dumps({**other, "ts": ts}) + "\n")


def test_a_comparison_pairs_the_records_of_two_versions(tmp_path, split, weak_model):
    requirements = {**RETEST, "requirements": [DROP, FLIPS], "curves": False}
    with serving(weak_model) as champion, serving(strengthened(split)) as challenger:
        settings, reference = set_up(tmp_path, split, weak_model, champion.url, requirements)
        found = run_compare(
            settings,
            reference,
            NAME,
            "nightly",
            champion.url,
            challenger.url,
            lambda _: None,
        )
        again = run_compare(
            settings, reference, NAME, "nightly", champion.url, champion.url, lambda _: None
        )
    noise = found.differences[0]
    assert noise.change == "better"
    assert noise.better > noise.worse
    assert noise.difference.high < 0, "the accuracy falls by less"
    assert found.verdict is Verdict.PASSED
    assert [(each.better, each.worse) for each in again.differences] == [(0, 0)] * 2
    assert not (tmp_path / "state").exists(), "a comparison is no run of the model"
