"""How good a model's answers are: by the labels that came, and estimated without them."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.builder import links, variables
from grafana.builder.curves import matrix
from grafana.builder.frame import Row, framed
from grafana.builder.graphs import bars, lines, number, state
from grafana.builder.panels import ALARM, Panel
from grafana.builder.queries import (
    STREAM,
    STREAM_NAME,
    Query,
    Selector,
    increase,
    largest,
    loudness,
    quantile,
    rate,
    share_of_page,
    total,
)
from grafana.builder.tables import Column, rows

SCOPE = (*variables.PLACE, "model", "version", "segment")
DELAYS = (0.5, 0.9, 0.99)
ERRORS = 2
"""Standard errors that a difference may be off without meaning anything."""

of = Selector(SCOPE)
of_model = Selector((*variables.PLACE, "model"))
chosen = Selector((*SCOPE, "window", "measure"))
in_window = Selector((*SCOPE, "window"))
measured = Selector((*SCOPE, "measure"))


def performance() -> Dashboard:
    """Return the dashboard."""
    return framed(
        links.PERFORMANCE,
        "driftd: performance",
        "One model's performance: realised by its labels, estimated without them, and whether "
        "labels come.",
        [
            *variables.place(),
            variables.model(),
            *variables.streams(),
            variables.one("measure", "driftd_performance_reference", SCOPE),
            variables.one("window", "driftd_performance_pairs", SCOPE),
        ],
        [
            Row("Now", 4, _now()),
            Row("$measure", 9, [(12, _realised()), (12, _estimated())]),
            Row("", 8, [(8, _evidence()), (8, _difference()), (8, _detections())]),
            Row("All measures", 9, [(14, _measures()), (10, _confusion())]),
            Row("Labels", 8, [(6, _labels()), (6, _predictions()), (6, _delay()), (6, _waiting())]),
        ],
        back="now-7d",
        pages=f"{of('driftd_performance_alarm_active', severity='page')} == 1",
    )


def _now() -> list[tuple[int, Panel]]:
    evidence = share_of_page(
        of("driftd_performance_evidence"), of("driftd_evidence_threshold", severity="page")
    )
    return [
        (
            6,
            state(
                "Performance",
                "Whether errors are more, or larger, than on the reference, so surely that it is "
                "an alarm. Right when inputs are calm too: the world changed its answers.",
                ALARM,
                f"max({loudness(of('driftd_performance_alarm_active'))})",
                alert="DriftdPerformanceDrop",
            ),
        ),
        (
            6,
            number(
                "Evidence",
                "Evidence that errors are more, or larger, as a share of what a page takes.",
                "percentunit",
                f"max({evidence})",
                alert="DriftdPerformanceDrop",
            ),
        ),
        (
            6,
            number(
                "Predictions with their label",
                "Of those that were decided: the label came, or its horizon passed. If it falls, "
                "performance is told of fewer and fewer, perhaps of the easy ones only.",
                "percentunit",
                largest("model", of_model("driftd_label_join_ratio")),
                alert="DriftdLabelsMissing",
            ),
        ),
        (
            6,
            number(
                "Predictions in the window",
                "Predictions with their labels in the chosen window: what the measures rest on.",
                "short",
                total("window", in_window("driftd_performance_pairs")),
            ),
        ),
    ]


def _realised() -> Panel:
    return lines(
        "Realised $measure",
        "By the labels that have come, with its 95 % interval and the reference (dashed). A "
        "reference outside of the interval over several points is a change.",
        "short",
        Query(largest(STREAM, chosen("driftd_performance")), STREAM_NAME),
        Query(
            largest(STREAM, chosen("driftd_performance_low")),
            "low {{version}} {{segment}}",
            bound=True,
        ),
        Query(
            largest(STREAM, chosen("driftd_performance_high")),
            "high {{version}} {{segment}}",
            bound=True,
        ),
        Query(_reference(), "reference {{version}} {{segment}}", bound=True),
        alert="DriftdPerformanceDrop",
    )


def _estimated() -> Panel:
    return lines(
        "Estimated $measure",
        "Of all predictions, before their labels come, with the range in which the truth lies "
        "while the estimate holds, and the reference (dashed). It is blind to a world that "
        "changed its answers: compare it with the realised one.",
        "short",
        Query(
            largest(STREAM, chosen("driftd_performance_estimated")),
            STREAM_NAME,
        ),
        Query(
            largest(STREAM, chosen("driftd_performance_estimated_low")),
            "low {{version}} {{segment}}",
            bound=True,
        ),
        Query(
            largest(STREAM, chosen("driftd_performance_estimated_high")),
            "high {{version}} {{segment}}",
            bound=True,
        ),
        Query(_reference(), "reference {{version}} {{segment}}", bound=True),
        alert="DriftdEstimatedPerformanceDrop",
    )


def _evidence() -> Panel:
    return lines(
        "Evidence of more errors",
        "Evidence that errors are more, or larger, than on the reference, and what a ticket and a "
        "page take (dashed).",
        "short",
        Query(largest(STREAM, of("driftd_performance_evidence")), STREAM_NAME),
        Query(largest("severity", of("driftd_evidence_threshold")), "{{severity}}", bound=True),
        alert="DriftdPerformanceDrop",
    )


def _difference() -> Panel:
    error = largest(STREAM, chosen("driftd_performance_estimate_difference_error"))
    return lines(
        "Realised less estimated $measure",
        "For the same predictions, and twice its standard error (dashed). Outside of it the "
        "estimate does not hold here: believe the labels.",
        "short",
        Query(
            largest(STREAM, chosen("driftd_performance_estimate_difference")),
            STREAM_NAME,
        ),
        Query(f"{ERRORS} * {error}", "most {{version}} {{segment}}", bound=True),
        Query(f"-{ERRORS} * {error}", "least {{version}} {{segment}}", bound=True),
        alert="DriftdEstimatedPerformanceDrop",
    )


def _detections() -> Panel:
    return bars(
        "Changes that single detectors found",
        "Changes of the errors by ADWIN and the configured detectors. They raise no alarm, as "
        "their false alarms are not bounded; several at once tell when a change began.",
        Query(total("detector", increase(of("driftd_error_detections_total"))), "{{detector}}"),
    )


def _measures() -> Panel:
    by = "measure, version, segment"
    return rows(
        "All measures",
        "Every measure in the chosen window, with its 95 % interval, the reference, and the "
        "estimate without labels.",
        [
            Column("Realised", largest(by, in_window("driftd_performance"))),
            Column("Low", largest(by, in_window("driftd_performance_low"))),
            Column("High", largest(by, in_window("driftd_performance_high"))),
            Column("Reference", largest(by, of("driftd_performance_reference"))),
            Column("Estimated", largest(by, in_window("driftd_performance_estimated"))),
        ],
        sort_by="measure",
        alert="DriftdPerformanceDrop",
    )


def _confusion() -> Panel:
    return matrix(
        "Predicted and actual classes",
        "Pairs by actual class (rows) and predicted class (columns) in the longest window.",
        "short",
        total("actual, predicted", of("driftd_confusion_pairs")),
        row="actual",
        column="predicted",
    )


def _labels() -> Panel:
    return lines(
        "Labels",
        "What became of labels, a second. Late ones came after their horizon; orphans name no "
        "known prediction: look at how ids are made.",
        "cps",
        Query(total("outcome", rate(of_model("driftd_labels_total"))), "{{outcome}}"),
        alert="DriftdLabelsMissing",
    )


def _predictions() -> Panel:
    return lines(
        "Predictions",
        "What became of predictions as labels go, a second. Unlabelled: the horizon passed "
        "without one; evicted: the store was full.",
        "cps",
        Query(total("outcome", rate(of_model("driftd_labelled_predictions_total"))), "{{outcome}}"),
        alert="DriftdLabelsMissing",
    )


def _delay() -> Panel:
    return lines(
        "Delay of labels",
        "Event time from a prediction to its label. Near the horizon, labels begin to be lost.",
        "s",
        *[
            Query(
                quantile(share, "", of_model("driftd_label_delay_seconds_bucket")),
                f"{share:.0%}",
            )
            for share in DELAYS
        ],
        alert="DriftdLabelsMissing",
    )


def _waiting() -> Panel:
    return lines(
        "Waiting for a partner",
        "Predictions without their label yet, and labels without their prediction. Labels that "
        "wait come before their predictions were read: look at the lag.",
        "short",
        Query(total("side", of_model("driftd_labels_waiting")), "{{side}}"),
        alert="DriftdLabelsMissing",
    )


def _reference() -> str:
    return largest(STREAM, measured("driftd_performance_reference"))
