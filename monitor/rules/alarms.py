"""Alerts on what driftd says of a model: its alarms, which bound false ones already.

No statistic is compared with a threshold here; a rule only passes on what the daemon decided, at
once, and goes on for as long as the daemon takes an alarm that comes back for the same one.
"""

from collections.abc import Iterator

from monitor.rules import told
from monitor.rules.pace import Pace
from monitor.rules.rule import Alert, Loudness
from monitor.rules.scope import STREAM, Scope, equal

BY_SEVERITY = (("page", Loudness.CRITICAL), ("ticket", Loudness.WARNING))
"""Severity of an alarm and how loud its alert is; a page counts as a ticket too."""

HIGHER_IS_BETTER = "accuracy|roc_auc"
LOWER_IS_BETTER = "log_loss|mae|rmse"


def drift(scope: Scope, pace: Pace, budget: str) -> Iterator[Alert]:
    """Yield the alerts on drift of inputs and predictions; budget: a sentence on it, or ""."""
    for severity, loudness in BY_SEVERITY:
        yield Alert(
            name="DriftdDrift",
            loudness=loudness,
            expr=_active(scope, "driftd_inputs_alarm_active", severity),
            summary="Inputs or predictions of a model have drifted.",
            description=f"Inputs or predictions of {told.PLACE} are no longer as in the "
            f"reference: a {severity}.{told.drifted()}{budget}",
            keep_ms=pace.keep,
        )


def data_quality(scope: Scope, pace: Pace) -> Iterator[Alert]:
    """Yield the alerts on values that are broken rather than other."""
    for severity, loudness in BY_SEVERITY:
        yield Alert(
            name="DriftdDataQuality",
            loudness=loudness,
            expr=_diagnosed(scope, "data_corruption", severity),
            summary="Values that a model gets are broken.",
            description=f"Features of {told.PLACE} are missing, stuck, in another unit or outside "
            f"of all that the reference knows: a {severity}.{told.most_missing()}"
            f"{told.drifted()}",
            keep_ms=pace.keep,
        )


def concept_drift(scope: Scope, pace: Pace) -> Iterator[Alert]:
    """Yield the alerts on labels that no longer follow from the inputs as they did."""
    for severity, loudness in BY_SEVERITY:
        yield Alert(
            name="DriftdConceptDrift",
            loudness=loudness,
            expr=_diagnosed(scope, "concept_drift", severity),
            summary="Labels no longer follow from the inputs as a model has learned.",
            description=f"Labels of {told.PLACE} follow from its inputs otherwise than in the "
            f"reference: a {severity}.{told.measures('driftd_performance', 'Live')}",
            keep_ms=pace.keep,
        )


def performance_drop(scope: Scope, pace: Pace, budget: str) -> Iterator[Alert]:
    """Yield the alerts on errors that are more or larger than the reference's."""
    for severity, loudness in BY_SEVERITY:
        yield Alert(
            name="DriftdPerformanceDrop",
            loudness=loudness,
            expr=_active(scope, "driftd_performance_alarm_active", severity),
            summary="A model errs more than on its reference.",
            description=f"By its labels, {told.PLACE} errs more, or by more, than on the "
            f"reference: a {severity}.{told.measures('driftd_performance', 'Live')}{budget}",
            keep_ms=pace.keep,
        )


def estimated_drop(scope: Scope, pace: Pace) -> Alert:
    """Return the alert on performance that must have fallen, by the inputs and without labels.

    An interval of 95 % that is looked at all day errs now and then, so it counts only while there
    is an alarm on the inputs, whose false ones are bounded.
    """
    worse = "\n  or\n".join(
        (
            _beyond(scope, "high", HIGHER_IS_BETTER, "<"),
            _beyond(scope, "low", LOWER_IS_BETTER, ">"),
        )
    )
    alarm = _active(scope, "driftd_inputs_alarm_active", "ticket")
    return Alert(
        name="DriftdEstimatedPerformanceDrop",
        loudness=Loudness.WARNING,
        expr=f"count by ({STREAM}) (\n{worse}\n)\nand on ({STREAM}) {alarm}",
        summary="A model probably errs more, as its inputs have drifted.",
        description=f"The inputs of {told.PLACE} have drifted to where it errs more; labels have "
        "yet to show it."
        f"{told.measures('driftd_performance_estimated', 'Estimated')}",
        wait_ms=pace.estimate,
        keep_ms=pace.keep,
    )


def _active(scope: Scope, metric: str, severity: str) -> str:
    of_severity = scope.of(metric, equal("severity", severity))
    return f"max by ({STREAM}) ({of_severity}) == 1"


def _diagnosed(scope: Scope, kind: str, severity: str) -> str:
    """Return when a failure mode is as sure as can be while there is an alarm of a severity."""
    degree = scope.of("driftd_diagnosis", equal("kind", kind))
    sure = f"max by ({STREAM}) ({degree}) >= 1"
    return f"{sure}\nand on ({STREAM}) {_active(scope, 'driftd_alarm_active', severity)}"


def _beyond(scope: Scope, end: str, measures: str, sign: str) -> str:
    """Return when one end of an estimate's interval lies beyond the reference's value."""
    chosen = f'measure=~"{measures}"'
    estimated = scope.of(f"driftd_performance_estimated_{end}", chosen)
    reference = scope.of("driftd_performance_reference", chosen)
    return (
        f"  max by ({STREAM}, measure, window) ({estimated})\n"
        f"    {sign} on ({STREAM}, measure) group_left ()\n"
        f"  max by ({STREAM}, measure) ({reference})"
    )
