"""Days without drift as a daemon exports them, its real parts run by a clock that is hurried.

It begins with a backlog. Traffic rests at night, labels come half an hour late and not for all, a
few records cannot be used and once a burst of them, and twice the daemon is killed: its counters
then fall back to the last snapshot or to zero, and a scrape is missed.
"""

import json
from collections.abc import Collection, Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from prometheus_client import CollectorRegistry
from prometheus_client.parser import text_string_to_metric_families

from monitor.config import Settings, load
from monitor.engine_settings import engine_settings
from monitor.events.view import EventsView, TriggerView
from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.pipeline import Model, Pipeline, beginnings
from monitor.quarantine import open_quarantine
from monitor.reference.build import build_reference
from monitor.reference.file import Reference, write_reference
from monitor.retest.totals import Totals
from monitor.retest.view import RetestsView
from monitor.sources import open_source
from monitor.state import snapshot
from monitor.view import Board
from tests.e2e.small_model import START_MS
from tests.e2e.test_labels import LABELS, configured, label_of
from tests.monitor.retest.runs import a_passed_run

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
STEP_MS = 5 * MINUTE_MS
"""Between two scrapes; a block is as long."""

SNAPSHOT_MS = 40 * MINUTE_MS
PER_STEP = 50
NIGHT_H = 6
BACKLOG_MS = 3 * HOUR_MS
DELAY_MS = 30 * MINUTE_MS
BURST_MS = 15 * HOUR_MS
KILLS_MS = (16 * HOUR_MS + 35 * MINUTE_MS, 26 * HOUR_MS + 35 * MINUTE_MS)
"""One by day, after a reject that no snapshot knows of, and one in the second night."""

HOURS = 32
SEED = 5


@dataclass
class Log:
    """Writes what the model's service logs: records and labels, in files."""

    folder: Path
    rng: np.random.Generator = field(default_factory=lambda: np.random.default_rng(SEED))
    sent: int = 0
    due: list[dict[str, Any]] = field(default_factory=list)

    def write(self, at_ms: int) -> None:
        """Write the records of a step, none at night, and the labels that are known by then."""
        hour = at_ms % DAY_MS // HOUR_MS
        records = [] if hour < NIGHT_H else [self._record(at_ms) for _ in range(PER_STEP)]
        lines = [json.dumps(each) for each in records]
        if at_ms % (HOUR_MS // 2) == 0 and lines:
            lines.append("{")
        if at_ms == START_MS + BURST_MS:
            lines += ["garbage"] * 500
        for number, record in enumerate(records):
            if number % 3:
                told = {"id": record["id"], "at": record["ts"] + DELAY_MS}
                self.due.append(told | {"y": label_of(self.sent + number, record)})
        known = [json.dumps(each) for each in self.due if each["at"] <= at_ms]
        self.due = [each for each in self.due if each["at"] > at_ms]
        self._append("records", lines)
        self._append("labels", known)

    def _record(self, at_ms: int) -> dict[str, Any]:
        self.sent += 1
        a, b = self.rng.standard_normal(2).tolist()
        return {
            "id": f"r{self.sent}",
            "ts": at_ms - STEP_MS + self.sent % PER_STEP * STEP_MS // PER_STEP,
            "v": "1",
            "a": a,
            "b": b,
            "c": str(self.rng.choice(["x", "y", "z"], p=[0.6, 0.3, 0.1])),
            "p": float(self.rng.random()),
        }

    def _append(self, topic: str, lines: list[str]) -> None:
        path = self.folder / topic / "0001.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a") as file:
            file.writelines(f"{line}\n" for line in lines)


