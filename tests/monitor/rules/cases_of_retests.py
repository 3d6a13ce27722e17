"""Cases of the alerts on re-tests: requirements that failed, and runs that do not come."""

from tests.monitor.rules.case import DAEMON, MODEL, WARNING, Case, Firing, Series, series, together

JOB = {"job": DAEMON["job"]}
RETEST = {**MODEL, "version": "7", "retest": "nightly"}


def verdicts(gate: str, failed: str) -> Series:
    passed = failed.translate({ord("0"): "1", ord("1"): "0"})
    return together(
        series("driftd_retest_verdict", failed, **RETEST, gate=gate, verdict="fail"),
        series("driftd_retest_verdict", passed, **RETEST, gate=gate, verdict="pass"),
        series("driftd_retest_verdict", "0x9", **RETEST, gate=gate, verdict="inconclusive"),
    )


HOUR_S = 3_600
DUE = {**MODEL, "retest": "nightly"}
LATE = "Re-test nightly of model credit has been due for 13h 0m 0s and does not run."
SCHEDULE = " Its schedule is '0 3 * * *', and pauses for 1d at most."

CASES = (
    Case(
        "DriftdRetestFailed",
        "two of three requirements, until a run passes",
        together(
            verdicts("noise", "0x2 1x3 0x4"),
            verdicts("missing", "0x2 1x3 0x4"),
            verdicts("boundary", "0x9"),
        ),
        fires={
            "4m": (
                Firing(
                    WARNING,
                    {**JOB, **RETEST},
                    "In re-test nightly, model credit, version 7 failed 2 of its requirements: "
                    "missing, noise. It stays so until a run passes.",
                ),
            )
        },
        calm=["1m", "8m"],
    ),
    Case(
        "DriftdRetestFailed",
        "a run that passed and one that cannot tell",
        together(
            verdicts("noise", "0x9"),
            series("driftd_retest_verdict", "1x9", **RETEST, gate="drop", verdict="inconclusive"),
        ),
        calm=["4m", "8m"],
    ),
    Case(
        "DriftdRetestOverdue",
        "a run that has been due for 13 hours",
        together(
            series("driftd_retest_next_run_timestamp_seconds", f"{2 * HOUR_S}x200", **DUE),
            series("driftd_retest_last_run_timestamp_seconds", f"{-22 * HOUR_S}x200", **DUE),
        ),
        fires={"15h": (Firing(WARNING, {**JOB, **DUE}, LATE, SCHEDULE),)},
        calm=["7h"],
        step="5m",
    ),
    Case(
        "DriftdRetestOverdue",
        "a long run, which is under way",
        together(
            series("driftd_retest_next_run_timestamp_seconds", f"{2 * HOUR_S}x200", **DUE),
            series("driftd_retest_progress_ratio", "_x20 0+0.005x180", **DUE),
        ),
        calm=["15h"],
        step="5m",
    ),
)
