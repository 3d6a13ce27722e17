"""The daemon: sets the parts up, runs the pipeline until told to stop, takes them down."""

import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from monitor.config import Settings
from monitor.engine.model import ModelEngine
from monitor.engine_settings import engine_settings
from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.http.retest_routes import NO_CALLS, RetestCalls
from monitor.pipeline import Model, Pipeline, beginnings, no_retests, positions_of
from monitor.quarantine import Quarantine, open_quarantine
from monitor.reference.file import Reference
from monitor.retest.service import RetestService
from monitor.service_manager import ServiceManager
from monitor.sources import open_source
from monitor.sources.source import Partition, Source
from monitor.state.lock import StateLock
from monitor.state.snapshot import StateError, load, save
from monitor.view import Board, View

log = structlog.get_logger()

POLL_S = 0.2
STANDBY_S = 1.0

NO_MANAGER = ServiceManager()


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running daemon is made of."""

    pipeline: Pipeline
    source: Source
    engines: Mapping[str, ModelEngine]
    quarantine: Quarantine
    meters: Meters
    snapshot: Path
    address: str


def run(
    settings: Settings,
    references: Mapping[str, Reference],
    bounded: bool,
    stop: threading.Event,
    heard: Callable[[str], None] = lambda _: None,
    manager: ServiceManager = NO_MANAGER,
) -> View:
    """Monitor until ``stop`` is set; return the last view.

    bounded: stop also once everything that there was at the start is read and every block
    closed; nothing is re-tested meanwhile. heard: called with the address once the daemon
    listens. manager: told when the daemon is ready, alive and stopping. While another daemon holds
    the state folder this one waits as a standby (bounded runs do not). Raises StateError,
    SourceError or OSError for what waiting cannot mend.
    """
    board = Board()
    with ExitStack() as stack:
        if not _hold_state(settings.state, bounded, stop, stack):
            return board.read()
        parts = _set_up(settings, references, bounded, board, stack)
        heard(parts.address)
        manager.ready()
        log.info("started", models=",".join(settings.models), state=str(settings.state))
        _loop(parts, settings.snapshot_every / 1000, stop, manager)
        manager.stopping()
        _snapshot(parts)
        log.info("stopping")
    return board.read()


def _hold_state(folder: Path, bounded: bool, stop: threading.Event, stack: ExitStack) -> bool:
    folder.mkdir(parents=True, exist_ok=True)
    lock = stack.enter_context(StateLock(folder))
    told = False
    while not lock.acquire():
        if bounded:
            raise StateError(
                f"the state folder {folder} is in use by process {lock.holder()}; stop that "
                "daemon, or set another state folder"
            )
        if not told:
            log.warning("standby", state=str(folder), held_by_process=lock.holder())
            told = True
        if stop.wait(STANDBY_S):
            return False
    return True


def _set_up(
    settings: Settings,
    references: Mapping[str, Reference],
    bounded: bool,
    board: Board,
    stack: ExitStack,
) -> Parts:
    snapshot = settings.state / "snapshot.npz"
    for unfinished in settings.state.glob(f".{snapshot.name}.*"):
        unfinished.unlink()
    restored = load(
        snapshot,
        {
            name: engine_settings(
                name, each, references[name], settings.state, settings.events.cooldown
            )
            for name, each in settings.models.items()
        },
    )
    for engine in restored.engines.values():
        if engine.performance is not None:
            stack.callback(engine.performance.join.close)
    for name in restored.replaced:
        log.warning("reference_replaced", model=name, reference=references[name].digest)
    quarantine = open_quarantine(settings, restored.quarantine_position)
    stack.callback(quarantine.close)
    registry = CollectorRegistry()
    meters = Meters(registry)
    retests = None if bounded else RetestService(settings, board.read, wall_clock_ms)
    recent = {} if retests is None else retests.recent
    models = {
        name: Model.of(each, references[name], restored.engines[name], recent.get(name))
        for name, each in settings.models.items()
    }
    positions = _beginnings(settings, list(models.values()))
    source = open_source(settings, positions, bounded)
    stack.callback(source.close)
    seen = no_retests if retests is None else retests.view
    pipeline = Pipeline(source, models, quarantine, board, meters, wall_clock_ms, bounded, seen)
    pipeline.publish()
    calls = NO_CALLS
    if retests is not None:
        calls = RetestCalls(retests.history, retests.ask, settings.api_token_file)
        retests.start()
        stack.callback(retests.stop)
    server = AppThread(settings.listen, build_app(board, Exposition(board, registry), calls))
    server.start()
    stack.callback(server.stop)
    log.info("listening", address=server.url)
    return Parts(pipeline, source, restored.engines, quarantine, meters, snapshot, server.url)


def _beginnings(settings: Settings, models: Sequence[Model]) -> dict[Partition, int]:
    """Return where reading goes on; a partition that is not in it begins where the source does.

    Where that is not the earliest record, a model that is new begins where the others are, who
    would lose records otherwise.
    """
    kafka = settings.source.kafka
    if kafka is not None and kafka.start != "earliest":
        return positions_of(model.engine for model in models)
    return beginnings(models)


def _loop(
    parts: Parts, snapshot_every_s: float, stop: threading.Event, manager: ServiceManager
) -> None:
    due = time.monotonic() + snapshot_every_s
    saved = parts.pipeline.positions()
    while not stop.is_set():
        parts.pipeline.step(POLL_S)
        manager.alive()
        if parts.pipeline.finished():
            break
        if time.monotonic() >= due:
            positions = parts.pipeline.positions()
            if positions != saved and _snapshot(parts):
                saved = positions
            due = time.monotonic() + snapshot_every_s
    parts.pipeline.publish()


def _snapshot(parts: Parts) -> bool:
    """Store the engines and positions; on failure say so and leave the last snapshot as it is."""
    started = time.monotonic()
    try:
        parts.quarantine.flush()
        joins = [each.performance.join for each in parts.engines.values() if each.performance]
        for join in joins:
            join.flush()
        size = save(parts.snapshot, parts.engines, parts.quarantine.position())
    except OSError as error:
        parts.meters.snapshot_failed()
        log.error("snapshot_failed", file=str(parts.snapshot), error=str(error))
        return False
    for join in joins:
        join.forget(join.meta())
    parts.meters.snapshot_written(time.monotonic() - started, size, time.time())
    parts.source.acknowledge(parts.pipeline.positions())
    return True


def wall_clock_ms() -> int:
    """Return the wall clock in ms."""
    return time.time_ns() // 1_000_000
