"""What the rules of a configuration know, and the conventions that all rules keep."""

import re
from pathlib import Path

import pytest
import yaml
from click.testing import CliRunner

from monitor.cli import main
from monitor.config import load
from monitor.rules.deployed import deployed
from monitor.rules.rule import Alert
from monitor.rules.rule_set import configured_rules, generic_rules
from tests.monitor.rules.rule_tests import CONFIGURATION, REQUIREMENT, check, configured_set

DEPLOY = Path(__file__).parents[3] / "deploy"


def alerts_of(folder: Path, job: str = "", **changes) -> dict[tuple[str, str], Alert]:
    """Return the alerts of the configured model with some keys changed, by name and severity."""
    (model,) = CONFIGURATION["models"].values()
    document = CONFIGURATION | {"models": {"credit": model | changes}}
    (folder / "driftd.yaml").write_text(yaml.safe_dump(document))
    groups = configured_rules(load(folder / "driftd.yaml"), job)
    return {
        (rule.name, str(rule.loudness)): rule
        for group in groups
        for rule in group.rules
        if isinstance(rule, Alert)
    }


@pytest.mark.parametrize("path", deployed(), ids=str)
def test_what_is_in_deploy_is_what_the_code_makes(path):
    mend = "run 'python -m monitor.rules.deployed deploy'"
    assert (DEPLOY / path).read_text() == deployed()[path], mend


def test_summaries_have_no_values_and_descriptions_have():
    for group in generic_rules():
        for rule in group.rules:
            if isinstance(rule, Alert):
                assert "{{" not in rule.summary
                assert rule.summary.endswith(".")
                assert "{{" in rule.description or rule.name == "DriftdAbsent"


def test_alerts_on_alarms_wait_for_nothing_and_last_as_long_as_the_daemon_waits(tmp_path):
    alerts = alerts_of(tmp_path)
    for name in ("DriftdDrift", "DriftdDataQuality", "DriftdConceptDrift", "DriftdPerformanceDrop"):
        for severity in ("critical", "warning"):
            alert = alerts[name, severity]
            assert (alert.wait_ms, alert.keep_ms) == (0, 15 * 60_000)


def test_no_rule_compares_a_statistic_with_a_number():
    raw = re.compile(
        r"driftd_(statistic|feature_|evidence|effect|distribution|missing_ratio|invalid_ratio"
        r"|unseen_ratio|out_of_range_ratio|outside_support_ratio)"
    )
    for group in generic_rules():
        for rule in group.rules:
            assert not raw.search(rule.expr), rule.name


def test_every_aggregation_says_by_which_labels():
    for group in generic_rules():
        for rule in group.rules:
            assert not re.search(r"\b(sum|max|min|count|avg)\s*\(", rule.expr), rule.name
            assert "without" not in rule.expr


def test_a_model_without_labels_has_no_alerts_on_them(tmp_path):
    names = {name for name, _ in alerts_of(tmp_path, labels=None, retests={})}
    assert "DriftdDrift" in names
    assert names.isdisjoint(
        {
            "DriftdConceptDrift",
            "DriftdPerformanceDrop",
            "DriftdEstimatedPerformanceDrop",
            "DriftdLabelsMissing",
            "DriftdRetestFailed",
            "DriftdRetestOverdue",
        }
    )


def test_long_blocks_make_rules_look_longer(tmp_path):
    minute = alerts_of(tmp_path)["DriftdRejectsHigh", "warning"]
    hours = alerts_of(tmp_path, block="2h")["DriftdRejectsHigh", "warning"]
    assert 'driftd_rejects_total{model="credit"}[15m]' in minute.expr
    assert 'driftd_rejects_total{model="credit"}[8h1m]' in hours.expr
    assert hours.wait_ms > 8 * 3_600_000


def test_silence_of_blocks_of_a_day_or_of_rows_is_told_by_the_day_only(tmp_path):
    budget = {"pages": 1, "per": "90d"}
    days = alerts_of(tmp_path, block="1d", longest_window="30d", budget=budget)
    rows = alerts_of(tmp_path, rows_per_block=100, labels=None)
    for alerts in (days, rows):
        assert ("DriftdNoRecords", "critical") not in alerts
        assert ("DriftdNoRecords", "warning") in alerts


def test_a_retest_is_overdue_by_its_own_schedule(tmp_path):
    def expr(**schedule: str) -> str:
        retests = {"nightly": {**schedule, "requirements": [REQUIREMENT]}}
        return alerts_of(tmp_path, retests=retests)["DriftdRetestOverdue", "warning"].expr

    assert 'nightly"}) > 43200\n' in expr(every="0 3 * * *")  # half a day
    assert 'nightly"}) > 345600\n' in expr(every="0 3 * * 1-5")  # a weekend, and a day
    assert 'nightly"}) > 3600\n' in expr(every="30m")


def test_a_retest_that_runs_only_when_asked_for_is_never_overdue(tmp_path):
    retests = {"nightly": {"requirements": [REQUIREMENT]}}
    assert ("DriftdRetestOverdue", "warning") not in alerts_of(tmp_path, retests=retests)


def test_the_budget_is_told_in_words(tmp_path):
    alerts = alerts_of(tmp_path, budget={"pages": 2, "tickets": 8, "per": "7d"})
    told = alerts["DriftdDrift", "critical"].description
    assert told.endswith(" The budget is 2 false pages and 8 false tickets in 7d.")


def test_a_job_is_in_every_selector(tmp_path):
    for alert in alerts_of(tmp_path, job='a "b"').values():
        selectors = re.findall(r"driftd_[a-z_:]+(\{[^}]*\})?", alert.expr)
        assert all('job="a \\"b\\""' in each for each in selectors), alert.name


def test_two_models_with_the_same_rules_are_no_duplicates(tmp_path):
    (model,) = CONFIGURATION["models"].values()
    both = {"credit": model, "fraud": model}
    (tmp_path / "driftd.yaml").write_text(yaml.safe_dump(CONFIGURATION | {"models": both}))
    out = tmp_path / "both.yml"
    ended = CliRunner().invoke(
        main, ["rules", "-c", str(tmp_path / "driftd.yaml"), "--out", str(out)]
    )
    assert ended.exit_code == 0, ended.output
    rules = configured_set(tmp_path)
    status, said = check(type(rules)((), out, "", configured=True))
    assert status == 0, said


def test_the_command_prints_the_generic_rules_as_they_are_in_deploy():
    printed = CliRunner().invoke(main, ["rules", "--generic"])
    assert printed.exit_code == 0
    assert printed.output == (DEPLOY / "prometheus/driftd.rules.yml").read_text()


@pytest.mark.parametrize("given", [[], ["--generic", "--job", "x"], ["-c", "a", "--generic"]])
def test_the_command_wants_a_configuration_or_generic(given):
    refused = CliRunner().invoke(main, ["rules", *given])
    assert refused.exit_code == 2
    assert "Error" in refused.output
