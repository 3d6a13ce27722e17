"""Environment variables override the file's keys, whatever their case."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import load
from tests.monitor.config.files import (
    DOCUMENT,
    REMOVED,
    changed,
    problems_with,
    settings_with,
    write,
)

PASSWORD = "DRIFTD_SOURCE__KAFKA__SECURITY__PASSWORD"
LOGIN = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "username": "u"}


def test_a_variable_beats_the_file(tmp_path):
    environ = {"DRIFTD_SOURCE__KAFKA__GROUP": "other", "DRIFTD_LISTEN": "0.0.0.0:80"}
    settings = settings_with(tmp_path, {"source.kafka.group": "mine", "listen": "h:1"}, environ)
    assert settings.source.kafka.group == "other"
    assert settings.listen == "0.0.0.0:80"


def test_a_variable_sets_what_the_file_leaves_out(tmp_path):
    environ = {
        "DRIFTD_SOURCE__KAFKA__BOOTSTRAP_SERVERS": "[a:1, 'b:2']",
        "DRIFTD_LOG__LEVEL": "debug",
        "DRIFTD_SNAPSHOT_EVERY": "1m",
        "DRIFTD_QUARANTINE__MAX_BYTES": "5000",
    }
    settings = settings_with(tmp_path, {"source": REMOVED}, environ)
    assert settings.source.kafka.bootstrap_servers == ["a:1", "b:2"]
    assert (settings.log.level, settings.snapshot_every) == ("debug", 60_000)
    assert settings.quarantine.max_bytes == 5000


@pytest.mark.parametrize("name", ["credit", "Credit", "credit-eu", "credit.EU"])
def test_a_variable_meets_a_model_however_its_name_is_written(tmp_path, name):
    document = {**DOCUMENT, "models": {name: DOCUMENT["models"]["credit"]}}
    folded = name.upper().replace("-", "_").replace(".", "_")
    settings = load(write(tmp_path, document), {f"DRIFTD_MODELS__{folded}__BLOCK": "5m"})
    assert list(settings.models) == [name]
    assert settings.models[name].block == 300_000


def test_a_variable_meets_a_feature_whose_name_has_capitals(tmp_path):
    features = {"models.credit.features": {"annualIncome": {"kind": "numeric"}}}
    environ = {
        "DRIFTD_MODELS__CREDIT__FEATURES__ANNUALINCOME__RANGE": "[0, 9]",
        "DRIFTD_MODELS__CREDIT__FEATURES__ANNUALINCOME__INTEGER": "true",
    }
    (feature,) = settings_with(tmp_path, features, environ).models["credit"].schema.features
    assert (feature.name, feature.high, feature.integer) == ("annualIncome", 9.0, True)


def test_variables_can_describe_a_model_that_the_file_does_not_have(tmp_path):
    environ = {
        "DRIFTD_MODELS__FRAUD__REFERENCE": "fraud.ref",
        "DRIFTD_MODELS__FRAUD__RECORDS": "{topics: [fraud], prediction: {field: y, kind: class}}",
        "DRIFTD_MODELS__FRAUD__RECORDS__ID": "meta.id",
        "DRIFTD_MODELS__FRAUD__FEATURES__AMOUNT": "numeric",
        "DRIFTD_MODELS__FRAUD__WINDOWS": "[block, 6h]",
        "DRIFTD_MODELS__FRAUD__BUDGET__PER": "7d",
    }
    fraud = settings_with(tmp_path, {}, environ).models["fraud"]
    assert fraud.schema.id == ("meta", "id")
    assert [field.name for field in fraud.schema.features] == ["amount"]
    assert [window.name for window in fraud.windows] == ["block", "6h"]
    assert fraud.budget_period == "7d"


def test_variables_set_the_budget_and_what_is_ignored(tmp_path):
    environ = {
        "DRIFTD_MODELS__CREDIT__BUDGET__PAGES": "0.5",
        "DRIFTD_MODELS__CREDIT__IGNORE_BELOW": "{psi: 0.04}",
        "DRIFTD_MODELS__CREDIT__WARM_UP": "7d",
    }
    credit = settings_with(tmp_path, {"models.credit.budget": {"per": "7d"}}, environ).models[
        "credit"
    ]
    assert (credit.budget.pages, credit.budget.tickets, credit.budget_period) == (0.5, 5, "7d")
    assert credit.ignore_below == pytest.approx(0.2)
    assert credit.warm_up_blocks == 7 * 1440


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1))
def test_a_password_is_taken_as_it_stands(tmp_path_factory, password):
    path = write(tmp_path_factory.getbasetemp(), changed({"source.kafka.security": LOGIN}))
    security = load(path, {PASSWORD: password}).source.kafka.security
    assert security.password.get_secret_value() == password


def test_other_variables_are_left_alone(tmp_path):
    environ = {
        "HOME": "/root",
        "DRIFTD_PORT": "tcp://10.0.0.1:9477",
        "DRIFTD_SERVICE_HOST": "10.0.0.1",
        "DRIFTD_PORT_9477_TCP_ADDR": "10.0.0.1",
    }
    assert settings_with(tmp_path, {}, environ) == settings_with(tmp_path, {})


def test_the_process_environment_counts_where_none_is_given(tmp_path, monkeypatch):
    monkeypatch.setenv("DRIFTD_SOURCE__KAFKA__GROUP", "from-outside")
    assert load(write(tmp_path, changed({}))).source.kafka.group == "from-outside"


@pytest.mark.parametrize(
    ("variable", "value", "problem"),
    [
        (
            "DRIFTD_SOURCE__KAFKA__GRUOP",
            "x",
            "DRIFTD_SOURCE__KAFKA__GRUOP: source.kafka.gruop: unknown key; did you mean group?",
        ),
        (
            "DRIFTD_SORUCE__KAFKA__GROUP",
            "x",
            "DRIFTD_SORUCE__KAFKA__GROUP: soruce: unknown key; did you mean source?",
        ),
        (
            "DRIFTD_MODELS__CREDIT__RECORDS__TOPICS__0",
            "x",
            "DRIFTD_MODELS__CREDIT__RECORDS__TOPICS__0: models.credit.records.topics has no keys "
            "below it; set DRIFTD_MODELS__CREDIT__RECORDS__TOPICS instead",
        ),
        (
            "DRIFTD_MODELS__CREDIT__FEATURES__INCOME__INTEGER",
            "true",
            "DRIFTD_MODELS__CREDIT__FEATURES__INCOME__INTEGER: sets a key of what is a single "
            "value in the file; write that as a mapping there",
        ),
        (
            "DRIFTD_SOURCE__KAFKA__BOOTSTRAP_SERVERS",
            "[a:1",
            "DRIFTD_SOURCE__KAFKA__BOOTSTRAP_SERVERS: '[a:1' is not a list or a mapping, for "
            "example [a, b] or {a: 1}",
        ),
        (
            "DRIFTD_SOURCE__KAFKA__BOOTSTRAP_SERVERS",
            "a:1",
            "source.kafka.bootstrap_servers: 'a:1' is not a list; write it in brackets, for "
            "example [a, b] (set by DRIFTD_SOURCE__KAFKA__BOOTSTRAP_SERVERS)",
        ),
        (
            "DRIFTD_MODELS__CREDIT__BLOCK",
            "0s",
            "models.credit.block: '0s' is too short; at least 1s (set by "
            "DRIFTD_MODELS__CREDIT__BLOCK)",
        ),
        (
            "DRIFTD_MODELS__CREDIT__BUDGET__PAGES",
            "0",
            "models.credit.budget.pages: '0' is too small; more than 0 (set by "
            "DRIFTD_MODELS__CREDIT__BUDGET__PAGES)",
        ),
        (
            "DRIFTD_MODELS__CREDIT__IGNORE_BELOW__PSI",
            "0.01",
            "DRIFTD_MODELS__CREDIT__IGNORE_BELOW__PSI: models.credit.ignore_below has no keys "
            "below it; set DRIFTD_MODELS__CREDIT__IGNORE_BELOW instead",
        ),
        (
            "DRIFTD_MODELS__CREDIT__RECORDS__PREDICTION",
            "{field: a, knid: class}",
            "models.credit.records.prediction.kind: missing; needed: what it is: the class itself, "
            "the probability of the positive class, the probabilities of all classes, or a number "
            "(regression), for example 'probability' (set by "
            "DRIFTD_MODELS__CREDIT__RECORDS__PREDICTION)",
        ),
    ],
)
def test_a_wrong_variable_is_told_by_its_name(tmp_path, variable, value, problem):
    assert problems_with(tmp_path, {}, {variable: value})[0] == problem


def test_a_variable_that_stands_for_two_models_is_told(tmp_path):
    model = DOCUMENT["models"]["credit"]
    changes = {"models": {"credit-eu": model, "credit_EU": model}}
    (problem,) = problems_with(tmp_path, changes, {"DRIFTD_MODELS__CREDIT_EU__BLOCK": "5m"})
    assert problem == (
        "DRIFTD_MODELS__CREDIT_EU__BLOCK: 'CREDIT_EU' stands for credit-eu and credit_EU; change "
        "it in the file"
    )


def test_a_wrong_secret_in_a_variable_is_not_told(tmp_path):
    environ = {"DRIFTD_SOURCE__KAFKA__SECURITY": "{password: hunter2"}
    assert "hunter2" not in str(problems_with(tmp_path, {}, environ))
