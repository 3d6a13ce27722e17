"""Cases of the alerts that pass on what driftd says of a model: its alarms."""

from tests.monitor.rules.case import (
    CRITICAL,
    DAEMON,
    MODEL,
    STREAM,
    WARNING,
    Case,
    Firing,
    Series,
    series,
    together,
)

JOB = {"job": DAEMON["job"]}
PLACE = "model credit, version 7, segment DE"
BUDGET = " The budget is 1 false page and 10 false tickets in 30d."
RAISED, CALM = "0x4 1x5 0x30", "0x40"
"""An alarm from the fifth to the tenth minute, and none."""


def alarm(metric: str, page: str, ticket: str) -> Series:
    return together(
        series(metric, page, **STREAM, severity="page"),
        series(metric, ticket, **STREAM, severity="ticket"),
    )


FEATURES = together(
    series("driftd_drifted_features", "2x40", **STREAM),
    *(
        together(
            series("driftd_feature_effect", f"{effect}x40", **STREAM, feature=name),
            series("driftd_feature_evidence", f"{evidence}x40", **STREAM, feature=name),
            series("driftd_missing_ratio", f"{missing}x40", **STREAM, feature=name),
        )
        for name, effect, evidence, missing in (
            ("income", 0.41, 14, 0),
            ("age", -0.2, 8, 0.36),
            ("rate", 0.05, 4, 0),
            ("plan", 0.01, 0.5, 0),
        )
    ),
)
MOST = " Drifted: income (+0.41 sd), age (-0.20 sd)."

ALONE = "Inputs or predictions of {} are no longer as in the reference: a ticket."
DRIFT = {
    severity: f"Inputs or predictions of {PLACE} are no longer as in the reference: a "
    f"{severity}.{MOST}"
    for severity in ("page", "ticket")
}
BROKEN = {
    severity: f"Features of {PLACE} are missing, stuck, in another unit or outside of all that "
    f"the reference knows: a {severity}. Without a usable value in the newest block: age 36%.{MOST}"
    for severity in ("page", "ticket")
}

PERFORMANCE = together(
    series("driftd_performance", "0.81x40", **STREAM, window="1h", measure="accuracy"),
    series("driftd_performance", "0.78x40", **STREAM, window="block", measure="accuracy"),
    series("driftd_performance", "0.52x40", **STREAM, window="1h", measure="log_loss"),
    series("driftd_performance_reference", "0.87x40", **STREAM, measure="accuracy"),
    series("driftd_performance_reference", "0.35x40", **STREAM, measure="log_loss"),
)
LIVE = " Live: accuracy 0.78 over block, accuracy 0.81 over 1h; on the reference 0.87."
WORSE = {
    severity: f"By its labels, {PLACE} errs more, or by more, than on the reference: a {severity}."
    + LIVE
    for severity in ("page", "ticket")
}
OTHER_CONCEPT = {
    severity: f"Labels of {PLACE} follow from its inputs otherwise than in the reference: a "
    f"{severity}.{LIVE}"
    for severity in ("page", "ticket")
}


def estimate(accuracy_high: float, loss_low: float) -> Series:
    """Return estimates of one window, worse than the reference beyond 0.87 and 0.35."""
    window = {**STREAM, "window": "1h"}
    accuracy, loss = {**window, "measure": "accuracy"}, {**window, "measure": "log_loss"}
    return together(
        series("driftd_performance_estimated", f"{accuracy_high - 0.03:.2f}x40", **accuracy),
        series("driftd_performance_estimated_high", f"{accuracy_high}x40", **accuracy),
        series("driftd_performance_estimated_low", f"{loss_low}x40", **loss),
        series("driftd_performance_reference", "0.87x40", **STREAM, measure="accuracy"),
        series("driftd_performance_reference", "0.35x40", **STREAM, measure="log_loss"),
    )


def both(told: dict[str, str], configured: str = "") -> tuple[Firing, ...]:
    """Return what fires on a page, which is a ticket too."""
    return (
        Firing(CRITICAL, {**JOB, **STREAM}, told["page"], configured),
        Firing(WARNING, {**JOB, **STREAM}, told["ticket"], configured),
    )


def a_ticket(told: dict[str, str], configured: str = "") -> tuple[Firing, ...]:
    return (Firing(WARNING, {**JOB, **STREAM}, told["ticket"], configured),)


def diagnosis(kind: str, values: str) -> Series:
    return series("driftd_diagnosis", values, **STREAM, kind=kind)


