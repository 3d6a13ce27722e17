"""The web configuration file is read as Prometheus reads it."""

from pathlib import Path

import pytest

from monitor.config import ConfigError
from monitor.config.web_config import WebConfigFile, parse_web_config

HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"

FULL = f"""
tls_server_config:
  cert_file: tls.crt
  key_file: tls.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: ca.crt
http_server_config:
  http2: false
  headers:
    X-Frame-Options: deny
basic_auth_users:
  prometheus: {HASH}
"""


def problems(text: str) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        parse_web_config(Path("web.yml"), text.encode())
    return caught.value.problems


def test_every_section_is_read():
    config = parse_web_config(Path("web.yml"), FULL.encode())
    assert (config.tls.cert_file, config.tls.client_ca_file) == ("tls.crt", "ca.crt")
    assert config.tls.enabled
    assert config.headers == {"X-Frame-Options": "deny"}
    assert config.users == {"prometheus": HASH}


@pytest.mark.parametrize("text", ["", "# nothing yet\n", "tls_server_config:\n", "{}"])
def test_a_file_that_says_nothing_asks_for_nothing(text):
    config = parse_web_config(Path("web.yml"), text.encode())
    assert not config.tls.enabled
    assert (config.users, config.headers) == ({}, {})


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("users: {}", "users: unknown key"),
        ("tls_server_config: {cert: a, kee: b}", "tls_server_config.kee: unknown key"),
        (
            "tls_server_config: {cert_file: [a]}",
            "tls_server_config.cert_file: expected `str`, got `array`",
        ),
        (
            "http_server_config: {headers: {Server: x}}",
            "http_server_config.headers.Server: cannot be set; one of Strict-Transport-Security, "
            "X-Content-Type-Options, X-Frame-Options, X-XSS-Protection, Content-Security-Policy",
        ),
        (
            "http_server_config: {headers: {X-Frame-Options: allow}}",
            "http_server_config.headers.X-Frame-Options: 'allow' is no value of it; "
            "one of deny, sameorigin",
        ),
        (
            'http_server_config: {headers: {X-XSS-Protection: "a\\nb"}}',
            "http_server_config.headers.X-XSS-Protection: 'a\\nb' cannot stand in a header; write "
            "it in ASCII, on one line",
        ),
        (
            "rate_limit: {burst: 2, interval: 1d}",
            "rate_limit.interval: '1d' is no duration, for example 100ms or 1m30s",
        ),
        ("rate_limit: {interval: 1s}", "rate_limit.burst: 0 lets nobody in; at least 1"),
        ("[]", "is not a mapping; begin with 'tls_server_config:' or 'basic_auth_users:'"),
        ("a: 1\na: 2", "line 2: key 'a' is already on line 1; keep one"),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(text, problem):
    assert problems(text) == [problem]


@pytest.mark.parametrize("hashed", ["secret", HASH[:-1], HASH.replace("$10$", "$03$"), ""])
def test_a_password_that_is_no_hash_is_refused_and_not_shown(hashed):
    (problem,) = problems(f"basic_auth_users: {{prometheus: '{hashed}'}}")
    assert problem == (
        "basic_auth_users.prometheus: is no bcrypt hash of a password; "
        "'htpasswd -nBC 10 USER' makes one"
    )


@pytest.mark.parametrize("version", ["2a", "2b", "2y"])
def test_a_hash_of_any_program_is_taken(version):
    text = f"basic_auth_users: {{p: '{HASH.replace('2y', version)}'}}"
    assert parse_web_config(Path("web.yml"), text.encode()).users


def test_the_file_is_read_anew_at_each_look(tmp_path):
    path = tmp_path / "web.yml"
    file = WebConfigFile(path)
    path.write_text("")
    assert file.read().users == {}
    path.write_text(FULL)
    first = file.read()
    assert first.users == {"prometheus": HASH}
    assert file.read() is first


def test_a_file_that_is_gone_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"web.yml: 1 problem\n  cannot be read: No such file"):
        WebConfigFile(tmp_path / "web.yml").read()
