"""Secrets come from files, go to the endpoint, and are told to nobody else."""

import base64

import pytest

from monitor.retest.model import EndpointError
from tests.monitor.retest.endpoints.asking import asking, asking_unopened, records
from tests.monitor.retest.endpoints.servers import Served, serving, v2

SECRET = "hunter2-long-enough"


def headers_with(credentials):
    served = Served()
    with serving(v2(served)) as url, asking(url, credentials=credentials) as model:
        model.predict(records(1))
    return served.requests[0][0]


def test_a_bearer_token_is_the_file_without_its_line_end(tmp_path):
    (tmp_path / "token").write_text(f"{SECRET}\n")
    headers = headers_with({"bearer_token_file": tmp_path / "token"})
    assert headers["authorization"] == f"Bearer {SECRET}"


def test_a_user_logs_in_with_a_password(tmp_path):
    (tmp_path / "password").write_text(SECRET)
    headers = headers_with({"username": "u", "password_file": tmp_path / "password"})
    told = base64.b64encode(f"u:{SECRET}".encode()).decode()
    assert headers["authorization"] == f"Basic {told}"


def test_headers_hold_what_their_files_hold(tmp_path):
    (tmp_path / "key").write_text(SECRET)
    headers = headers_with({"header_files": {"X-Api-Key": tmp_path / "key"}})
    assert headers["x-api-key"] == SECRET
    assert "authorization" not in headers


@pytest.mark.parametrize("held", [None, b"", b"two\nlines", b"\xff\xfe"])
def test_a_file_that_holds_no_secret_is_told_by_its_name_alone(tmp_path, held):
    path = tmp_path / "token"
    if held is not None:
        path.write_bytes(held)
    with (
        asking_unopened("http://127.0.0.1:1", credentials={"bearer_token_file": path}) as model,
        pytest.raises(EndpointError, match=r"credentials\.bearer_token_file: .*/token") as caught,
    ):
        model.open()
    assert caught.value.reason == "credentials"
    assert "two" not in str(caught.value)


def test_certificates_that_are_none_are_told(tmp_path):
    path = tmp_path / "ca.pem"
    path.write_text("no certificate")
    with (
        asking_unopened("https://127.0.0.1:1", credentials={"ca_file": path}) as model,
        pytest.raises(EndpointError, match=r"ca_file: .* cannot be used"),
    ):
        model.open()
