"""The rules of a configuration, and those that serve any."""

from collections.abc import Iterator
from dataclasses import replace

from monitor.config.budget import count_of
from monitor.config.model import ModelConfig
from monitor.config.settings import Settings
from monitor.rules import alarms, daemon, retests, traffic
from monitor.rules.pace import Pace
from monitor.rules.rule import Alert, Group, Recording
from monitor.rules.scope import DAEMON, MODEL, Scope

USUAL_SNAPSHOT_MS = 10_000


def generic_rules() -> tuple[Group, ...]:
    """Return rules that serve every daemon and model that a Prometheus scrapes."""
    scope, pace = Scope(), Pace()
    return (
        Group("driftd.recording", tuple(_recordings(scope))),
        Group("driftd.daemon", tuple(_daemon(scope, USUAL_SNAPSHOT_MS))),
        Group("driftd.models", (*_model(scope, pace, ""), retests.overdue(scope))),
    )


def configured_rules(settings: Settings, job: str = "") -> tuple[Group, ...]:
    """Return the rules of a configuration; job: as Prometheus names the daemon, "" for any."""
    scope = Scope(job)
    groups = [
        Group("driftd.recording", tuple(_recordings(scope))),
        Group("driftd.daemon", tuple(_daemon(scope, settings.snapshot_every))),
    ]
    for name, model in settings.models.items():
        pace = Pace.of(model, settings.events.cooldown)
        rules = _configured(Scope(job, name), pace, model)
        own = tuple(replace(rule, labels={"model": name, **rule.labels}) for rule in rules)
        groups.append(Group(f"driftd.model.{name}", own))
    return tuple(groups)


def _recordings(scope: Scope) -> Iterator[Recording]:
    records, rejects = scope.of("driftd_records_total"), scope.of("driftd_rejects_total")
    lag = scope.of("", '__name__=~"driftd_source_lag_(records|bytes)"')
    yield Recording("job_model:driftd_records:rate5m", f"sum by ({MODEL}) (rate({records}[5m]))")
    yield Recording("job_model:driftd_rejects:rate5m", f"sum by ({MODEL}) (rate({rejects}[5m]))")
    yield Recording(
        "job_model:driftd_alarm_active:max",
        f"max by ({MODEL}, severity) ({scope.of('driftd_alarm_active')})",
    )
    yield Recording(daemon.LAG, f"sum by ({DAEMON}, source) ({lag})")


def _daemon(scope: Scope, snapshot_every_ms: int) -> Iterator[Alert]:
    yield from daemon.alive(scope)
    yield from daemon.working(scope)
    yield from daemon.reading(scope)
    yield from daemon.keeping(scope, snapshot_every_ms)
    yield from daemon.delivering(scope)


def _model(scope: Scope, pace: Pace, budget: str) -> Iterator[Alert]:
    """Yield the alerts that every model has."""
    yield from alarms.drift(scope, pace, budget)
    yield from alarms.data_quality(scope, pace)
    yield from _labelled(scope, pace, budget)
    yield from traffic.no_records(scope, pace)
    yield from traffic.rejects_high(scope, pace)
    yield retests.failed(scope)


def _labelled(scope: Scope, pace: Pace, budget: str) -> Iterator[Alert]:
    """Yield the alerts that rest on labels."""
    yield from alarms.concept_drift(scope, pace)
    yield from alarms.performance_drop(scope, pace, budget)
    yield alarms.estimated_drop(scope, pace)
    yield traffic.labels_missing(scope, pace)


def _configured(scope: Scope, pace: Pace, model: ModelConfig) -> Iterator[Alert]:
    """Yield the alerts of a configured model: none on what it does not have."""
    budget = _budget(model)
    yield daemon.model_missing(scope)
    yield from alarms.drift(scope, pace, budget)
    yield from alarms.data_quality(scope, pace)
    if model.labels is not None:
        yield from _labelled(scope, pace, budget)
    yield from traffic.no_records(scope, pace)
    yield from traffic.rejects_high(scope, pace)
    if model.retests:
        yield retests.failed(scope)
    for name, each in model.retests.items():
        yield from retests.overdue_by_schedule(scope, name, each)


def _budget(model: ModelConfig) -> str:
    pages = count_of(model.budget.pages, "false page")
    tickets = count_of(model.budget.tickets, "false ticket")
    return f" The budget is {pages} and {tickets} in {model.budget_period}."
