"""What is told of files and folders that cannot be used; nothing is created."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from monitor.config.access import access_problems
from tests.monitor.config.files import settings_with

NOBODY = 65_534

LOGIN = {"protocol": "SASL_SSL", "mechanism": "PLAIN", "username": "u"}


@contextmanager
def as_nobody() -> Iterator[None]:
    """Act as a user without rights of its own, where the tests run as root."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that others than its owner may enter, as pytest's own ones are not."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name)
        path.chmod(0o755)
        yield path


def test_folders_that_can_be_created_are_right_and_stay_uncreated(tmp_path):
    settings = settings_with(tmp_path, {"state": "a/b/c"})
    assert access_problems(settings) == []
    assert not (tmp_path / "a").exists()


def test_a_file_in_the_place_of_a_folder_is_told(tmp_path):
    (tmp_path / "state").touch()
    settings = settings_with(tmp_path, {"state": "state/here"})
    there = tmp_path / "state"
    assert access_problems(settings) == [
        f"state: {there}/here cannot be a folder: {there} is a file; name another one",
        f"quarantine.file: {there}/here/quarantine cannot be a folder: {there} is a file; name "
        "another one",
    ]


def test_a_folder_that_this_user_may_not_write_is_told(folder):
    settings = settings_with(folder, {"quarantine": {"file": tempfile.gettempdir()}})
    folder.chmod(0o555)
    with as_nobody():
        user = os.geteuid()
        assert access_problems(settings) == [
            f"state: {folder}/state cannot be written: user {user} may not write to {folder}"
        ]
    folder.chmod(0o755)


def test_a_password_file_that_is_missing_is_told(tmp_path):
    security = {**LOGIN, "password_file": "secret", "ca_file": "ca"}
    settings = settings_with(tmp_path, {"source.kafka.security": security})
    assert access_problems(settings) == [
        f"source.kafka.security.{key}_file: {tmp_path}/{name} does not exist; create it, or "
        "correct the path"
        for key, name in (("password", "secret"), ("ca", "ca"))
    ]


def test_a_password_file_that_this_user_may_not_read_is_told(folder):
    secret = folder / "secret"
    secret.touch(0o000)
    security = {**LOGIN, "password_file": "secret"}
    settings = settings_with(folder, {"source.kafka.security": security, "state": "/tmp/state"})
    with as_nobody():
        assert access_problems(settings) == [
            f"source.kafka.security.password_file: {secret} cannot be read by user {os.geteuid()}"
        ]


def test_the_file_of_the_api_token_is_looked_for(tmp_path):
    settings = settings_with(tmp_path, {"api_token_file": "token"})
    assert access_problems(settings) == [
        f"api_token_file: {tmp_path}/token does not exist; create it, or correct the path"
    ]
    (tmp_path / "token").touch()
    assert access_problems(settings) == []


FROM_FILES = {
    "source": {"files": {"folder": "log"}},
    "models.credit.records.time": {"field": "ts", "unit": "ms"},
}


def test_a_log_folder_must_be_there(tmp_path):
    settings = settings_with(tmp_path, FROM_FILES)
    assert access_problems(settings) == [
        f"source.files.folder: {tmp_path}/log does not exist; create it, or correct the path"
    ]
    (tmp_path / "log").touch()
    assert access_problems(settings) == [
        f"source.files.folder: {tmp_path}/log is not a folder; name the one that holds a folder "
        "per topic"
    ]


def test_a_reference_that_alerts_may_rebuild_must_be_replaceable(tmp_path):
    (tmp_path / "refs").write_text("a file")
    (tmp_path / "token").write_text("t")
    changes = {
        "api_token_file": "token",
        "models.credit.rebuild_from": "recent/",
        "alerts": [{"match": {"alertname": "ModelReleased"}, "rebuild_reference": True}],
    }
    (problem,) = access_problems(settings_with(tmp_path, changes))
    refs = tmp_path / "refs"
    assert problem.startswith(f"models.credit.reference: {refs} cannot be a folder")
