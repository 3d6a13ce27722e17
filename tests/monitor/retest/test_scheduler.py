"""Re-tests begin when due, paged for or asked for, one at a time of a model, over restarts too."""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.config import ModelConfig
from monitor.retest.history import History, started_ms
from monitor.retest.lane import LONGEST_MS, RETRY_MS, Cause
from monitor.retest.result import Run, State
from monitor.retest.schedule import TRIES
from monitor.retest.scheduler import AT_ONCE, Scheduler
from monitor.retest.worker import BUSY
from monitor.view import AlarmView, View
from tests.e2e.small_model import MODEL
from tests.monitor.http.views import a_model, a_stream

MINUTE_MS, HOUR_MS = 60_000, 3_600_000
START_MS = 1_767_571_200_000
REQUIREMENT = {
    "perturbation": "gaussian_noise",
    "severity": 0.1,
    "measure": "flip_ratio",
    "most": 1,
}


@dataclass
class FakeWorker:
    """A worker that ends when it is told to."""

    run: Run
    code: int | None = None

    def poll(self) -> int | None:
        return self.code

    def end(self) -> None:
        self.code = -9


@dataclass
class Scene:
    """Schedulers, one after the other, on one history and a clock that is set by hand."""

    folder: Path
    retests: dict[str, dict[str, object]]
    models: int = 1
    now_ms: int = START_MS
    pages: int = 0
    workers: list[FakeWorker] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.history = History(self.folder)
        self.restart()

    def restart(self) -> None:
        """Begin another scheduler on what is stored; what ran is gone, as after a crash."""
        self.history = History(self.folder)
        records = MODEL["records"] | {"topics": ["t"]}
        told = {
            name: {"requirements": [REQUIREMENT], **each} for name, each in self.retests.items()
        }
        config = ModelConfig.model_validate(MODEL | {"records": records, "retests": told})
        models = {f"m{at}": config for at in range(self.models)}
        self.scheduler = Scheduler(models, self.history, self.now_ms)
        self.scheduler.know_pages(self.view())

    def view(self) -> View:
        alarm = AlarmView("page" if self.pages else "", None, None, {"page": self.pages})
        return View(models=(a_model("m0", streams=(a_stream("m0", alarm=alarm),)),))

    def spawn(self, model: str, retest: str, cause: str) -> FakeWorker:
        begun = datetime.fromtimestamp(self.now_ms / 1000, UTC)
        run = Run(
            id=f"{begun:%Y%m%dT%H%M%S}-{len(self.workers):06x}",
            model=model,
            retest=retest,
            cause=cause,
            endpoint="",
            version="",
            state=State.RUNNING,
            started=begun.isoformat(timespec="milliseconds"),
        )
        self.history.begin(run)
        self.workers.append(FakeWorker(run))
        return self.workers[-1]

    def tick(self, later_ms: int = 0) -> list[tuple[str, str]]:
        """Let time pass; return the re-tests that begin, and their causes."""
        self.now_ms += later_ms
        before = len(self.workers)
        self.scheduler.tick(self.now_ms, self.view(), self.spawn)
        return [(each.run.retest, each.run.cause) for each in self.workers[before:]]

    def finish(self, at: int = -1) -> None:
        """Let a worker end its run."""
        worker = self.workers[at]
        ended = datetime.fromtimestamp(self.now_ms / 1000, UTC).isoformat(timespec="milliseconds")
        self.history.write(msgspec.structs.replace(worker.run, state=State.FINISHED, ended=ended))
        worker.code = 0


@pytest.fixture
def hourly(tmp_path: Path) -> Scene:
    return Scene(tmp_path, {"nightly": {"every": "1h"}})


def test_a_re_test_begins_when_it_is_due_and_not_before(hourly):
    assert hourly.tick(HOUR_MS - 1) == []
    assert hourly.tick(1) == [("nightly", "schedule")]
    assert hourly.tick(1) == []
    hourly.finish()
    assert hourly.tick(10 * MINUTE_MS) == []
    assert hourly.tick(50 * MINUTE_MS) == [("nightly", "schedule")]


@given(st.lists(st.integers(1, 300), min_size=1, max_size=12), st.data())
@settings(max_examples=15, deadline=None)
def test_what_falls_due_while_nothing_can_run_is_one_run(tmp_path_factory, steps, data):
    scene = Scene(tmp_path_factory.mktemp("history"), {"nightly": {"every": "1h"}})
    newest = START_MS
    for minutes in steps:
        if data.draw(st.booleans()):
            scene.restart()
        if scene.tick(minutes * MINUTE_MS):
            scene.finish()
            newest = scene.now_ms
        assert (scene.now_ms - START_MS) // HOUR_MS == (newest - START_MS) // HOUR_MS
        assert scene.tick() == []


def test_what_is_due_while_it_runs_is_made_up_once_when_it_ends(hourly):
    hourly.tick(HOUR_MS)
    assert hourly.tick(5 * HOUR_MS) == []
    hourly.finish()
    assert hourly.tick() == [("nightly", "schedule")]
    hourly.finish()
    assert hourly.tick(MINUTE_MS) == []


def test_a_run_that_a_crash_cut_off_is_made_up_but_not_for_ever(hourly):
    hourly.tick(HOUR_MS)
    for _ in range(TRIES - 1):
        hourly.restart()
        assert hourly.tick() == [("nightly", "schedule")]
    hourly.restart()
    assert hourly.tick() == []
    assert {run.state for run in hourly.history.runs("m0")} == {State.INTERRUPTED}


