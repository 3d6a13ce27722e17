import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from prometheus_client import CollectorRegistry

from monitor.config import ConfigError, Settings
from monitor.http.meters import Meters
from monitor.reload import STOPPING, Configuration, Reloads, clashes_with
from tests.monitor.config.files import DOCUMENT, settings_with

M = "models.credit."
Start = Callable[..., Reloads]


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def start(tmp_path: Path, registry: CollectorRegistry) -> Iterator[Start]:
    """Starts reloads of what ``read`` gives, from the small configuration on."""
    running = []

    def start(read: Callable[[Path], tuple[Settings, dict]]) -> Reloads:
        reloads = Reloads(tmp_path / "driftd.yaml", read)
        reloads.start(Configuration(settings_with(tmp_path, {}), {}), Meters(registry))
        running.append(reloads)
        return reloads

    yield start
    for each in running:
        each.stop()


def taken_by_a_pipeline(reloads: Reloads, problem: str = "") -> threading.Thread:
    """Settle the next offer as a pipeline does."""

    def settle() -> None:
        while (offer := reloads.offered()) is None:
            time.sleep(0.001)
        reloads.settle(offer, problem)

    thread = threading.Thread(target=settle)
    thread.start()
    return thread


def test_what_is_new_is_offered_and_what_is_not_is_in_force_already(start, tmp_path):
    found = [settings_with(tmp_path, {M + "block": "1m", "snapshot_every": "1s"})]
    reloads = start(lambda _: (found[-1], {}))
    pipeline = taken_by_a_pipeline(reloads)
    assert reloads.ask() == ""
    pipeline.join()
    assert reloads.ask() == ""
    assert reloads.offered() is None


def test_what_the_pipeline_cannot_take_is_told_and_offered_again(start, tmp_path, registry):
    new = settings_with(tmp_path, {"snapshot_every": "1s"})
    reloads = start(lambda _: (new, {}))
    for _ in range(2):
        pipeline = taken_by_a_pipeline(reloads, "no room")
        assert reloads.ask() == "no room"
        pipeline.join()
    assert registry.get_sample_value("driftd_config_last_reload_successful") == 0


def test_whatever_breaks_reading_is_told_and_reading_goes_on(start, tmp_path):
    failures = iter([ConfigError(tmp_path, ["block: is wrong"]), ZeroDivisionError("oh")])

    def read(_: Path) -> tuple[Settings, dict]:
        raise next(failures)

    reloads = start(read)
    assert reloads.ask().endswith("1 problem\n  block: is wrong")
    assert reloads.ask().endswith("could not be read: ZeroDivisionError('oh')")


def test_asks_that_come_while_one_is_read_are_served_by_one_more_reading(start, tmp_path):
    same, begun, go = settings_with(tmp_path, {}), threading.Event(), threading.Event()
    readings = []

    def read(path: Path) -> tuple[Settings, dict]:
        readings.append(path)
        begun.set()
        go.wait()
        return same, {}

    reloads = start(read)
    asks = [reloads.request()]
    begun.wait()
    asks += [reloads.request() for _ in range(50)]
    go.set()
    assert [ask.result() for ask in asks] == [""] * 51
    assert len(readings) == 2


def test_who_waits_when_the_daemon_stops_and_who_comes_after_is_answered(start, tmp_path):
    new = settings_with(tmp_path, {"snapshot_every": "1s"})
    reloads = start(lambda _: (new, {}))
    waiting = reloads.request()
    while reloads.offered() is None:
        time.sleep(0.001)
    reloads.stop()
    assert (waiting.result(1), reloads.request().result(1)) == (STOPPING, STOPPING)


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({}, []),
        ({"snapshot_every": "1s", M + "budget": {"pages": 2}}, []),
        ({"listen": "127.0.0.1:1"}, ["listen: is 127.0.0.1:1 now, and driftd listens on "]),
        ({M + "block": "2m"}, ["models.credit: the length of its blocks changed"]),
        ({M + "features.age": "numeric"}, ["models.credit: the schema of its records changed"]),
        ({"state": "other", M + "rows_per_block": 9}, ["state: is ", "models.credit: the length"]),
    ],
)
def test_what_the_state_or_the_address_does_not_go_with_needs_a_restart(tmp_path, changes, told):
    old = settings_with(tmp_path, {})
    found = list(clashes_with(old, settings_with(tmp_path, changes)))
    assert len(found) == len(told)
    for line, start in zip(found, told, strict=True):
        assert line.startswith(start)


def test_a_file_without_any_model_of_before_needs_a_restart(tmp_path):
    old = settings_with(tmp_path, {})
    other = settings_with(tmp_path, {"models": {"churn": DOCUMENT["models"]["credit"]}})
    (found,) = clashes_with(old, other)
    assert found.startswith("models: none of those that are watched (credit) is left")
