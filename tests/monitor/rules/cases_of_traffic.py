"""Cases of the alerts on records, rejects and labels, over days of traffic that rests at times."""

from collections.abc import Sequence

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
HOUR = 4
"""Samples in an hour, a quarter of one apart."""

DAY = 24 * HOUR
QUARTER = "15m"

Pace = tuple[int, int]
"""How much a counter grows with each sample, and for how many."""


def counting(*paces: Pace) -> str:
    """Return the values of a counter that grows at one pace after the other."""
    told, value = ["0"], 0
    for pace, samples in paces:
        told.append(f"{value + pace}+{pace}x{samples - 1}")
        value += pace * samples
    return " ".join(told)


def info(samples: int) -> Series:
    """Return what names the model, from its first sample on."""
    reference = {"reference": "sha256:3f2a", "schema": "9c41"}
    return series("driftd_model_info", f"1x{samples}", **STREAM, **reference)


def records(*paces: Pace) -> Series:
    return series("driftd_records_total", counting(*paces), **STREAM)


def days(*shapes: Sequence[Pace]) -> list[Pace]:
    return [pace for shape in shapes for pace in shape]


ALL_DAY: Sequence[Pace] = [(1_500, DAY)]
BY_DAY: Sequence[Pace] = [(0, 7 * HOUR), (1_500, 13 * HOUR), (0, 4 * HOUR)]
"""From seven in the morning to eight in the evening."""

REST: Sequence[Pace] = [(0, DAY)]
BATCH: Sequence[Pace] = [(0, 2 * HOUR), (50_000, 1), (0, 22 * HOUR - 1)]
"""Once a day, at two in the night."""

LATE_BATCH: Sequence[Pace] = [(0, 5 * HOUR), (50_000, 1), (0, 19 * HOUR - 1)]

NO_RECORDS = {
    CRITICAL: "No record of model credit came within 30m, though at this time of the day and the "
    "week there are always some.",
    WARNING: "No record of model credit came within 1d; a week before there were some, or there "
    "has never been one.",
}
NO_LABELS = (
    "Predictions of model credit come and labels do not: none within 6h, though at this time of "
    "the day and the week there always are some, or none within 1d, though a week ago there were, "
    "or none ever. 400 predictions wait."
)


def missing(*loud: str) -> tuple[Firing, ...]:
    return tuple(
        Firing(each, {**JOB, **MODEL}, NO_RECORDS[each])
        for each in (CRITICAL, WARNING)
        if each in loud
    )


def waiting(samples: int) -> Series:
    return together(
        series("driftd_labels_waiting", f"400x{samples}", **MODEL, side="prediction"),
        series("driftd_labels_waiting", f"0x{samples}", **MODEL, side="label"),
    )


def labelled(outcome: str, *paces: Pace) -> Series:
    told = {**MODEL, "outcome": outcome}
    return series("driftd_labelled_predictions_total", counting(*paces), **told)


UNLABELLED: Firing = Firing(WARNING, {**JOB, **MODEL}, NO_LABELS)


def rejects(values: str) -> Series:
    return together(
        series("driftd_rejects_total", values, **MODEL, reason="missing_feature"),
        series("driftd_rejects_total", "0x200", **MODEL, reason="malformed_json"),
    )


def blocks(values: str, open_blocks: str = "1x200") -> Series:
    return together(
        series("driftd_blocks_total", values, **STREAM, reason="watermark"),
        series("driftd_open_blocks", open_blocks, **MODEL),
    )


def rejected(share: str, *loud: str) -> tuple[Firing, ...]:
    words = f"{share} of the records of model credit could not be used in the last 15m."
    return tuple(
        Firing(each, {**JOB, **MODEL}, words) for each in (CRITICAL, WARNING) if each in loud
    )


