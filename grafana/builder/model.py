"""One model: which features moved, by how much, and since when."""

from grafana_foundation_sdk.builders.dashboard import Dashboard

from grafana.builder import links, variables
from grafana.builder.curves import classes
from grafana.builder.frame import Row, framed
from grafana.builder.graphs import lines, number, shares, state, states
from grafana.builder.panels import ALARM, Panel
from grafana.builder.queries import (
    STREAM,
    STREAM_NAME,
    Query,
    Selector,
    largest,
    loudness,
    share_of_page,
)
from grafana.builder.tables import Column, Link, rows

FEATURE = "feature, version, segment"
MOST_LINES = 10

SCOPE = (*variables.PLACE, "model", "version", "segment")
of = Selector(SCOPE)

EVIDENCE = of("driftd_evidence")
THRESHOLD = of("driftd_evidence_threshold")
SMALLEST = f"max({of('driftd_effect_threshold')})"
TO_FEATURE = Link(
    "feature",
    "Show this feature below",
    links.from_row(links.MODEL, "feature") + "&${model:queryparam}"
    "&${version:queryparam}&${segment:queryparam}",
)


def model() -> Dashboard:
    """Return the dashboard."""
    return framed(
        links.MODEL,
        "driftd: model",
        "One model: its alarm, its features by evidence of drift, and one feature in detail.",
        [
            *variables.place(),
            variables.model(),
            *variables.streams(),
            variables.feature(),
            variables.one("statistic", "driftd_statistic", (*SCOPE, "feature")),
            variables.one("window", "driftd_statistic", (*SCOPE, "feature")),
        ],
        [
            Row("Now", 4, _now()),
            Row("Alarm", 8, [(9, _evidence()), (8, _segments()), (7, _diagnosis())]),
            Row("Features", 10, [(24, _features())]),
            Row("Feature $feature", 9, [(8, _statistic()), (8, _distribution()), (8, _effect())]),
            Row("Data quality", 8, [(8, _missing()), (8, _unknown()), (8, _outside())]),
        ],
        pages=f"{of('driftd_alarm_active', severity='page')} == 1",
    )


def _now() -> list[tuple[int, Panel]]:
    return [
        (
            4,
            state(
                "Alarm",
                "The loudest alarm of the chosen streams, by inputs, predictions and labels. "
                "It clears by itself once the evidence is gone.",
                ALARM,
                f"max({loudness(of('driftd_alarm_active'))})",
                alert="DriftdDrift",
            ),
        ),
        (
            4,
            state(
                "Inputs and predictions",
                "The same without what labels say. Calm while the alarm is not: the errors grew "
                "on inputs as they always were; see the performance dashboard.",
                ALARM,
                f"max({loudness(of('driftd_inputs_alarm_active'))})",
                alert="DriftdDrift",
            ),
        ),
        (
            4,
            number(
                "Evidence now",
                "The strongest evidence of drift, as a share of what a page takes.",
                "percentunit",
                f"max({share_of_page(EVIDENCE, of('driftd_evidence_threshold', severity='page'))})",
            ),
        ),
        (
            4,
            number(
                "Drifted features",
                "Features that are named as drifted; none while there is no alarm. One or two "
                "point at a broken field, most of them at other traffic.",
                "short",
                f"max({of('driftd_drifted_features')})",
            ),
        ),
        (
            4,
            number(
                "Calibration",
                "What driftd knows of the streams' daily and weekly rhythm: from the reference, "
                "learned since, or none (independent). While it is warming up there are no alarms.",
                "none",
                f"count by (state) ({of('driftd_calibration_info')})",
                name="{{state}}",
            ),
        ),
        (
            4,
            number(
                "Newest block",
                "When the newest block of records that is judged ended, in event time. Long ago: "
                "no records come, or the daemon is behind.",
                "dateTimeFromNow",
                f"max({of('driftd_last_block_timestamp_seconds')}) * 1000",
                alert="DriftdNoRecords",
            ),
        ),
    ]


def _evidence() -> Panel:
    return lines(
        "Evidence",
        "The strongest evidence of drift in each stream, and what a ticket and a page take. "
        "2.3 more says ten times as much; noise stays below the lines for the whole budget period.",
        "short",
        Query(largest(STREAM, EVIDENCE), STREAM_NAME),
        Query(largest("severity", THRESHOLD), "{{severity}}", bound=True),
        alert="DriftdDrift",
    )


