"""A real Prometheus scrapes a real daemon over TLS, with a certificate and as a user."""

import os
import ssl
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import bcrypt
import httpx
import pytest

from tests.e2e.small_model import FILES, append, build, configure, counted, lines
from tests.parts.certificates import Authority
from tests.parts.daemon import DaemonProcess, refusal
from tests.parts.prometheus import START_S, Prometheus

RECORDS = 12_000
USER = ("prometheus", "open sesame")
TLS = """
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.crt
"""


def allow(web_config: Path, user: str, password: str) -> None:
    """Let one user in."""
    hashed = bcrypt.hashpw(password.encode(), bcrypt.gensalt(8)).decode()
    web_config.write_text(f"{TLS}basic_auth_users:\n  {user}: {hashed}\n")


@pytest.fixture
def config(tmp_path) -> Path:
    """A daemon with certificates, a user, and records whose ``b`` is shifted."""
    authority = Authority.new(tmp_path)
    authority.issue("server", "IP:127.0.0.1")
    authority.issue("client", "DNS:prometheus.example")
    allow(tmp_path / "web.yml", *USER)
    (tmp_path / "password").write_text(USER[1])
    (tmp_path / "user").write_text(":".join(USER))
    config = configure(tmp_path / "driftd.yaml", FILES, "m.predictions", web_config="web.yml")
    build(config)
    append(tmp_path, "m.predictions", lines(RECORDS, seed=7, b_shift=0.5))
    return config


def get(daemon: DaemonProcess, path: str) -> Any:
    """Return what the API answers to the user."""
    return client(daemon).get(path).json()


def client(daemon: DaemonProcess) -> httpx.Client:
    folder = daemon.config.parent
    context = ssl.create_default_context(cafile=str(folder / "authority.crt"))
    context.load_cert_chain(folder / "client.crt", folder / "client.key")
    return httpx.Client(base_url=daemon.address(), verify=context, auth=USER)


def prometheus(folder: Path, daemon: DaemonProcess) -> Prometheus:
    scrape = {
        "scheme": "https",
        "tls_config": {
            "ca_file": str(folder / "authority.crt"),
            "cert_file": str(folder / "client.crt"),
            "key_file": str(folder / "client.key"),
        },
        "basic_auth": {"username": USER[0], "password_file": str(folder / "password")},
    }
    return Prometheus(folder, daemon.address().removeprefix("https://"), scrape=scrape)


def wait_for_error(server: Prometheus, wanted: str) -> None:
    """Wait until a scrape ends as wanted: with an error, or with "" for none."""
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline:
        state = server.target_state()
        if wanted == "" and state["health"] == "up":
            return
        if wanted and wanted in state["lastError"]:
            return
        time.sleep(0.2)
    raise AssertionError(f"{wanted!r} did not come: {server.target_state()}")


def test_prometheus_scrapes_over_tls_as_a_user_until_the_file_lets_in_others(config):
    folder = config.parent
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: counted(get(daemon, "/api/v1/models/m")) == RECORDS)
        with prometheus(folder, daemon) as server:
            server.wait_for_scrapes(2)
            assert server.value("sum(driftd_records_total)") == RECORDS
            shares = 'sum by (of) (driftd_distribution_ratio{feature="b"})'
            told = {each["metric"]["of"]: float(each["value"][1]) for each in server.query(shares)}
            assert told == pytest.approx({"reference": 1, "current": 1})
            allow(folder / "web.yml", "another", "password")
            wait_for_error(server, "401 Unauthorized")
            allow(folder / "web.yml", *USER)
            wait_for_error(server, "")


def test_a_feature_is_told_as_it_was_and_as_it_is(config):
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: counted(get(daemon, "/api/v1/models/m")) == RECORDS)
        (stream,) = get(daemon, "/api/v1/models/m/features/b")["streams"]
        assert (stream["reference"]["records"], sum(stream["reference"]["counts"])) == (2000, 2000)
        window = stream["windows"][1]
        counts = window["histogram"]["counts"]
        assert sum(counts) == window["histogram"]["records"] > 0
        assert sum(counts[17:]) > 1.5 * sum(counts[:17])
        assert window["words"].startswith("shifted up by 0.")


def test_status_asks_over_tls_as_a_user(config):
    with DaemonProcess(config) as daemon:
        daemon.wait_for(lambda: client(daemon).get("/-/ready").status_code == 200)
        command = [sys.executable, "-m", "monitor", "status", daemon.address()]
        command += ["--ca-file", "authority.crt", "--cert-file", "client.crt"]
        command += ["--key-file", "client.key", "--user-file", "user"]
        environment = os.environ | {"PYTHONPATH": str(Path.cwd())}
        shown = subprocess.run(
            command, cwd=config.parent, env=environment, capture_output=True, text=True, check=False
        )
        assert (shown.returncode in (0, 1), shown.stderr) == (True, "")
        assert "files, " in shown.stdout


def test_a_daemon_does_not_start_without_its_certificate(config):
    (config.parent / "server.key").unlink()
    said = refusal(config)
    assert f"web_config: {config.parent}/web.yml: tls_server_config.key_file: " in said
    assert "server.key cannot be read: No such file or directory" in said
