"""The parts of a running daemon, and setting them up by a configuration."""

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from starlette.types import ASGIApp

from monitor.alerts.service import AlertService
from monitor.clock import wall_clock_ms
from monitor.config import Settings
from monitor.engine.model import ModelEngine
from monitor.engine_settings import engine_settings
from monitor.events.event import Event
from monitor.events.references import reference_replaced
from monitor.events.service import EventService
from monitor.http.alert_routes import NO_ALERTS, AlertCalls
from monitor.http.app import build_app
from monitor.http.basic_auth import Guard
from monitor.http.current_app import CurrentApp
from monitor.http.event_routes import EventCalls
from monitor.http.exposition import Exposition
from monitor.http.meters import Meters
from monitor.http.reload_routes import NO_RELOAD, ReloadCalls
from monitor.http.retest_routes import NO_CALLS, RetestCalls
from monitor.pipeline import Model, Pipeline, beginnings, no_retests, positions_of
from monitor.quarantine import Quarantine, open_quarantine
from monitor.reload import Configuration, Reloads
from monitor.retest.service import RetestService
from monitor.service_manager import ServiceManager
from monitor.sources import open_source
from monitor.sources.source import Partition, Source
from monitor.state.snapshot import Restored, load
from monitor.view import Board

PATIENCE_S = 10.0
"""How long a bounded run waits for its events to be delivered."""


@dataclass(frozen=True, slots=True)
class Parts:
    """What a running daemon is made of."""

    pipeline: Pipeline
    source: Source
    engines: Mapping[str, ModelEngine]
    quarantine: Quarantine
    events: EventService
    meters: Meters
    snapshot: Path


@dataclass(frozen=True, slots=True)
class Face:
    """What of a daemon stays while configurations come and go.

    manager: told how the daemon is. reloads: where another configuration comes from, None where
    there is only the first.
    """

    board: Board
    exposition: Exposition
    meters: Meters
    app: CurrentApp
    manager: ServiceManager
    reloads: Reloads | None


def set_up(configuration: Configuration, bounded: bool, face: Face, stack: ExitStack) -> Parts:
    """Return the parts as the last snapshot left them, at work but for the pipeline.

    bounded: nothing is re-tested, and nothing read but what there is now. stack: closes them.
    Raises StateError, SourceError or OSError for what waiting cannot mend.
    """
    settings, references = configuration.settings, configuration.references
    snapshot = settings.state / "snapshot.npz"
    restored = _restore(configuration, snapshot, stack)
    quarantine = open_quarantine(settings, restored.quarantine_position)
    stack.callback(quarantine.close)
    retests = None if bounded else RetestService(settings, face.board.read, wall_clock_ms)
    events = EventService(settings, retests)
    stack.callback(events.store.close)
    for name, old in restored.replaced.items():
        events.journal.note(_replacement(settings, restored.engines[name], old))
    recent = {} if retests is None else retests.recent
    models = {
        name: Model.of(each, references[name], restored.engines[name], recent.get(name))
        for name, each in settings.models.items()
    }
    source = open_source(settings, _beginnings(settings, list(models.values())), bounded)
    stack.callback(source.close)
    pipeline = Pipeline(
        source=source,
        models=models,
        quarantine=quarantine,
        board=face.board,
        meters=face.meters,
        clock_ms=wall_clock_ms,
        bounded=bounded,
        retests=no_retests if retests is None else retests.view,
        journal=events.journal,
        events=lambda: events.store.view,
    )
    pipeline.publish()
    face.meters.reached_at(settings.base_url)
    if retests is not None:
        retests.start()
        stack.callback(retests.stop)
    events.start()
    stack.callback(events.stop, PATIENCE_S if bounded else 0.0)
    alerts = _alerts(settings, face, retests, stack)
    face.app.become(_app(settings, face, retests, events, alerts))
    engines, meters = restored.engines, face.meters
    return Parts(pipeline, source, engines, quarantine, events, meters, snapshot)


def _restore(configuration: Configuration, snapshot: Path, stack: ExitStack) -> Restored:
    settings, references = configuration.settings, configuration.references
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
    return restored


def _alerts(
    settings: Settings, face: Face, retests: RetestService | None, stack: ExitStack
) -> AlertService | None:
    """Return what carries out what alerts ask for, None where they may start nothing."""
    reloads = face.reloads
    if not settings.alerts or reloads is None or retests is None:
        return None
    alerts = AlertService(
        settings, reloads.path, retests, reloads.request, face.meters, wall_clock_ms
    )
    alerts.start()
    stack.callback(alerts.stop)
    return alerts


def _app(
    settings: Settings,
    face: Face,
    retests: RetestService | None,
    events: EventService,
    alerts: AlertService | None,
) -> ASGIApp:
    token = settings.api_token_file
    app = build_app(
        face.board,
        face.exposition,
        retests=NO_CALLS if retests is None else RetestCalls(retests.history, retests.ask, token),
        reloads=NO_RELOAD if face.reloads is None else ReloadCalls(face.reloads.ask, token),
        events=EventCalls(events.store, token, wall_clock_ms),
        alerts=NO_ALERTS if alerts is None else AlertCalls(alerts.receive, alerts.actions, token),
    )
    return app if settings.web_config is None else Guard(app, settings.web_config, token)


def _replacement(settings: Settings, engine: ModelEngine, old: str) -> Event:
    """Return the event of a model whose reference is another one than in the snapshot."""
    seen = engine.view()
    return reference_replaced(
        seen.name, old, seen.reference, engine.first_open, seen.watermark_ms, settings.base_url
    )


def _beginnings(settings: Settings, models: Sequence[Model]) -> dict[Partition, int]:
    """Return where reading goes on; a partition that is not in it begins where the source does.

    Where that is not the earliest record, a model that is new begins where the others are, who
    would lose records otherwise.
    """
    kafka = settings.source.kafka
    if kafka is not None and kafka.start != "earliest":
        return positions_of(model.engine for model in models)
    return beginnings(models)
