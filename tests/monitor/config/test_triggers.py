"""A trigger has exactly one receiver, and what is wrong with it is told with the mend."""

import os
import re
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from monitor.config import json_schema, load
from monitor.config.access import access_problems
from tests.monitor.config.files import changed, problems_with, settings_with, write

DEPLOYED = Path(__file__).parents[3] / "deploy" / "driftd.yaml"
KEY = "triggers.retrain"
VALIDATOR = Draft202012Validator(json_schema())

HOOK = {"webhook": "https://pipelines.example/hooks/driftd?tenant=a", "secret_file": "hook"}
AIRFLOW = {"url": "https://airflow.example", "dag": "retrain"}
ARGO = {"url": "https://argo:2746", "namespace": "ml", "template": "reevaluate"}
GITHUB = {"owner": "example", "repository": "credit-model", "token_file": "token"}

RIGHT = {
    "webhook": {**HOOK, "ca_file": "ca.pem", "severity": "page", "kinds": ["concept_drift"]},
    "kafka": {"kafka": {"topic": "driftd.events"}},
    "airflow": {"airflow": {**AIRFLOW, "api": "v1", "username": "u", "password_file": "p"}},
    "argo_events": {"argo_events": {"url": "http://es:12000/driftd"}},
    "argo_workflows": {"argo_workflows": {**ARGO, "token_file": "token"}},
    "github": {"github": GITHUB, "give_up_after": "6h", "timeout": "5s"},
    "command": {"command": ["page", "--team", "ml"], "segments": ["DE"]},
    "plugin": {"plugin": {"name": "opsgenie", "options": {"team": "ml"}}},
}

RECEIVERS = "webhook, kafka, airflow, argo_events, argo_workflows, github, command, plugin"


@pytest.mark.parametrize("receiver", RIGHT)
def test_each_receiver_loads_and_fits_the_schema(tmp_path, receiver):
    changes = {KEY: RIGHT[receiver], "models.credit.triggers": ["retrain"]}
    assert settings_with(tmp_path, changes).triggers["retrain"].receiver == receiver
    VALIDATOR.validate(changed(changes))


@pytest.mark.parametrize(
    ("trigger", "told"),
    [
        ({}, f": names no receiver; set one of {RECEIVERS}"),
        (
            {**HOOK, "command": ["page"]},
            ".command: is set and so is webhook; keep one, and make a trigger of the other",
        ),
        (
            {"webhook": "https://a.example"},
            ".secret_file: missing, and a webhook is signed; name the file of its key, as "
            "`openssl rand -base64 32` makes one",
        ),
        (
            {**HOOK, "webhook": "https://u:s3cret@a.example/x"},
            ".webhook: 'https://…@a.example/x' is not an address; http:// or https://, a host and "
            "a path, without a user and a part after '#', for example "
            "'https://hooks.example/driftd'",
        ),
        ({**HOOK, "kinds": []}, ".kinds: has 0 values; at least 1"),
        (
            {**HOOK, "webhook": "pipelines.example"},
            ".webhook: 'pipelines.example' is not an address; http:// or https://, a host and a "
            "path, without a user and a part after '#', for example "
            "'https://hooks.example/driftd'",
        ),
        (
            {"command": ["page"], "secret_file": "hook"},
            ".secret_file: is for a webhook, and this is command; remove it",
        ),
        (
            {"kafka": {"topic": "e"}, "ca_file": "ca.pem"},
            ".ca_file: is for receivers over HTTPS, and this is kafka; remove it",
        ),
        (
            {"airflow": AIRFLOW},
            ".airflow.token_file: missing; name the file of a token, or username and password_file",
        ),
        (
            {"airflow": {**AIRFLOW, "username": "u"}},
            ".airflow.password_file: missing, and username is set; name the password's file",
        ),
        (
            {"airflow": {**AIRFLOW, "username": "u", "password_file": "p", "token_file": "t"}},
            ".airflow.token_file: set, and so is username; keep one of the two",
        ),
        (
            {"command": ["bin/page"]},
            ".command: 'bin/page' is a path that depends on where driftd is started; write the "
            "whole path, or the name of a program on PATH",
        ),
        (
            {"command": "page --team ml"},
            ".command: 'page --team ml' is not a list; write it in brackets, for example [a, b]",
        ),
        (
            {"kafka": {"topic": "e", "security": {}}},
            ".kafka.security: is set and bootstrap_servers is not; source.kafka has its own, so "
            "remove it",
        ),
        (
            {"kafka": {"topic": "credit.predictions"}},
            ".kafka.topic: 'credit.predictions' is read by model credit; name another topic",
        ),
        (
            {"github": {**GITHUB, "url": "https://u:p@ghe.example/api/v3"}},
            ".github.url: 'https://…@ghe.example/api/v3' is not an address; http:// or https://, "
            "a host and a path, without a user and a part after '#' or '?', for example "
            "'https://airflow.example'",
        ),
    ],
)
def test_what_is_wrong_with_a_trigger_is_told(tmp_path, trigger, told):
    assert problems_with(tmp_path, {KEY: trigger}) == [f"{KEY}{told}"]


