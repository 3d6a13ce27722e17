"""Edge cases as a requirement, against a real server."""

import json
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pyarrow import parquet
from starlette.applications import Starlette

from detectors.robustness.answers import Answers, Task
from detectors.robustness.edge_cases import from_json
from detectors.robustness.measured import Census, Share
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table
from detectors.robustness.threat import BudgetSpentError
from detectors.robustness.verdict import Verdict
from monitor.config.retests import Data
from monitor.http.app_thread import AppThread
from monitor.retest.compare import run_compare
from monitor.retest.history import History
from monitor.retest.result import Run
from monitor.retest.run import run_retest
from monitor.retest.trials.edge import edge
from monitor.retest.trials.prepared import Prepared
from tests.parts.tested_service import NAME, Traffic, Trained, set_up, split_data, v2_app, weak

RETEST = {
    "queries": 3_000,
    "records": 50,
    "seed": 1,
    "requirements": [{"perturbation": "edge_cases", "measure": "unanswered_ratio", "most": 0.0}],
}
FAR = 1e30


@pytest.fixture(scope="module")
def split():
    return split_data()


@pytest.fixture(scope="module")
def model(split):
    return weak(split)


@dataclass(frozen=True)
class Guarded:
    """An estimator behind a guard, which is told of every row."""

    estimator: Any
    guard: Callable[[np.ndarray], np.ndarray]

    def predict_proba(self, rows: np.ndarray) -> np.ndarray:
        return self.estimator.predict_proba(self.guard(rows))


def guarded(model: Trained, guard: Callable[[np.ndarray], np.ndarray]) -> Trained:
    return Trained(model.features, model.classes, Guarded(model.estimator, guard))


def clipped(rows: np.ndarray) -> np.ndarray:
    return np.clip(rows, -FAR, FAR)


@contextmanager
def serving(app: Starlette) -> Iterator[AppThread]:
    server = AppThread("127.0.0.1:0", app)
    server.start()
    try:
        yield server
    finally:
        server.stop()


def retest(folder: Path, split, trained: Trained, served: Trained, **endpoint) -> tuple[Run, Path]:
    """Run the re-test of a served model; return the run and its folder."""
    folder.mkdir(exist_ok=True)
    with serving(v2_app(served, Traffic())) as server:
        asked = {"protocol": "v2", "url": server.url, "batch": 500, "retries": 0, **endpoint}
        settings, reference = set_up(folder, split, trained, server.url, RETEST, endpoint=asked)
        history = History(settings.state / "retests")
        run = run_retest(
            settings, reference, NAME, "nightly", "request", None, history, lambda _: None, False
        )
    return run, history.folder(run.id, NAME)


def test_a_model_that_answers_or_refuses_in_words_passes_and_a_seed_makes_the_same_cases(
    tmp_path, split, model
):
    run, folder = retest(tmp_path / "run", split, model, guarded(model, clipped))
    (requirement,) = run.requirements
    assert requirement.verdict is Verdict.PASSED, requirement
    assert (requirement.value, run.cases) == (0.0, "")
    assert "share of edge cases that broke the model is 0.0 %" in requirement.words
    cases = from_json((folder / "edge_cases.json").read_text())
    assert {True, False} == {each.expect_answer for each in cases}
    assert any(each.what.endswith("is missing") for each in cases)  # the server refuses it: 400
    assert run.errors.keys() == {"http_400"}
    _, again = retest(tmp_path / "again", split, model, guarded(model, clipped))
    assert from_json((again / "edge_cases.json").read_text()) == cases


def test_a_server_that_breaks_on_odd_values_fails_and_its_cases_are_kept(tmp_path, split, model):
    run, folder = retest(tmp_path / "run", split, model, model)
    (requirement,) = run.requirements
    assert requirement.verdict is Verdict.FAILED
    assert "(may be refused)" in requirement.words
    by_id = {each.id: each for each in from_json((folder / "edge_cases.json").read_text())}
    rows = parquet.read_table(folder / run.cases).to_pylist()
    assert {row["retest_kind"] for row in rows} == {"edge"}
    assert {abs(max(by_id[row["retest_variant"]].values.values(), key=abs)) for row in rows} == {
        1e308
    }
    row = rows[0]
    case = by_id[row["retest_variant"]]
    assert row["retest_parent_id"] == case.parent
    assert len(row["retest_changed"]) == 1
    assert {name: row[name] for name in case.values} == case.values
    assert row["retest_label_rule"] == "unknown"


