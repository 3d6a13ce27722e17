"""Runs as JUnit XML, which continuous integration shows beside its other tests."""

import re
from collections.abc import Sequence
from pathlib import Path

from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

from detectors.robustness.verdict import Verdict
from monitor.retest.result import Requirement, Run
from monitor.retest.totals import duration_s

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What no XML 1.0 document may hold, not even escaped."""


def write_junit(path: Path, runs: Sequence[Run]) -> None:
    """Write runs as JUnit XML: a suite each, with a test case for every requirement.

    A failed requirement is a failure. An inconclusive one is an error: nothing was shown, and a
    gate must not read as green. A run that decided nothing is one error with the reason.
    """
    document = JUnitXml("driftd")
    for run in runs:
        document.add_testsuite(_suite(run))
    path.parent.mkdir(parents=True, exist_ok=True)
    document.write(str(path), pretty=True)


def _suite(run: Run) -> TestSuite:
    suite = TestSuite(_text(f"{run.model}.{run.retest}"))
    suite.timestamp = run.started
    for name in ("id", "version", "endpoint", "cause", "seed", "queries"):
        suite.add_property(name, _text(str(getattr(run, name))))
    place = f"driftd.{run.model}.{run.retest}"
    for each in run.requirements:
        suite.add_testcase(_case(each, place))
    if run.reason or not run.requirements:
        suite.add_testcase(_whole(run, place))
    suite.time = duration_s(run) or 0.0
    return suite


def _case(requirement: Requirement, place: str) -> TestCase:
    case = TestCase(_text(requirement.name), _text(place), 0.0)
    words = _text(requirement.words or f"{requirement.limit} is required")
    if requirement.verdict is Verdict.FAILED:
        case.result = [Failure(words, "requirement")]
    elif requirement.verdict is Verdict.INCONCLUSIVE:
        case.result = [Error(words, "inconclusive")]
    case.system_out = _text(
        f"{requirement.measure} {requirement.value} ({requirement.low} to {requirement.high}), "
        f"{requirement.limit}, {requirement.records} records, alpha {requirement.alpha:g}: "
        f"{words}"
    )
    return case


def _whole(run: Run, place: str) -> TestCase:
    case = TestCase("the model can be asked", _text(place), 0.0)
    if run.verdict is not Verdict.PASSED:
        case.result = [Error(_text(run.reason or f"the run is {run.verdict}"), "inconclusive")]
    return case


def _text(told: str) -> str:
    return NOT_XML.sub("\ufffd", told)
