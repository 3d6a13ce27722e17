"""The daemon: sets the parts up, runs the pipeline until told to stop, takes them down."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from pathlib import Path

import structlog
from prometheus_client import CollectorRegistry

from monitor import logs
from monitor.config import Settings
from monitor.http.app_thread import AppThread
from monitor.http.current_app import CurrentApp
from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.http.tls import live_context
from monitor.parts import Face, Parts, set_up
from monitor.reference.file import Reference
from monitor.reload import Configuration, Offer, Reloads
from monitor.service_manager import ServiceManager
from monitor.state.lock import StateLock
from monitor.state.snapshot import StateError, save
from monitor.view import Board, View

log = structlog.get_logger()

POLL_S = 0.2
STANDBY_S = 1.0
TRIAL_S = 15.0
"""How long a new configuration is on trial whose source cannot be read yet."""

NO_MANAGER = ServiceManager()


def run(
    settings: Settings,
    references: Mapping[str, Reference],
    bounded: bool,
    stop: threading.Event,
    heard: Callable[[str], None] = lambda _: None,
    manager: ServiceManager = NO_MANAGER,
    reloads: Reloads | None = None,
) -> View:
    """Monitor until ``stop`` is set; return the last view.

    bounded: stop also once everything that there was at the start is read and every block
    closed; nothing is re-tested meanwhile. heard: called with the address once the daemon
    listens. manager: told when the daemon is ready, alive, reloading and stopping. reloads: where
    another configuration may come from. While another daemon holds the state folder this one waits
    as a standby (bounded runs do not). Raises StateError, SourceError or OSError for what waiting
    cannot mend.
    """
    board, registry = Board(), CollectorRegistry()
    face = Face(
        board, Exposition(board, registry), Meters(registry), CurrentApp(), manager, reloads
    )
    now = Configuration(settings, references)
    with ExitStack() as stack:
        if not _hold_state(settings.state, bounded, stop, stack):
            return board.read()
        own = stack.enter_context(ExitStack())
        parts = set_up(now, bounded, face, own)
        parts.events.let_go()
        face.meters.configuration_taken(time.time())
        server = AppThread(settings.listen, face.app, live_context(settings.web_config))
        server.start()
        stack.callback(server.stop)
        log.info("listening", address=server.url)
        if reloads is not None:
            reloads.start(now, face.meters)
            stack.callback(reloads.stop)
        heard(server.url)
        manager.ready()
        log.info("started", models=",".join(settings.models), state=str(settings.state))
        while offer := _loop(parts, now.settings.snapshot_every / 1000, stop, face):
            manager.reloading()
            parts, now = _take(offer, parts, now, face, own, stop)
            manager.ready()
        manager.stopping()
        _snapshot(parts)
        log.info("stopping")
    return board.read()


def _take(
    offer: Offer,
    parts: Parts,
    now: Configuration,
    face: Face,
    own: ExitStack,
    stop: threading.Event,
) -> tuple[Parts, Configuration]:
    """Set the parts up anew by an offer, from what is stored; keep the old ones if that fails."""
    assert face.reloads is not None, "offers come from it"
    if not _snapshot(parts):
        face.reloads.settle(
            offer, f"the state could not be written to {parts.snapshot}; see the log"
        )
        return parts, now
    face.app.hold()
    problem = ""
    try:
        own.close()
        parts, now = _try(offer.configuration, face, own, stop), offer.configuration
    except Exception as error:  # whatever it is, what ran until now can run again
        log.exception("reload_failed")
        own.close()
        parts, problem = set_up(now, False, face, own), str(error)
    logs.configure(now.settings.log.level, now.settings.log.format)
    face.reloads.settle(offer, problem)
    return parts, now


def _try(configuration: Configuration, face: Face, own: ExitStack, stop: threading.Event) -> Parts:
    """Set the parts up and run them until the source is read, or cannot be for a while.

    No snapshot is stored and no event given up meanwhile: where Kafka refuses the new
    configuration, which raises SourceError, the old one goes on from the snapshot that it left.
    """
    parts = set_up(configuration, False, face, own)
    deadline = time.monotonic() + TRIAL_S
    while not (parts.source.status().assigned or stop.is_set() or time.monotonic() > deadline):
        parts.pipeline.step(POLL_S)
        face.manager.alive()
    parts.events.let_go()
    return parts


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


def _loop(
    parts: Parts,
    snapshot_every_s: float,
    stop: threading.Event,
    face: Face,
) -> Offer | None:
    """Run the pipeline; return the configuration to go on by, None where it is to stop."""
    due = time.monotonic() + snapshot_every_s
    saved = parts.pipeline.positions()
    while not stop.is_set():
        parts.pipeline.step(POLL_S)
        face.manager.alive()
        if parts.pipeline.finished():
            break
        offer = None if face.reloads is None else face.reloads.offered()
        if offer is not None:
            return offer
        if time.monotonic() >= due:
            positions = parts.pipeline.positions()
            if positions != saved and _snapshot(parts):
                saved = positions
            due = time.monotonic() + snapshot_every_s
    parts.pipeline.publish()
    return None


def _snapshot(parts: Parts) -> bool:
    """Store the engines and positions; on failure say so and leave the last snapshot as it is."""
    started = time.monotonic()
    try:
        parts.quarantine.flush()
        joins = [each.performance.join for each in parts.engines.values() if each.performance]
        for join in joins:
            join.flush()
        parts.events.journal.write()
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
