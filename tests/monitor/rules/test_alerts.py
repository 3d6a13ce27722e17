"""Every alert fires when it should and not when it should not, as Prometheus' own tool finds."""

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.monitor.rules import (
    cases_of_alarms,
    cases_of_daemon,
    cases_of_keeping,
    cases_of_retests,
    cases_of_traffic,
)
from tests.monitor.rules.rule_tests import RuleSet, check, configured_set, generic_set, run_cases

CASES = (
    *cases_of_alarms.CASES,
    *cases_of_retests.CASES,
    *cases_of_traffic.CASES,
    *cases_of_daemon.CASES,
    *cases_of_keeping.CASES,
)


@pytest.fixture(params=[generic_set, configured_set])
def rules(request: pytest.FixtureRequest, tmp_path: Path) -> RuleSet:
    make: Callable[[Path], RuleSet] = request.param
    return make(tmp_path)


def test_promtool_finds_nothing_wrong_with_the_rules(rules):
    status, said = check(rules)
    assert status == 0, said
    assert "SUCCESS" in said


def test_alerts_fire_and_do_not_fire_as_the_cases_say(rules):
    assert run_cases(rules, CASES) == ""


def test_every_alert_has_a_case_in_which_it_fires_and_one_in_which_it_never_does(rules):
    alerts = {(each.name, each.loudness) for each in rules.alerts}
    fired = {
        (case.alert, firing.loudness)
        for case in CASES
        for firings in case.fires.values()
        for firing in firings
    }
    assert alerts <= fired
    calm = {case.alert for case in CASES if not case.fires}
    assert {name for name, _ in alerts} <= calm


def test_a_case_that_is_not_so_is_found(tmp_path):
    (first, *_) = cases_of_daemon.CASES
    wrong = type(first)(first.alert, "wrong", first.series, calm=tuple(first.fires))
    assert "FAILED" in run_cases(generic_set(tmp_path), [wrong])
