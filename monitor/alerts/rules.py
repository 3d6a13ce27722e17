"""Which action an alert asks for, if any."""

from monitor.alerts.ledger import Action
from monitor.alerts.notification import Alert, AlertStatus, Outcome
from monitor.config import Settings
from monitor.config.alerts import AlertConfig

REBUILD = "rebuild_reference"


def action_of(alert: Alert, rule: AlertConfig, now_ms: int) -> Action:
    """Return the action that a rule has for an alert."""
    return Action(alert.key, alert.name, alert.model, rule.retest or REBUILD, noted=now_ms)


def matching(alert: Alert, settings: Settings) -> AlertConfig | None:
    """Return the first rule whose labels the alert has."""
    return next((rule for rule in settings.alerts if alert.has(rule.match)), None)


def refusal(
    alert: Alert, rule: AlertConfig | None, settings: Settings
) -> tuple[Outcome, str] | None:
    """Return why an alert starts nothing whatever was started before, None where it may.

    The words say what to change.
    """
    if alert.status is AlertStatus.RESOLVED:
        return Outcome.RESOLVED, "resolved alerts start nothing"
    if rule is None:
        return Outcome.UNMATCHED, "no entry of 'alerts' matches its labels"
    model = settings.models.get(alert.model)
    if model is None:
        known = ", ".join(settings.models)
        return Outcome.IMPOSSIBLE, f"label model: {alert.model!r} is no model; one of: {known}"
    if rule.retest is not None and rule.retest not in model.retests:
        known = ", ".join(model.retests) or "none"
        return (
            Outcome.IMPOSSIBLE,
            f"model {alert.model} has no re-test {rule.retest!r}; it has: {known}",
        )
    if rule.rebuild_reference and model.rebuild_from is None:
        return (
            Outcome.IMPOSSIBLE,
            f"model {alert.model} has nothing to build from; set models.{alert.model}.rebuild_from",
        )
    return None