CASES = (
    Case(
        "DriftdDrift",
        "a page is critical and a warning, at once, and goes on for its cooldown",
        together(alarm("driftd_inputs_alarm_active", RAISED, RAISED), FEATURES),
        fires={"5m": both(DRIFT, BUDGET), "24m": both(DRIFT, BUDGET)},
        calm=["4m", "26m"],
    ),
    Case(
        "DriftdDrift",
        "a ticket is a warning",
        together(alarm("driftd_inputs_alarm_active", CALM, RAISED), FEATURES),
        fires={"7m": a_ticket(DRIFT, BUDGET)},
    ),
    Case(
        "DriftdDrift",
        "neither much evidence nor an alarm by labels alone fires",
        together(
            alarm("driftd_inputs_alarm_active", CALM, CALM),
            alarm("driftd_alarm_active", RAISED, RAISED),
            FEATURES,
        ),
        calm=["7m", "20m"],
    ),
    Case(
        "DriftdDrift",
        "two daemons of a job tell of one model, other jobs and namespaces of others of its name",
        together(
            alarm("driftd_inputs_alarm_active", CALM, "1x40"),
            *(
                series(
                    "driftd_inputs_alarm_active", "1x40", **MODEL, severity="ticket", **elsewhere
                )
                for elsewhere in (
                    {"instance": "b:9477"},
                    {"instance": "c:9477"},
                    {"job": "canary"},
                    {"namespace": "staging"},
                )
            ),
        ),
        fires={
            "5m": tuple(
                Firing(WARNING, labels, told, BUDGET)
                for labels, told in (
                    ({**JOB, **STREAM}, ALONE.format(PLACE)),
                    ({**JOB, **MODEL}, ALONE.format("model credit")),
                    ({**MODEL, "job": "canary"}, ALONE.format("model credit")),
                    ({**JOB, **MODEL, "namespace": "staging"}, ALONE.format("model credit")),
                )
            )
        },
    ),
    Case(
        "DriftdDataQuality",
        "broken values and a page",
        together(
            alarm("driftd_alarm_active", RAISED, RAISED),
            diagnosis("data_corruption", "0x4 1x5 0x30"),
            FEATURES,
        ),
        fires={"7m": both(BROKEN), "24m": both(BROKEN)},
        calm=["4m", "26m"],
    ),
    Case(
        "DriftdDataQuality",
        "broken values and a ticket",
        together(
            alarm("driftd_alarm_active", CALM, RAISED),
            diagnosis("data_corruption", "1x40"),
            FEATURES,
        ),
        fires={"7m": a_ticket(BROKEN)},
    ),
    Case(
        "DriftdDataQuality",
        "no alarm, or one that another failure explains better",
        together(
            alarm("driftd_alarm_active", RAISED, RAISED),
            diagnosis("data_corruption", "1x4 0.99x5 1x30"),
            FEATURES,
        ),
        calm=["2m", "7m", "15m"],
    ),
    Case(
        "DriftdConceptDrift",
        "another concept and a page",
        together(
            alarm("driftd_alarm_active", RAISED, RAISED),
            diagnosis("concept_drift", "0x4 1x35"),
            PERFORMANCE,
        ),
        fires={"7m": both(OTHER_CONCEPT)},
        calm=["4m", "26m"],
    ),
    Case(
        "DriftdConceptDrift",
        "another concept and a ticket",
        together(
            alarm("driftd_alarm_active", CALM, RAISED),
            diagnosis("concept_drift", "1x40"),
            PERFORMANCE,
        ),
        fires={"7m": a_ticket(OTHER_CONCEPT)},
    ),
    Case(
        "DriftdConceptDrift",
        "errors that the inputs explain",
        together(
            alarm("driftd_alarm_active", RAISED, RAISED),
            diagnosis("concept_drift", "0.5x40"),
            diagnosis("covariate_shift", "1x40"),
            PERFORMANCE,
        ),
        calm=["7m", "20m"],
    ),
    Case(
        "DriftdPerformanceDrop",
        "a page by labels",
        together(alarm("driftd_performance_alarm_active", RAISED, RAISED), PERFORMANCE),
        fires={"7m": both(WORSE, BUDGET), "24m": both(WORSE, BUDGET)},
        calm=["4m", "26m"],
    ),
    Case(
        "DriftdPerformanceDrop",
        "a ticket by labels",
        together(alarm("driftd_performance_alarm_active", CALM, RAISED), PERFORMANCE),
        fires={"7m": a_ticket(WORSE, BUDGET)},
    ),
    Case(
        "DriftdPerformanceDrop",
        "a worse accuracy that chance explains",
        together(
            alarm("driftd_performance_alarm_active", CALM, CALM),
            alarm("driftd_alarm_active", RAISED, RAISED),
            PERFORMANCE,
        ),
        calm=["7m", "20m"],
    ),
    Case(
        "DriftdEstimatedPerformanceDrop",
        "inputs that drifted to where the model errs",
        together(alarm("driftd_inputs_alarm_active", "0x40", "0x4 1x35"), estimate(0.84, 0.4)),
        fires={
            "20m": (
                Firing(
                    WARNING,
                    {**JOB, **STREAM},
                    f"The inputs of {PLACE} have drifted to where it errs more; labels have yet to "
                    "show it. Estimated: accuracy 0.81 over 1h; on the reference 0.87.",
                ),
            )
        },
        calm=["6m"],
    ),
    Case(
        "DriftdEstimatedPerformanceDrop",
        "inputs that drifted to where it is as good, or better",
        together(alarm("driftd_inputs_alarm_active", "1x40", "1x40"), estimate(0.9, 0.3)),
        calm=["20m", "38m"],
    ),
    Case(
        "DriftdEstimatedPerformanceDrop",
        "an estimate that dips where nothing drifted",
        together(alarm("driftd_inputs_alarm_active", CALM, CALM), estimate(0.84, 0.4)),
        calm=["20m", "38m"],
    ),
)