@dataclass
class Daemon:
    """The parts of a daemon, as it sets them up after its last snapshot; clock in ms."""

    settings: Settings
    reference: Reference
    now_ms: int
    board: Board = field(default_factory=Board)
    stack: ExitStack = field(default_factory=ExitStack)

    def start(self) -> None:
        """Set the parts up by the last snapshot."""
        (name, config), *_ = self.settings.models.items()
        cooldown_ms = self.settings.events.cooldown
        known = engine_settings(name, config, self.reference, self.settings.state, cooldown_ms)
        restored = snapshot.load(self.settings.state / "snapshot.npz", {name: known})
        self.engines = restored.engines
        model = Model.of(config, self.reference, self.engines[name])
        self.quarantine = open_quarantine(self.settings, restored.quarantine_position)
        source = open_source(self.settings, beginnings([model]), False)
        registry = CollectorRegistry()
        self.meters = Meters(registry)
        self.meters.configuration_taken(self.now_ms / 1000)
        self.exposition = Exposition(self.board, registry, clock=lambda: self.now_ms / 1000)
        self.pipeline = Pipeline(
            source,
            {name: model},
            self.quarantine,
            self.board,
            self.meters,
            lambda: self.now_ms,
            bounded=False,
            retests=self._retests,
            events=lambda: EventsView(triggers={"retrain": TriggerView(delivered=2)}),
        )
        performance = self.engines[name].performance
        assert performance is not None
        for close in (self.quarantine.close, source.close, performance.join.close):
            self.stack.callback(close)
        self.pipeline.publish()

    def kill(self) -> None:
        """Let go of everything, without a snapshot."""
        with suppress(OSError):
            self.stack.close()

    def save(self) -> None:
        """Write a snapshot."""
        self.quarantine.flush()
        joins = [each.performance.join for each in self.engines.values() if each.performance]
        for join in joins:
            join.flush()
        place = self.settings.state / "snapshot.npz"
        size = snapshot.save(place, self.engines, self.quarantine.position())
        for join in joins:
            join.forget(join.meta())
        self.meters.snapshot_written(0.01, size, self.now_ms / 1000)

    def scrape(self, metrics: Collection[str]) -> dict[str, float]:
        """Return what is exported of some metrics: values by selector.

        Times are seconds since START_MS, as promtool's clock begins at 0.
        """
        found = {}
        lines = self.exposition.render().decode().splitlines(keepends=True)
        text = "".join(line for line in lines if line.partition("{")[0] in metrics)
        for family in text_string_to_metric_families(text):
            for sample in family.samples:
                labels = {"job": "driftd", "instance": "a:9477", **sample.labels}
                inside = ",".join(f"{key}={json.dumps(value)}" for key, value in labels.items())
                since = START_MS / 1000 if sample.name.endswith("_timestamp_seconds") else 0
                found[f"{sample.name}{{{inside}}}"] = sample.value - since
        return found

    def _retests(self, model: str) -> RetestsView:
        """A re-test each night at three, which passes."""
        day_ms = self.now_ms // DAY_MS * DAY_MS
        last_ms = day_ms + 3 * HOUR_MS
        last_ms -= DAY_MS * (last_ms > self.now_ms)
        ended = np.datetime64(last_ms, "ms").item().isoformat() + "+00:00"
        run = a_passed_run(model=model, version="1", ended=ended)
        totals = {"nightly": Totals().plus(run)}
        return RetestsView({"nightly": run}, None, {"nightly": last_ms + DAY_MS}, totals)


def quiet_days(folder: Path, metrics: Collection[str]) -> Iterator[dict[str, float]]:
    """Yield the scrapes of HOURS, of some metrics alone; empty ones while there is no daemon.

    The configuration is ``driftd.yaml`` in the folder.
    """
    settings, reference = _configured(folder)
    log, daemon = Log(folder / "log"), Daemon(settings, reference, START_MS)
    for at_ms in range(START_MS - BACKLOG_MS, START_MS, STEP_MS):
        log.write(at_ms)
    daemon.start()
    for since_ms in range(0, HOURS * HOUR_MS, STEP_MS):
        daemon.now_ms = START_MS + since_ms
        log.write(daemon.now_ms)
        if since_ms in KILLS_MS:
            daemon.kill()
            yield {}
            daemon.start()
        elif since_ms - STEP_MS in KILLS_MS:
            yield daemon.scrape(metrics)  # it has not read again yet what it forgot
            daemon.pipeline.step(0)
        else:
            daemon.pipeline.step(0)
            if since_ms % SNAPSHOT_MS == 0:
                daemon.save()
            yield daemon.scrape(metrics)
    daemon.kill()


def _configured(folder: Path) -> tuple[Settings, Reference]:
    path = configured(folder, LABELS | {"horizon": "1h"})
    document = yaml.safe_load(path.read_text())
    (model,) = document["models"].values()
    model |= {"idle_after": "30s", "block": "5m", "windows": ["block", "1h"]}
    path.write_text(yaml.safe_dump(document))
    settings = load(path)
    (config,) = settings.models.values()
    reference = build_reference(
        config.schema, [folder / "reference.jsonl"], labels=config.label_schema
    )
    (settings.state).mkdir(exist_ok=True)
    return settings, write_reference(config.reference, reference)
