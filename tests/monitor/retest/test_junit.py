from xml.etree import ElementTree

import pytest

from detectors.robustness.verdict import Verdict
from monitor.retest.junit import write_junit
from tests.monitor.retest.runs import a_failure, a_passed_run, a_run, an_unreachable_run


def written(tmp_path, *runs) -> ElementTree.Element:
    path = tmp_path / "reports" / "retest.xml"
    write_junit(path, runs)
    return ElementTree.parse(path).getroot()


def test_each_requirement_is_a_test_case_with_its_verdict(tmp_path):
    suite = written(tmp_path, a_run()).find("testsuite")
    assert suite.attrib["name"] == "credit.nightly"
    counts = [suite.attrib[each] for each in ("tests", "failures", "errors", "skipped")]
    assert counts == ["3", "1", "1", "0"]
    noise, attack, missing = suite.findall("testcase")
    assert noise.find("failure").attrib["message"].startswith("accuracy falls by 0.03")
    assert attack.find("failure") is attack.find("error") is None
    assert "not broken by this attack within this budget" in attack.find("system-out").text
    assert missing.find("error").attrib == {
        "message": "too few records: about 980 would decide",
        "type": "inconclusive",
    }


def test_a_suite_says_what_was_tested(tmp_path):
    suite = written(tmp_path, a_run()).find("testsuite")
    told = {each.attrib["name"]: each.attrib["value"] for each in suite.iter("property")}
    assert told["version"] == "7"
    assert told["seed"] == "4711"
    assert suite.attrib["time"] == "90.0"


def test_a_model_that_did_not_answer_is_an_error_and_never_green(tmp_path):
    suite = written(tmp_path, an_unreachable_run()).find("testsuite")
    (case,) = suite.findall("testcase")
    assert "connection refused" in case.find("error").attrib["message"]


def test_a_run_without_requirements_that_passed_is_one_passed_case(tmp_path):
    suite = written(tmp_path, a_passed_run(requirements=())).find("testsuite")
    assert (suite.attrib["tests"], suite.attrib["errors"]) == ("1", "0")


def test_runs_are_suites_of_one_document(tmp_path):
    suites = written(tmp_path, a_run(), a_passed_run(retest="weekly")).findall("testsuite")
    assert [suite.attrib["name"] for suite in suites] == ["credit.nightly", "credit.weekly"]


@pytest.mark.parametrize("odd", ["a\x00b", "a\ud800b", "<&>\"'", "\x1b[31m"])
def test_whatever_a_name_or_a_reason_holds_the_document_can_be_read(tmp_path, odd):
    failure = a_failure(name=odd, words=odd)
    run = a_run(requirements=(failure,), reason=odd, endpoint=odd, verdict=Verdict.FAILED)
    assert written(tmp_path, run).find("testsuite/testcase/failure") is not None
