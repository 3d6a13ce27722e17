"""The smallest failing changes of a perturbed trial."""

from collections.abc import Mapping

import numpy as np
from pyarrow import parquet

from detectors.robustness.answers import Answers, Task
from detectors.robustness.measured import Share
from detectors.robustness.perturbations.perturbation import LabelRule
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table
from monitor.config.retests import Data
from monitor.http.app_thread import AppThread
from monitor.retest.history import History
from monitor.retest.run import run_retest
from monitor.retest.trials.outcome import Failing
from monitor.retest.trials.prepared import Prepared
from monitor.retest.trials.smallest import MOST_RECORDS, smallest
from tests.parts.tested_service import NAME, Traffic, set_up, split_data, v2_app, weak

TASK = Task(classes=("low", "high"))
SPACE = Space(tuple(Feature(name, Values.NUMERIC) for name in ("x", "y", "z")))
RECORDS = 60


class Step:
    """A model in the process: high where x is 1 or more, whatever the rest is."""

    version = ""

    def __init__(self) -> None:
        self.queries = 0

    def open(self) -> None: ...

    def close(self) -> None: ...

    def cast(self, table: Table) -> Table:
        return table

    def predict(self, table: Table) -> Answers:
        self.queries += len(table)
        outcome = (table.columns["x"] >= 1).astype(np.float64)
        return Answers(outcome, np.zeros((len(table), 0)))

    def errors(self) -> Mapping[str, int]:
        return {}

    def latencies_s(self) -> list[float]:
        return []


def a_table(value: float) -> Table:
    return Table({each.name: np.full(RECORDS, value) for each in SPACE.features})


def prepared(model: Step) -> Prepared:
    ids = np.array([f"r{at}" for at in range(RECORDS)], dtype=object)
    sample = Sample(ids, a_table(0.0))
    answers = model.predict(sample.table)
    return Prepared(Data.EVALUATION, sample, SPACE, TASK, answers, Share(0, 0, RECORDS))


def failing(variant: str) -> Failing:
    return Failing.of(variant, np.arange(RECORDS), a_table(5.0), np.ones(RECORDS))


def test_what_is_left_of_a_failing_change_is_the_part_that_makes_it_fail():
    model = Step()
    found = smallest(
        LabelRule.KEPT, [failing("a"), failing("b")], prepared(model), model, queries=10_000
    )
    assert [each.variant for each in found] == ["a", "b"]
    assert sum(len(each.places) for each in found) == MOST_RECORDS
    for each in found:
        assert (each.table.columns["y"] == 0).all()
        assert (each.table.columns["z"] == 0).all()
        np.testing.assert_allclose(each.table.columns["x"], 1.0, atol=5 / 2**8)
        assert (each.outcome == 1).all()


def test_no_more_is_asked_than_may_be_and_what_is_left_still_fails():
    model = Step()
    begun = prepared(model)
    before = model.queries
    (found,) = smallest(LabelRule.KEPT, [failing("")], begun, model, queries=30)
    assert model.queries - before <= 30
    assert (model.predict(found.table).outcome == 1).all()
    (unasked,) = smallest(LabelRule.KEPT, [failing("")], begun, model, queries=0)
    assert len(unasked.places) == 0


def test_where_nothing_failed_nothing_is_asked():
    model = Step()
    begun = prepared(model)
    before = model.queries
    nothing = Failing.of("", np.arange(0), a_table(5.0).take(np.arange(0)), np.zeros(0))
    assert smallest(LabelRule.KEPT, [nothing], begun, model, 100) == []
    assert smallest(LabelRule.KEPT, [], begun, model, 100) == []
    assert model.queries == before


def test_a_run_keeps_the_smallest_failing_changes_beside_the_failing_ones(tmp_path):
    split = split_data()
    model = weak(split)
    noise = {"perturbation": "gaussian_noise", "severity": 0.2, "measure": "flip_ratio"}
    retest = {
        "queries": 6_000,
        "records": 200,
        "curves": False,
        "seed": 1,
        "requirements": [{**noise, "most": 0.01}],
    }
    server = AppThread("127.0.0.1:0", v2_app(model, Traffic()))
    server.start()
    try:
        settings, reference = set_up(tmp_path, split, model, server.url, retest)
        history = History(settings.state / "retests")
        run = run_retest(
            settings, reference, NAME, "nightly", "request", None, history, lambda _: None, False
        )
    finally:
        server.stop()
    rows = parquet.read_table(history.folder(run.id, NAME) / run.cases).to_pylist()
    whole = {row["retest_parent_id"]: row for row in rows if row["retest_kind"] == "failing"}
    least = [row for row in rows if row["retest_kind"] == "minimal"]
    assert len(least) == min(MOST_RECORDS, len(whole))
    assert run.queries <= run.budget
    for row in least:
        assert set(row["retest_changed"]) <= set(whole[row["retest_parent_id"]]["retest_changed"])
        values = np.array([[row[name] for name in model.features]])
        answer = model.classes[int(model.probabilities(values)[0].argmax())]
        assert answer == row["retest_answer"] != row["retest_expected"]
    assert np.median([len(row["retest_changed"]) for row in least]) <= 2