def test_a_challenger_that_breaks_on_odd_values_is_worse_than_one_that_does_not(
    tmp_path, split, model
):
    careful = guarded(model, clipped)
    with (
        serving(v2_app(careful, Traffic())) as champion,
        serving(v2_app(model, Traffic())) as challenger,
    ):
        asked = {"protocol": "v2", "url": champion.url, "retries": 0}
        settings, reference = set_up(tmp_path, split, model, champion.url, RETEST, endpoint=asked)
        worse, same = (
            run_compare(settings, reference, NAME, "nightly", champion.url, url, lambda _: None)
            for url in (challenger.url, champion.url)
        )
    [row] = worse.differences
    assert worse.verdict is Verdict.FAILED
    assert (row.change, row.champion.value, row.p) == ("worse", 0.0, None)
    assert row.difference.value == row.challenger.value > 0
    assert row.words.startswith("edge_cases: the challenger is worse; its share of edge cases")
    assert same.verdict is Verdict.PASSED
    assert [each.change for each in same.differences] == ["same"]


def test_a_case_within_the_range_must_be_answered_and_one_that_hangs_ends_no_run(
    tmp_path, split, model
):
    known = {tuple(values[name] for name in split.features) for values, _ in split.live}
    hung = []

    def hangs(rows: np.ndarray) -> np.ndarray:
        if len(rows) == 1 and tuple(rows[0]) not in known and len(hung) < 4:
            hung.append(rows)
            time.sleep(0.6)
        return clipped(rows)

    run, _ = retest(tmp_path / "run", split, model, guarded(model, hangs), timeout="500ms")
    assert run.reason == ""
    (requirement,) = run.requirements
    assert requirement.verdict is Verdict.FAILED
    assert "(must be answered)" in requirement.words
    assert run.errors["timeout"] >= 3


def test_the_share_of_a_whole_set_is_decided_without_chance():
    assert Census(0, 3).decide(0.0, True, 1e-5).verdict is Verdict.PASSED
    assert Census(1, 3).decide(0.0, True, 1e-5).verdict is Verdict.FAILED
    assert Census(0, 0).decide(0.0, True, 1e-5).verdict is Verdict.INCONCLUSIVE


def test_cases_are_made_of_records_that_the_model_answers_alone():
    space = Space((Feature("x", Values.NUMERIC, low=0.0, high=1.0), Feature("y", Values.TEXT)))
    columns = {
        "x": np.full(20, 0.5),
        "y": np.array(["yes", None] * 10, dtype=object),
    }
    ids = np.array([f"r{at}" for at in range(20)], dtype=object)
    # A missing y is not answered.
    answers = Answers(np.array([0.0, np.nan] * 10), np.zeros((20, 0)))
    begun = Prepared(
        Data.EVALUATION,
        Sample(ids, Table(columns)),
        space,
        Task(("no", "yes")),
        answers,
        Share(0, 0, 20),
    )

    class NeedsText:
        def cast(self, table: Table) -> Table:
            return table

        def predict(self, table: Table) -> Answers:
            refused = np.array([each is None for each in table.columns["y"]])
            return Answers(np.where(refused, np.nan, 0.0), np.zeros((len(table), 0)), {"nan": 1})

    found, cases = edge(begun, NeedsText(), 100, np.random.default_rng(1))
    assert found.failing == []
    assert all(int(each.parent[1:]) % 2 == 0 for each in cases)
    _, some = edge(begun, NeedsText(), 6, np.random.default_rng(1))
    assert len(some) == 6
    with pytest.raises(BudgetSpentError, match="too few"):
        edge(begun, NeedsText(), 2, np.random.default_rng(1))


def test_cases_are_made_of_production_records_outside_of_the_reference_too(tmp_path, split, model):
    history = tmp_path / "state" / "retests" / NAME
    history.mkdir(parents=True)
    values = dict(split.live[0][0])
    usual = {"id": "usual", "features": values}
    odd = {"id": "strange", "features": {**values, "hue-mean": FAR}}
    (history / "recent.jsonl").write_text(json.dumps(usual) + "\n" + json.dumps(odd) + "\n")
    _, folder = retest(tmp_path, split, model, guarded(model, clipped))
    parents = [each.parent for each in from_json((folder / "edge_cases.json").read_text())]
    assert parents.count("strange") >= 2, "as it came, and near it"
    assert "usual" not in parents