def test_a_topic_needs_brokers_where_records_come_from_files(tmp_path):
    changes = {
        KEY: {"kafka": {"topic": "e"}},
        "source": {"files": {"folder": "log"}},
        "models.credit.records.time": {"field": "ts", "unit": "ms"},
    }
    assert problems_with(tmp_path, changes) == [
        f"{KEY}.kafka.bootstrap_servers: missing, and records come from files; name the brokers"
    ]
    changes[KEY] = {"kafka": {"topic": "e", "bootstrap_servers": ["localhost:9092"]}}
    assert settings_with(tmp_path, changes).triggers["retrain"].receiver == "kafka"


def test_files_that_are_missing_are_told_and_programs_that_cannot_be_run(tmp_path):
    changes = {
        "triggers.a": HOOK,
        "triggers.b": {"airflow": {**AIRFLOW, "username": "u", "password_file": "p"}},
        "triggers.c": {"command": ["no-such-program"]},
        "triggers.d": {"command": [str(tmp_path / "script")]},
        "triggers.e": {"command": ["true"]},
    }
    (tmp_path / "script").write_text("#!/bin/sh\n")
    mend = "does not exist; create it, or correct the path"
    assert access_problems(settings_with(tmp_path, changes)) == [
        f"triggers.a.secret_file: {tmp_path}/hook {mend}",
        f"triggers.b.airflow.password_file: {tmp_path}/p {mend}",
        "triggers.c.command: 'no-such-program' is no program on PATH; install it, or write its "
        "whole path",
        f"triggers.d.command: {tmp_path}/script is no program that user {os.geteuid()} may run; "
        "correct the path or its rights",
    ]


def test_the_triggers_of_the_example_load_once_they_are_no_comments(tmp_path):
    before, told = DEPLOYED.read_text().split("\n# triggers:")
    triggers, rest = told.split("\n# alerts:")
    triggers = re.sub(r"(?m)^# ( )", r"\1", triggers)
    rest = rest.replace("# triggers: [", "triggers: [")
    found = load(write(tmp_path, f"{before}\ntriggers:{triggers}\n# alerts:{rest}"), {})
    assert {each.receiver for each in found.triggers.values()} == set(RIGHT)
    assert found.models["credit"].triggers == ("retrain", "bus")


def test_an_address_can_come_from_the_environment(tmp_path):
    environ = {"DRIFTD_TRIGGERS__RETRAIN__WEBHOOK": "https://other.example/?token=1"}
    settings = settings_with(tmp_path, {KEY: HOOK}, environ)
    assert settings.triggers["retrain"].webhook == "https://other.example/?token=1"
    assert list(settings.triggers["retrain"].files) == [("secret_file", Path(tmp_path, "hook"))]