def test_a_run_that_was_finished_just_before_a_crash_is_not_made_again(hourly):
    hourly.tick(HOUR_MS)
    hourly.finish()
    hourly.restart()
    assert hourly.tick() == []


def test_a_worker_that_dies_counts_as_a_run(hourly):
    hourly.tick(HOUR_MS)
    hourly.workers[-1].code = -9
    assert hourly.tick() == []
    view = hourly.scheduler.view("m0")
    assert (view.running, view.totals["nightly"].runs) == (None, {"interrupted": 1})


def test_a_worker_that_hangs_is_ended(hourly):
    hourly.tick(HOUR_MS)
    hourly.tick(LONGEST_MS + 1)
    assert hourly.workers[0].code == -9


def test_where_another_process_runs_one_it_is_tried_again_later(hourly):
    hourly.tick(HOUR_MS)
    hourly.workers[-1].code = BUSY
    assert hourly.tick() == []
    assert hourly.tick(RETRY_MS) == [("nightly", "schedule")]
    hourly.restart()
    assert hourly.tick() == [("nightly", "schedule")], "what did not begin is no try"


def test_a_worker_that_cannot_be_begun_is_tried_again_later(hourly):
    def no_process(*_: str) -> FakeWorker:
        raise OSError("out of memory")

    hourly.now_ms += HOUR_MS
    hourly.scheduler.tick(hourly.now_ms, hourly.view(), no_process)
    assert hourly.tick() == []
    assert hourly.tick(RETRY_MS) == [("nightly", "schedule")]


def test_a_page_begins_the_re_tests_that_wait_for_one_unless_one_was_of_late(tmp_path):
    scene = Scene(tmp_path, {"drift": {"on_alarm": {"cooldown": "6h"}}, "asked": {}})
    assert scene.tick() == []
    scene.pages = 1
    assert scene.tick(MINUTE_MS) == [("drift", "alarm")]
    scene.finish()
    assert scene.tick(MINUTE_MS) == []
    scene.pages = 2
    assert scene.tick(5 * HOUR_MS) == []
    scene.restart()
    assert scene.tick(HOUR_MS) == [], "a page before the start is no news"
    scene.pages = 3
    assert scene.tick() == [("drift", "alarm")]


def test_a_run_for_a_page_that_a_crash_cut_off_is_made_up(tmp_path):
    scene = Scene(tmp_path, {"drift": {"on_alarm": {}}})
    scene.pages = 1
    scene.tick()
    for _ in range(TRIES - 1):
        scene.restart()
        assert scene.tick(1_000) == [("drift", "alarm")]
    scene.restart()
    assert scene.tick(1_000) == []


def test_a_run_for_an_alert_that_a_stop_cuts_off_is_made_by_the_next_process(tmp_path):
    scene = Scene(tmp_path, {"asked": {}})
    assert scene.scheduler.ask("m0", "asked", Cause.ALERT)
    assert scene.tick() == [("asked", "alert")]
    scene.scheduler.cut_off()
    scene.restart()
    assert scene.tick(1_000) == [("asked", "alert")]


def test_asked_for_it_runs_at_once_unless_another_of_the_model_does(tmp_path):
    scene = Scene(tmp_path, {"asked": {}, "other": {}})
    assert scene.scheduler.ask("m0", "asked")
    assert not scene.scheduler.ask("m0", "other")
    assert scene.tick() == [("asked", "request")]
    assert not scene.scheduler.ask("m0", "other")
    scene.finish()
    scene.tick()
    assert scene.scheduler.ask("m0", "other")
    with pytest.raises(KeyError):
        scene.scheduler.ask("m0", "nothing")


def test_the_re_tests_of_a_model_run_one_after_the_other(tmp_path):
    scene = Scene(tmp_path, {name: {"every": "0 3 * * *"} for name in ("a", "b", "c")})
    assert scene.tick(3 * HOUR_MS) == [("a", "schedule")]
    for name in ("b", "c"):
        assert scene.tick(MINUTE_MS) == []
        scene.finish()
        assert scene.tick() == [(name, "schedule")]


def test_few_workers_run_at_once_however_many_models_there_are(tmp_path):
    scene = Scene(tmp_path, {"nightly": {"every": "1h"}}, models=AT_ONCE + 2)
    assert len(scene.tick(HOUR_MS)) == AT_ONCE
    assert scene.tick() == []
    scene.finish(0)
    assert len(scene.tick()) == 1


def test_what_runs_and_what_was_found_last_is_told(hourly):
    assert hourly.scheduler.view("m0").next_ms == {"nightly": START_MS + HOUR_MS}
    hourly.tick(HOUR_MS)
    hourly.history.write(msgspec.structs.replace(hourly.workers[0].run, done=3))
    hourly.tick()
    assert hourly.scheduler.view("m0").running.done == 3
    hourly.finish()
    hourly.tick(MINUTE_MS)
    view = hourly.scheduler.view("m0")
    assert view.running is None
    assert started_ms(view.runs["nightly"]) == START_MS + HOUR_MS
    assert view.next_ms == {"nightly": START_MS + 2 * HOUR_MS}
    hourly.restart()
    assert hourly.scheduler.view("m0").totals == view.totals
