"""`driftd check` tells who is let in, or what is wrong with the file that says so."""

import json
import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from monitor.cli import main
from monitor.config import load
from tests.monitor.cli.references import write_small_reference
from tests.monitor.config.files import changed, write
from tests.parts.certificates import Authority

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"
TLS = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.crt
"""
USERS = f"basic_auth_users: {{prometheus: {HASH}, ann: {HASH}}}"


@pytest.fixture(scope="module")
def certificates(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    Authority.new(folder).issue("server", "IP:127.0.0.1")
    return folder


@pytest.fixture
def check(tmp_path, certificates, monkeypatch):
    """Check a configuration with a web configuration of some text; return the result."""
    monkeypatch.chdir(tmp_path)
    shutil.copytree(certificates, tmp_path, dirs_exist_ok=True)
    path = write(tmp_path, changed({"web_config": "web.yml"}))
    write_small_reference(load(path).models["credit"])

    def check(text: str, *options: str):
        Path("web.yml").write_text(text)
        return CliRunner().invoke(main, ["check", "-c", "driftd.yaml", *options])

    return check


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "HTTP: 127.0.0.1:9477"),
        (TLS, "HTTP: 127.0.0.1:9477 (TLS; clients need a certificate)"),
        (USERS, "HTTP: 127.0.0.1:9477 (users: ann, prometheus)"),
        (
            TLS + USERS,
            "HTTP: 127.0.0.1:9477 (TLS; clients need a certificate; users: ann, prometheus)",
        ),
    ],
)
def test_who_is_let_in_is_told_in_a_line(check, text, told):
    result = check(text)
    assert result.exit_code == 0
    assert result.stdout.splitlines()[2] == f"  state: state; {told}"


def test_who_is_let_in_is_told_to_machines(check):
    assert json.loads(check(TLS + USERS, "--json").stdout)["http"] == {
        "tls": True,
        "client_auth_type": "RequireAndVerifyClientCert",
        "users": ["ann", "prometheus"],
    }


def test_what_is_wrong_with_the_file_is_a_problem_of_the_configuration(check):
    result = check(TLS.replace("server.key", "none.key") + USERS.replace(HASH, "sesame"))
    assert result.exit_code == 2
    assert result.stderr.splitlines() == [
        "driftd.yaml: 2 problems",
        "  web_config: web.yml: basic_auth_users.prometheus: is no bcrypt hash of a password; "
        "'htpasswd -nBC 10 USER' makes one",
        "  web_config: web.yml: basic_auth_users.ann: is no bcrypt hash of a password; "
        "'htpasswd -nBC 10 USER' makes one",
    ]
    result = check(TLS.replace("server.key", "none.key"))
    assert result.stderr.splitlines() == [
        "driftd.yaml: 1 problem",
        "  web_config: web.yml: tls_server_config.key_file: none.key cannot be read: No such file "
        "or directory",
    ]


def test_a_file_that_is_not_there_is_a_problem(check):
    check("")
    Path("web.yml").unlink()
    result = CliRunner().invoke(main, ["check", "-c", "driftd.yaml"])
    assert (result.exit_code, result.stderr.splitlines()[1]) == (
        2,
        "  web_config: web.yml: cannot be read: No such file or directory",
    )
