"""`driftd status` of a daemon with TLS and users."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import bcrypt
import pytest
from prometheus_client import CollectorRegistry

from monitor.http.app import build_app
from monitor.http.app_thread import AppThread
from monitor.http.basic_auth import Guard
from monitor.http.exposition import Exposition
from monitor.http.tls import live_context
from monitor.view import Board
from tests.monitor.http.views import a_calm_stream, a_model, a_view
from tests.parts.certificates import Authority

HASH = bcrypt.hashpw(b"sesame", bcrypt.gensalt(4)).decode()
WEB_CONFIG = f"""
tls_server_config:
  cert_file: server.crt
  key_file: server.key
  client_auth_type: RequireAndVerifyClientCert
  client_ca_file: authority.crt
basic_auth_users: {{ann: {HASH}}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A folder with certificates and the files of a user."""
    folder = tmp_path_factory.mktemp("access")
    authority = Authority.new(folder)
    authority.issue("server", "IP:127.0.0.1")
    authority.issue("client", "DNS:ann.example")
    (folder / "web.yml").write_text(WEB_CONFIG)
    (folder / "user").write_text("ann:sesame\n")
    (folder / "nameless").write_text("sesame\n")
    return folder


@pytest.fixture(scope="module")
def url(folder) -> Iterator[str]:
    """The address of a calm daemon that wants a certificate and a user."""
    board = Board()
    board.publish(a_view(models=(a_model(streams=(a_calm_stream(),)),)))
    app = build_app(board, Exposition(board, CollectorRegistry()))
    path = folder / "web.yml"
    server = AppThread("127.0.0.1:0", Guard(app, path, None), live_context(path))
    server.start()
    yield server.url
    server.stop()


def status(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "monitor", "status", *arguments]
    root = Path(__file__).parents[3]
    return subprocess.run(
        command,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(root)} | environment,
    )


CA = ("--ca-file", "authority.crt")
CERTIFIED = (*CA, "--cert-file", "client.crt", "--key-file", "client.key")


def test_the_user_comes_from_a_file(folder, url):
    shown = status(folder, url, *CERTIFIED, "--user-file", "user")
    assert (shown.returncode, shown.stderr) == (0, "")
    assert "calm" in shown.stdout


def test_the_user_comes_from_the_environment(folder, url):
    shown = status(folder, url, *CERTIFIED, DRIFTD_USER="ann:sesame")
    assert (shown.returncode, shown.stderr) == (0, "")


@pytest.mark.parametrize(
    ("options", "mend"),
    [
        ((), "name the authority of its certificate with --ca-file"),
        (CA, "want a client's certificate (--cert-file, --key-file)?"),
        (CERTIFIED, "lets in only users of its web_config; name one as 'name:password'"),
        ((*CERTIFIED, "--user-file", "nameless"), "nameless does not hold a user as"),
        ((*CERTIFIED, "--user-file", "none"), "No such file or directory: 'none'"),
        (("--ca-file", "none"), "none: No such file or directory; name files that can be read"),
        (("--ca-file", "user"), "user: [X509: NO_CERTIFICATE_OR_CRL_FOUND] no certificate"),
    ],
)
def test_what_is_missing_is_told_with_2(folder, url, options, mend):
    shown = status(folder, url, *options)
    assert (shown.returncode, shown.stdout) == (2, "")
    assert mend in shown.stderr
    assert "Traceback" not in shown.stderr


def test_a_url_of_the_other_kind_is_told(folder, url):
    shown = status(folder, url.replace("https", "http"))
    assert shown.returncode == 2
    assert "does it speak TLS (https:// in the URL)" in shown.stderr