CASES = (
    Case(
        "DriftdNoRecords",
        "busy all day and night, then nothing: at once critical, a day later a warning too",
        together(info(10 * DAY), records(*days(*[ALL_DAY] * 8), (0, 2 * DAY))),
        fires={
            "193h15m": missing(CRITICAL),
            "215h": missing(CRITICAL),
            "223h": missing(WARNING),
        },
        calm=["191h", "192h40m"],
        step=QUARTER,
    ),
    Case(
        "DriftdNoRecords",
        "a model that has never had a record",
        together(series("driftd_model_info", f"1x{2 * DAY}", **MODEL, reference="r", schema="s")),
        fires={"31h": missing(WARNING)},
        calm=["12h", "29h"],
        step=QUARTER,
    ),
    Case(
        "DriftdNoRecords",
        "nights, a weekend and a morning that begins an hour late",
        together(
            info(17 * DAY),
            records(
                *days(*[BY_DAY] * 5, REST, REST, *[BY_DAY] * 5, REST, REST),
                (0, 8 * HOUR),
                (1_500, 12 * HOUR),
                (0, 4 * HOUR),
            ),
        ),
        calm=[f"{day * 24 + hour}h" for day in range(7, 15) for hour in (1, 6, 8, 12, 20, 21, 23)],
        step=QUARTER,
    ),
    Case(
        "DriftdNoRecords",
        "a batch once a day that comes three hours late",
        together(info(10 * DAY), records(*days(*[BATCH] * 9, LATE_BATCH))),
        calm=["217h", "218h30m", "219h", "220h", "221h"],
        step=QUARTER,
    ),
    Case(
        "DriftdNoRecords",
        "the first night of a new deployment",
        together(info(2 * DAY), records(*days(BY_DAY, REST))),
        calm=["21h", "24h", "30h"],
        step=QUARTER,
    ),
    Case(
        "DriftdRejectsHigh",
        "two in a hundred, for as long as it takes",
        together(
            rejects("0x10 0+4x100"),
            series("driftd_records_total", "0+196x110", **STREAM),
            blocks("0+1x110"),
        ),
        fires={"60m": rejected("2%", WARNING)},
        calm=["20m"],
    ),
    Case(
        "DriftdRejectsHigh",
        "every single one, from the first on",
        together(rejects("0+100x100"), blocks("0x100", "0x100")),
        fires={"40m": rejected("100%", CRITICAL, WARNING)},
        calm=["19m"],
    ),
    Case(
        "DriftdRejectsHigh",
        "a burst of garbage within a minute",
        together(
            rejects("0x20 5000x100"),
            series("driftd_records_total", "0+200x120", **STREAM),
            blocks("0+1x120"),
        ),
        calm=["22m", "35m", "38m", "42m", "60m"],
    ),
    Case(
        "DriftdRejectsHigh",
        "counters that a kill takes back to the last snapshot, with many rejects of long ago",
        together(
            rejects("90000x40 89990x100"),
            series("driftd_records_total", "100000+200x40 108000+200x100", **STREAM),
            blocks("500+1x40 540+1x100"),
        ),
        calm=["41m", "50m", "56m", "61m", "80m"],
    ),
    Case(
        "DriftdRejectsHigh",
        "a few rejects while a block of hours is still open",
        together(
            rejects("0+1x150"),
            series("driftd_records_total", "0x119 480000x30", **STREAM),
            blocks("0x119 1x30"),
        ),
        calm=["30m", "60m", "100m", "119m", "140m"],
    ),
    Case(
        "DriftdLabelsMissing",
        "labels all day and night, then none: half a day later",
        together(
            records((1_500, 10 * DAY)),
            waiting(10 * DAY),
            labelled("joined", *days(*[ALL_DAY] * 8), (0, 2 * DAY)),
            labelled("unlabelled", (3, 10 * DAY)),
        ),
        fires={"205h": (UNLABELLED,)},
        calm=["191h", "199h"],
        step=QUARTER,
    ),
    Case(
        "DriftdLabelsMissing",
        "a batch of labels a day that does not come",
        together(
            records((1_500, 10 * DAY)),
            waiting(10 * DAY),
            labelled("joined", *days(*[BATCH] * 8), (0, 2 * DAY)),
        ),
        fires={"203h": (UNLABELLED,)},
        calm=["194h", "199h"],
        step=QUARTER,
    ),
    Case(
        "DriftdLabelsMissing",
        "none ever: the ids differ",
        together(
            records((1_500, DAY)),
            waiting(DAY),
            labelled("joined", (0, DAY)),
            labelled("unlabelled", (0, 2 * HOUR), (1_500, 22 * HOUR)),
        ),
        fires={"10h": (UNLABELLED,)},
        calm=["2h", "8h"],
        step=QUARTER,
    ),
    Case(
        "DriftdLabelsMissing",
        "few labels, none before the first are due, and a batch that is three hours late",
        together(
            records((1_500, 10 * DAY)),
            waiting(10 * DAY),
            labelled("joined", (0, DAY), *days(*[BATCH] * 8, LATE_BATCH)),
            labelled("unlabelled", (0, DAY), (480, 9 * DAY)),
        ),
        calm=["20h", "30h", "217h", "219h", "220h", "221h"],
        step=QUARTER,
    ),
    Case(
        "DriftdLabelsMissing",
        "no predictions, and so no labels",
        together(
            records(*days(*[ALL_DAY] * 8), (0, 2 * DAY)),
            waiting(10 * DAY),
            labelled("joined", *days(*[ALL_DAY] * 8), (0, 2 * DAY)),
        ),
        calm=["205h", "230h"],
        step=QUARTER,
    ),
)
