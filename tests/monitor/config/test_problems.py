"""What is told of a wrong configuration."""

from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import ConfigError, load
from tests.monitor.config.files import changed, problems_with, write

M = "models.credit."
SECURITY = "source.kafka.security"

TABLE = yaml.safe_load((Path(__file__).parent / "problems.yaml").read_text())


@pytest.mark.parametrize("case", TABLE, ids=lambda case: ",".join(case["change"]))
def test_a_wrong_configuration_is_told_with_its_mend(tmp_path, case):
    assert problems_with(tmp_path, case["change"]) == case["told"]


def test_all_problems_are_told_at_once_under_the_file_as_it_was_named(tmp_path, monkeypatch):
    path = write(tmp_path, changed({"log.level": "x", M + "features.income": "numerical"}))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ConfigError) as caught:
        load(path.relative_to(tmp_path), {})
    assert str(caught.value).splitlines() == [
        "driftd.yaml: 2 problems",
        "  log.level: 'x' is not a level; one of debug, info, warning, error",
        "  models.credit.features.income.kind: 'numerical' is not a kind; one of numeric, "
        "categorical, boolean, embedding, text",
    ]


def test_one_problem_is_told_in_the_singular(tmp_path):
    with pytest.raises(ConfigError, match=r"driftd\.yaml: 1 problem\n  zzz: unknown key"):
        load(write(tmp_path, changed({"zzz": 1})), {})


SECRET = "hunter2-long-enough"


@pytest.mark.parametrize(
    "security",
    [
        SECRET,
        [SECRET],
        {"password": SECRET},
        {"password": [SECRET]},
        {"password": {SECRET: SECRET}},
        {"pasword": SECRET},
        {"protocol": "SASL_SSL", "password": SECRET},
        {"protocol": "SASL_SSL", "password": SECRET, "password_file": "p"},
        {"protocol": "SASL_SSL", "mechanism": "GSSAPI", "password": SECRET},
    ],
)
def test_a_password_is_never_told(tmp_path, security):
    assert SECRET not in "".join(problems_with(tmp_path, {SECURITY: security}))


VALUES = st.one_of(st.none(), st.booleans(), st.integers(), st.text(), st.lists(st.text()))
KEYS = [
    "listen",
    "log",
    "quarantine.max_bytes",
    "source.kafka.start",
    "source.kafka.security",
    "models.credit.records.id",
    "models.credit.records.topics",
    "models.credit.features.income",
    "models.credit.windows",
    "models.credit.budget",
    "models.credit.budget.pages",
    "models.credit.budget.tickets",
    "models.credit.ignore_below",
    "models.credit.ignore_below.psi",
    "models.credit.warm_up",
    "models.credit.block",
]


@given(st.sampled_from(KEYS), VALUES)
def test_any_value_is_either_taken_or_told_under_its_key(tmp_path_factory, key, value):
    problems = told(write(tmp_path_factory.getbasetemp(), changed({key: value})))
    told_elsewhere = ("models.credit.longest_window", "models.credit.budget")
    assert all(each.startswith((key, *told_elsewhere)) for each in problems)


def told(path):
    try:
        load(path, {})
    except ConfigError as error:
        return error.problems
    return []
