"""Alerts on what a model is fed with: records, rejects and labels."""

from collections.abc import Iterator

from monitor.rules.pace import DAY_MS, HOUR_MS, MINUTE_MS, Pace
from monitor.rules.rule import Alert, Loudness
from monitor.rules.scope import MODEL, Scope, equal
from monitor.rules.silence import gone, stopped
from monitor.rules.span import span

NO_RECORDS = "A model that is in use gets no records."
REJECTS_TOLD = (
    "{{ $value | humanizePercentage }} of the records of model {{ $labels.model }} could not be "
    "used in the last "
)
SHARES = (("0.5", Loudness.CRITICAL), ("0.01", Loudness.WARNING))
FEWEST_REJECTS = 10
FEWEST_UNLABELLED = 1_000
"""Predictions without a label: from so many on it is no chance that all are."""


def no_records(scope: Scope, pace: Pace) -> Iterator[Alert]:
    """Yield the alerts on records that do not come."""
    known = f"max by ({MODEL}) ({scope.of('driftd_model_info')})"
    records = scope.of("driftd_records_total")
    if pace.silence is not None:
        yield Alert(
            name="DriftdNoRecords",
            loudness=Loudness.CRITICAL,
            expr=stopped(known, records, MODEL, pace.silence),
            summary=NO_RECORDS,
            description=f"No record of model {{{{ $labels.model }}}} came within "
            f"{span(pace.silence)}, though at this time of the day and the week there "
            "are always some.",
            wait_ms=pace.silence,
        )
    day = span(pace.whole)
    never = f"{known}\nand on ({MODEL}) {scope.of('driftd_model_info')} offset 1d"
    none_yet = f"unless on ({MODEL}) {records}\nunless on ({MODEL}) {records} offset 1d"
    yield Alert(
        name="DriftdNoRecords",
        loudness=Loudness.WARNING,
        expr=f"(\n{gone(known, records, MODEL, pace.whole)}\n)\nor (\n{never}\n{none_yet}\n)",
        summary=NO_RECORDS,
        description=f"No record of model {{{{ $labels.model }}}} came within {day}; a week before "
        "there were some, or there has never been one.",
        wait_ms=6 * HOUR_MS,
    )


def rejects_high(scope: Scope, pace: Pace) -> Iterator[Alert]:
    """Yield the alerts on records that cannot be used.

    They must last longer than the share is taken over: a burst, or a counter that falls back to
    the last snapshot when the daemon is killed, is over by then. Records are counted once their
    block closes, so there is no share before some have, unless none is open.
    """
    window = span(pace.rejects)
    rejects = f"sum by ({MODEL}) (increase({scope.of('driftd_rejects_total')}[{window}]))"
    either = scope.of("", '__name__=~"driftd_(rejects|records)_total"')
    blocks = f"sum by ({MODEL}) (increase({scope.of('driftd_blocks_total')}[{window}])) >= 2"
    open_blocks = f"max by ({MODEL}) ({scope.of('driftd_open_blocks')}) == 0"
    for share, loudness in SHARES:
        yield Alert(
            name="DriftdRejectsHigh",
            loudness=loudness,
            expr=f"{rejects}\n  / sum by ({MODEL}) (increase({either}[{window}])) > {share}\n"
            f"and on ({MODEL}) {rejects} >= {FEWEST_REJECTS}\n"
            f"and on ({MODEL}) ({blocks} or {open_blocks})",
            summary="Many of a model's records cannot be used.",
            description=f"{REJECTS_TOLD}{window}.",
            wait_ms=pace.rejects + 5 * MINUTE_MS,
        )


def labels_missing(scope: Scope, pace: Pace) -> Alert:
    """Return the alert on labels that do not come, though predictions do."""
    waiting = scope.of("driftd_labels_waiting", equal("side", "prediction"))
    known = f"max by ({MODEL}) ({waiting})"
    joined = scope.of("driftd_labelled_predictions_total", equal("outcome", "joined"))
    unlabelled = scope.of("driftd_labelled_predictions_total", equal("outcome", "unlabelled"))
    day_ms = max(DAY_MS, pace.labels)

    def though_in_use(expr: str, window_ms: int) -> str:
        predictions = f"increase({scope.of('driftd_records_total')}[{span(window_ms)}])"
        return f"(\n{expr}\nand on ({MODEL}) sum by ({MODEL}) ({predictions}) > 0\n)"

    never = (
        f"(\n{known}\nand on ({MODEL}) sum by ({MODEL}) ({unlabelled}) >= {FEWEST_UNLABELLED}\n"
        f"unless on ({MODEL}) sum by ({MODEL}) ({joined}) > 0\n)"
    )
    arms = (
        though_in_use(stopped(known, joined, MODEL, pace.labels), pace.labels),
        though_in_use(gone(known, joined, MODEL, day_ms), day_ms),
        never,
    )
    return Alert(
        name="DriftdLabelsMissing",
        loudness=Loudness.WARNING,
        expr="\nor ".join(arms),
        summary="Labels of a model do not come.",
        description="Predictions of model {{ $labels.model }} come and labels do not: none within "
        f"{span(pace.labels)}, though at this time of the day and the week there always are some, "
        f"or none within {span(day_ms)}, though a week ago there were, or none ever. "
        '{{ $value | printf "%.0f" }} predictions wait.',
        wait_ms=6 * HOUR_MS,
    )
