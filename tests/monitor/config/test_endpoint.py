"""What is told of a wrong endpoint, and that its secrets are told to nobody."""

import pytest
from jsonschema import Draft202012Validator

from monitor.config import json_schema
from monitor.config.access import access_problems
from tests.monitor.config.files import changed, problems_with, settings_with

KEY = "models.credit.endpoint"
URL = "http://credit:8080"
LEAST = {"protocol": "v2", "url": URL}
VALIDATOR = Draft202012Validator(json_schema())

RIGHT = [
    LEAST,
    {**LEAST, "max_rate": "50/s", "concurrency": 8, "batch": 10, "queries_per_day": 10**6},
    {**LEAST, "layout": "columns", "datatypes": {"income": "FP32"}, "output": "predict_proba"},
    {"protocol": "v1", "url": URL, "layout": "objects", "version": "3"},
    {"protocol": "mlflow", "url": f"{URL}/prefix", "layout": "inputs", "answers": "class"},
    {"protocol": "json", "url": URL, "request": {"rows": "$rows"}, "answer": "data.*.score"},
    {"protocol": "onnx", "file": "credit.onnx", "input": "x", "datatype": "FP32"},
    {"protocol": "python", "callable": "credit.model:predict"},
]


@pytest.mark.parametrize("endpoint", RIGHT, ids=lambda endpoint: endpoint["protocol"])
def test_an_endpoint_of_each_protocol_loads_and_fits_the_schema(tmp_path, endpoint):
    settings = settings_with(tmp_path, {KEY: endpoint})
    assert settings.models["credit"].endpoint is not None
    VALIDATOR.validate(changed({KEY: endpoint}))


@pytest.mark.parametrize(
    ("endpoint", "told"),
    [
        (
            {"protocol": "v2"},
            "url: missing, and protocol v2 needs it; the model's address, such as "
            "http://credit:8080",
        ),
        ({"protocol": "json", "url": URL}, "request: missing, and protocol json needs it"),
        ({"protocol": "onnx"}, "file: missing, and protocol onnx needs it"),
        ({"protocol": "python"}, "callable: missing, and protocol python needs it"),
        (
            {**LEAST, "file": "m.onnx"},
            "file: is set, and protocol v2 has no use for it; remove it",
        ),
        (
            {"protocol": "onnx", "file": "m", "retries": 1},
            "retries: is set, and protocol onnx has no use for it; remove it",
        ),
        (
            {**LEAST, "layout": "rows"},
            "layout: 'rows' is not a layout of protocol v2; one of tensor, columns",
        ),
        (
            {"protocol": "python", "callable": "m:f", "layout": "rows"},
            "layout: 'rows' is not a layout of protocol python; remove it",
        ),
        (
            {"protocol": "v2", "url": "credit:8080"},
            "url: 'credit:8080' is not an address of a model; http:// or https://, a host and a "
            "path, without a user, such as http://credit:8080",
        ),
        (
            {"protocol": "python", "callable": "f"},
            "callable: 'f' is not a function; module:function",
        ),
        (
            {**LEAST, "max_rate": 50},
            "max_rate: 50 is not a rate; a number and /s, /m or /h, such as 50/s",
        ),
        (
            {**LEAST, "datatype": "float32"},
            "datatype: 'float32' is not a datatype; one of BOOL, UINT8, UINT16, UINT32, UINT64, "
            "INT8, INT16, INT32, INT64, FP16, FP32, FP64, BYTES",
        ),
        (
            {**LEAST, "datatypes": {"incme": "FP32"}},
            "datatypes.incme: is no feature; one of income, plan",
        ),
        ({**LEAST, "batch": 0}, "batch: 0 is too small; at least 1"),
        (
            {**LEAST, "credentials": {"username": "u"}},
            "credentials.password_file: missing, and username is set; name the password's file",
        ),
        (
            {**LEAST, "credentials": {"password_file": "p"}},
            "credentials.username: missing, and a password is set; name who logs in",
        ),
        (
            {
                **LEAST,
                "credentials": {"bearer_token_file": "t", "username": "u", "password_file": "p"},
            },
            "credentials.username: set, and so is a bearer token; keep one of the two",
        ),
        (
            {**LEAST, "credentials": {"header_files": {"X Key": "k"}}},
            "credentials.header_files.X Key: is not a header's name; letters, digits and '-', such "
            "as X-Api-Key",
        ),
    ],
)
def test_a_wrong_endpoint_is_told_with_its_mend(tmp_path, endpoint, told):
    assert problems_with(tmp_path, {KEY: endpoint}) == [f"{KEY}.{told}"]


SECRET = "hunter2-long-enough"


@pytest.mark.parametrize(
    "credentials",
    [
        SECRET,
        {"bearer_token": [SECRET]},
        {"bearer_token": SECRET, "bearer_token_file": "f"},
        {"password": SECRET},
        {"password": SECRET, "password_file": "p", "username": "u"},
    ],
)
def test_a_secret_is_never_told(tmp_path, credentials):
    problems = problems_with(tmp_path, {KEY: {**LEAST, "credentials": credentials}})
    assert SECRET not in "".join(problems)


def test_a_token_may_come_from_the_environment(tmp_path):
    environ = {"DRIFTD_MODELS__CREDIT__ENDPOINT__CREDENTIALS__BEARER_TOKEN": SECRET}
    settings = settings_with(tmp_path, {KEY: LEAST}, environ)
    endpoint = settings.models["credit"].endpoint
    assert endpoint is not None
    assert endpoint.credentials.bearer_token is not None
    assert endpoint.credentials.bearer_token.get_secret_value() == SECRET
    assert SECRET not in repr(settings)


def test_files_of_an_endpoint_that_are_missing_are_told(tmp_path):
    credentials = {"bearer_token_file": "token", "header_files": {"X-Key": "key"}}
    settings = settings_with(tmp_path, {KEY: {**LEAST, "credentials": credentials}})
    assert access_problems(settings) == [
        f"{KEY}.credentials.{key}: {tmp_path}/{name} does not exist; create it, or correct the path"
        for key, name in (("bearer_token_file", "token"), ("header_files.X-Key", "key"))
    ]
    settings = settings_with(tmp_path, {KEY: {"protocol": "onnx", "file": "credit.onnx"}})
    assert access_problems(settings) == [
        f"{KEY}.file: {tmp_path}/credit.onnx does not exist; create it, or correct the path"
    ]
