"""Where nothing drifts and nothing breaks, not one alert fires: at no time of two days."""

import re
from pathlib import Path
from typing import Any

import pytest

from monitor.config import load
from monitor.rules.deployed import generic_file
from monitor.rules.rule_file import rule_file
from monitor.rules.rule_set import configured_rules
from tests.monitor.rules.quiet_days import HOURS, KILLS_MS, NIGHT_H, STEP_MS, quiet_days
from tests.monitor.rules.rule_tests import run_promtool, write_test_file

UP = 'up{job="driftd",instance="a:9477"}'
FIRED = f'max by (alertname) (max_over_time(ALERTS{{alertstate="firing"}}[{HOURS}h]))'
STEP = f"{STEP_MS // 60_000}m"


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, float]]]:
    """The folder of the configuration, and every scrape."""
    folder = tmp_path_factory.mktemp("quiet")
    metrics = set(re.findall(r"driftd_[a-z0-9_]+[a-z]", generic_file()))
    metrics |= {"driftd_source_lag_records", "driftd_source_lag_bytes"}
    return folder, list(quiet_days(folder, metrics))


def input_series(scrapes: list[dict[str, float]]) -> list[dict[str, str]]:
    """Return the scrapes as promtool reads them: a series that is gone is marked as stale."""
    selectors = {selector for scrape in scrapes for selector in scrape}
    told = []
    for selector in sorted(selectors):
        values, there = [], False
        for scrape in scrapes:
            value = scrape.get(selector)
            values.append("_" if value is None and not there else
                          "stale" if value is None else repr(value))  # fmt: skip
            there = value is not None
        told.append({"series": selector, "values": " ".join(values)})
    return [*told, {"series": UP, "values": " ".join(str(int(bool(each))) for each in scrapes)}]


def test_the_days_have_what_could_fool_a_rule(recorded):
    _, scrapes = recorded
    assert len(scrapes) == HOURS * 3_600_000 // STEP_MS
    assert [at * STEP_MS for at, scrape in enumerate(scrapes) if not scrape] == list(KILLS_MS)

    def total(at: int, name: str) -> float:
        return sum(value for key, value in scrapes[at].items() if key.startswith(name))

    killed = KILLS_MS[0] // STEP_MS
    for name in ("driftd_records_total", "driftd_rejects_total", "driftd_snapshots_total"):
        assert 0 <= total(killed + 1, name) < total(killed - 1, name)
    assert total(-1, "driftd_rejects_total") > 0.03 * total(-1, "driftd_records_total")
    night = {total(at, "driftd_records_total") for at in range(4, NIGHT_H * 3_600_000 // STEP_MS)}
    assert len(night) == 1
    assert total(-1, "driftd_records_total") > max(night) > 0


def test_rules_that_did_not_wait_would_have_fired(recorded, tmp_path):
    _, scrapes = recorded
    rules = tmp_path / "hasty.rules.yml"
    rules.write_text(re.sub(r"\n    for: .*", "", generic_file()))
    told = run_promtool([write_test_file(rules, STEP, [promtool_test(scrapes)])])
    for alert in ("DriftdDown", "DriftdRejectsHigh", "DriftdLagGrowing"):
        assert f'{{alertname="{alert}"}} 1' in told


@pytest.mark.parametrize("kind", ["generic", "configured"])
def test_not_one_alert_fires(recorded, kind, tmp_path):
    folder, scrapes = recorded
    settings = load(folder / "driftd.yaml")
    configured = rule_file(configured_rules(settings), settings.base_url, "")
    rules = tmp_path / f"{kind}.rules.yml"
    rules.write_text(generic_file() if kind == "generic" else configured)
    assert run_promtool([write_test_file(rules, STEP, [promtool_test(scrapes)])]) == ""


def promtool_test(scrapes: list[dict[str, float]]) -> dict[str, Any]:
    """Return the test that no alert ever fired, as promtool reads it."""
    return {
        "interval": STEP,
        "input_series": input_series(scrapes),
        "promql_expr_test": [
            {
                "expr": FIRED,
                "eval_time": f"{HOURS * 60 - STEP_MS // 60_000}m",
                "exp_samples": [],
            },
            {
                "expr": "count(job_model:driftd_records:rate5m) > 0",
                "eval_time": f"{HOURS - 1}h",
                "exp_samples": [{"labels": "{}", "value": 1}],
            },
        ],
    }