def _segments() -> Panel:
    return states(
        "Segments",
        "The alarm of each stream over time. One segment alone points at its source; all "
        "together point at the model or a shared feature.",
        ALARM,
        Query(largest(STREAM, loudness(of("driftd_alarm_active"))), STREAM_NAME),
        alert="DriftdDrift",
    )


def _diagnosis() -> Panel:
    return shares(
        "Diagnosis",
        "What kind of failure the evidence looks like; 100 % is as sure as a page. A broken "
        "field, other traffic and a changed world want different hands.",
        Query(largest("kind", of("driftd_diagnosis")), "{{kind}}"),
        alert="DriftdDrift",
    )


def _features() -> Panel:
    return rows(
        "Features by evidence",
        "Every feature, the strongest evidence of its own drift first. Effect: how far it moved, "
        "in standard deviations of the reference. The shares are those of the newest block. "
        "A click on a feature shows it below.",
        [
            Column("Evidence", largest(FEATURE, of("driftd_feature_evidence"))),
            Column("Effect (sd)", largest(FEATURE, of("driftd_feature_effect"))),
            Column("Missing", largest(FEATURE, of("driftd_missing_ratio")), "percentunit"),
            Column("Invalid", largest(FEATURE, of("driftd_invalid_ratio")), "percentunit"),
            Column("New categories", largest(FEATURE, of("driftd_unseen_ratio")), "percentunit"),
            Column(
                "Out of range", largest(FEATURE, of("driftd_out_of_range_ratio")), "percentunit"
            ),
        ],
        sort_by="Evidence",
        link=TO_FEATURE,
        alert="DriftdDrift",
    )


def _statistic() -> Panel:
    of_feature = {"feature": "$feature", "statistic": "$statistic", "window": "$window"}
    return lines(
        "$statistic of $feature",
        "The distance of the chosen window from the reference, and what data without drift "
        "would show on average (dashed). Only what is well above its noise means anything.",
        "short",
        Query(largest(STREAM, of("driftd_statistic", **of_feature)), STREAM_NAME),
        Query(
            largest(STREAM, of("driftd_statistic_noise", **of_feature)),
            "noise {{version}} {{segment}}",
            bound=True,
        ),
    )


def _distribution() -> Panel:
    distribution = of("driftd_distribution_ratio", feature="$feature")
    evidence = of("driftd_feature_evidence", feature="$feature")
    return classes(
        "Distribution of $feature",
        "Share of the records in each bin, in the reference and now, of the chosen stream with "
        "the strongest evidence: choose one segment to see another. Of a model with many features "
        "those with the strongest evidence are exported.",
        "percentunit",
        # Streams may have bins of their own, so that no mean over several can be told.
        f"max by (bin, of) ({distribution} and on (version, segment) topk(1, {evidence}))",
        axis="bin",
        bar="of",
    )


def _effect() -> Panel:
    return lines(
        "Effect on $feature",
        "How far the feature moved, in standard deviations of the reference, and the change "
        "below which nothing is an alarm (dashed).",
        "short",
        Query(
            largest(STREAM, of("driftd_feature_effect", feature="$feature")),
            STREAM_NAME,
        ),
        Query(SMALLEST, "ignored below", bound=True),
        Query(f"-{SMALLEST}", "ignored above", bound=True),
    )


def _missing() -> Panel:
    return lines(
        "Missing values",
        "Share of the newest block's records without a value, of the features with the most. "
        "A step is a broken producer far more often than a change of the world.",
        "percentunit",
        Query(_most("driftd_missing_ratio"), "{{feature}}"),
        alert="DriftdDataQuality",
    )


def _unknown() -> Panel:
    return lines(
        "Invalid, unseen, out of range",
        "Share of the newest block's records whose value cannot be used, is in no category of "
        "the reference, or lies outside the known range.",
        "percentunit",
        Query(_most("driftd_invalid_ratio"), "invalid {{feature}}"),
        Query(_most("driftd_unseen_ratio"), "unseen {{feature}}"),
        Query(_most("driftd_out_of_range_ratio"), "out of range {{feature}}"),
        alert="DriftdDataQuality",
    )


def _outside() -> Panel:
    return lines(
        "Outside the reference's support",
        "Share of the newest block's records far from everything in the reference: there the "
        "model guesses. The API lists the farthest of them.",
        "percentunit",
        Query(largest(STREAM, of("driftd_outside_support_ratio")), STREAM_NAME),
        alert="DriftdDrift",
    )


def _most(metric: str) -> str:
    return f"topk({MOST_LINES}, {largest('feature', of(metric))})"
