"""Connections are made by what the web configuration file says when they are opened."""

import shutil
import socket
import ssl
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import yaml
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from monitor.config.web_config import TLSConfig
from monitor.http.app_thread import AppThread
from monitor.http.tls import live_context, make_context, web_config_problems
from tests.parts.certificates import Authority, Certificate
from tests.parts.servers import find

SERVER = {"cert_file": "server.crt", "key_file": "server.key"}
VERIFIED = {"client_auth_type": "RequireAndVerifyClientCert", "client_ca_file": "authority.crt"}
HASH = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi"


@pytest.fixture(scope="module")
def authority(tmp_path_factory) -> Authority:
    authority = Authority.new(tmp_path_factory.mktemp("certificates"))
    authority.issue("server", "IP:127.0.0.1", "DNS:localhost")
    authority.issue("other", "IP:127.0.0.1")
    authority.issue("client", "DNS:prometheus.example", "IP:::1", "email:ops@example.org")
    return authority


@pytest.fixture
def folder(authority, tmp_path) -> Path:
    """A folder with the certificates, in which tests write the configuration."""
    shutil.copytree(authority.folder, tmp_path, dirs_exist_ok=True)
    return tmp_path


def write(folder: Path, **tls: object) -> Path:
    path = folder / "web.yml"
    path.write_text(yaml.safe_dump({"tls_server_config": tls}))
    return path


@pytest.fixture
def server(folder) -> Iterator[AppThread]:
    """A server by web.yml, which has TLS and nothing more at first."""
    app = Starlette(routes=[Route("/", lambda _: PlainTextResponse("hello"))])
    running = AppThread("127.0.0.1:0", app, live_context(write(folder, **SERVER)))
    running.start()
    yield running
    running.stop()


def client_context(folder: Path, name: str | None = None) -> ssl.SSLContext:
    """A context that trusts the authority and shows a certificate of it, or none."""
    context = ssl.create_default_context(cafile=str(folder / "authority.crt"))
    if name is not None:
        context.load_cert_chain(folder / f"{name}.crt", folder / f"{name}.key")
    return context


def ask(server: AppThread, context: ssl.SSLContext) -> str:
    return httpx.get(server.url, verify=context).text


def served(server: AppThread) -> str:
    """The serial number of the certificate that the server shows now."""
    host, port = server.address.split(":")
    command = ["openssl", "s_client", "-connect", f"{host}:{port}", "-showcerts"]
    said = subprocess.run(command, input=b"", capture_output=True, check=False).stdout
    command = ["openssl", "x509", "-noout", "-serial"]
    return subprocess.run(command, input=said, capture_output=True, check=True).stdout.decode()


def test_the_server_speaks_tls_and_says_so_in_its_address(folder, server):
    assert server.url.startswith("https://127.0.0.1:")
    assert ask(server, client_context(folder)) == "hello"
    with pytest.raises(httpx.TransportError):
        httpx.get(server.url.replace("https", "http"))


def test_without_tls_in_the_file_the_server_speaks_plain_http(folder):
    (folder / "web.yml").write_text(f"basic_auth_users: {{p: '{HASH}'}}")
    assert live_context(folder / "web.yml") is None
    assert live_context(None) is None


def test_a_new_certificate_in_the_old_place_is_shown_at_the_next_connection(folder, server):
    before = served(server)
    assert served(server) == before
    shutil.copy(folder / "other.crt", folder / "server.crt")
    shutil.copy(folder / "other.key", folder / "server.key")
    assert served(server) != before


def test_clients_are_asked_for_a_certificate_as_soon_as_the_file_says_so(folder, server):
    assert ask(server, client_context(folder)) == "hello"
    write(folder, **SERVER, **VERIFIED)
    assert ask(server, client_context(folder, "client")) == "hello"
    with pytest.raises(httpx.TransportError):
        ask(server, client_context(folder))


def test_a_certificate_of_another_authority_is_refused(folder, server, tmp_path_factory):
    write(folder, **SERVER, **VERIFIED)
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    stranger = Authority.new(elsewhere, "stranger").issue("client", "DNS:prometheus.example")
    context = client_context(folder)
    context.load_cert_chain(stranger.cert, stranger.key)
    with pytest.raises(httpx.TransportError):
        ask(server, context)


def test_a_certificate_that_is_given_is_verified_where_none_is_needed(folder, server):
    write(folder, **SERVER, **VERIFIED | {"client_auth_type": "VerifyClientCertIfGiven"})
    assert ask(server, client_context(folder)) == "hello"
    assert ask(server, client_context(folder, "client")) == "hello"
    context = client_context(folder)
    context.load_cert_chain(*_self_signed(folder))
    with pytest.raises(httpx.TransportError):
        ask(server, context)


def _self_signed(folder: Path) -> tuple[Path, Path]:
    made: Certificate = Authority.new(folder, "self").own
    return made.cert, made.key


@pytest.mark.parametrize("name", ["prometheus.example", "::1", "ops@example.org"])
def test_a_client_is_let_in_by_any_of_its_names(folder, server, name):
    write(folder, **SERVER, **VERIFIED, client_allowed_sans=["x", name])
    assert ask(server, client_context(folder, "client")) == "hello"
    with pytest.raises(httpx.TransportError):
        ask(server, client_context(folder, "other"))


def test_a_file_that_is_wrong_ends_connections_until_it_is_right_again(folder, server):
    path = write(folder, **SERVER, min_version="TLS9")
    with pytest.raises(httpx.TransportError):
        ask(server, client_context(folder))
    path.unlink()
    with pytest.raises(httpx.TransportError):
        ask(server, client_context(folder))
    write(folder, **SERVER)
    assert ask(server, client_context(folder)) == "hello"


@pytest.mark.parametrize(
    ("said", "wanted", "spoken"),
    [
        ({"min_version": "TLS13"}, ssl.TLSVersion.TLSv1_2, None),
        ({"min_version": "TLS10", "max_version": "TLS12"}, None, "TLSv1.2"),
        ({"cipher_suites": ["TLS_AES_128_GCM_SHA256"]}, ssl.TLSVersion.TLSv1_2, None),
        ({"curve_preferences": ["CurveP384", "X25519"]}, None, "TLSv1.3"),
    ],
)
def test_versions_are_spoken_as_the_file_says(folder, server, said, wanted, spoken):
    write(folder, **SERVER, **said)
    context = client_context(folder)
    if wanted is not None:
        context.maximum_version = wanted
    host, port = server.address.split(":")
    try:
        with (
            socket.create_connection((host, int(port))) as plain,
            context.wrap_socket(plain, server_hostname=host) as connection,
        ):
            assert connection.version() == spoken
    except ssl.SSLError:
        assert spoken is None


def test_the_suite_of_tls_1_2_is_the_one_in_the_file(folder, server):
    suite = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256"
    write(folder, **SERVER, max_version="TLS12", cipher_suites=[suite])
    host, port = server.address.split(":")
    with (
        socket.create_connection((host, int(port))) as plain,
        client_context(folder).wrap_socket(plain, server_hostname=host) as connection,
    ):
        assert connection.cipher()[0] == "ECDHE-ECDSA-CHACHA20-POLY1305"


def test_certificate_and_key_may_stand_in_the_file_itself(folder):
    texts = {kind: (folder / f"server.{kind}").read_text() for kind in ("crt", "key")}
    authority = (folder / "authority.crt").read_text()
    config = TLSConfig(
        cert=texts["crt"],
        key=texts["key"],
        client_ca=authority,
        client_auth_type="RequireAndVerifyClientCert",
    )
    context = make_context(config, folder / "web.yml")
    assert (context.verify_mode, len(context.get_ca_certs())) == (ssl.CERT_REQUIRED, 1)


@pytest.mark.parametrize(
    ("tls", "problem"),
    [
        ({"cert_file": "server.crt"}, "key_file: missing; TLS needs cert_file and key_file"),
        (
            SERVER | {"cert_file": "no.crt"},
            "cert_file: {folder}/no.crt cannot be read: No such file or directory",
        ),
        (
            SERVER | {"key_file": "other.key"},
            "key_file: {folder}/other.key is not the key of {folder}/server.crt",
        ),
        (
            SERVER | {"cert_file": "openssl.cnf"},
            "cert_file: {folder}/openssl.cnf and {folder}/server.key hold no certificate and its "
            "key in PEM (",
        ),
        (
            SERVER | VERIFIED | {"client_ca_file": "openssl.cnf"},
            "client_ca_file: {folder}/openssl.cnf holds no certificate in PEM "
            "(NO_CERTIFICATE_OR_CRL_FOUND)",
        ),
        (SERVER | {"min_version": "1.2"}, "min_version: '1.2' is no version; one of TLS10, "),
        (SERVER | {"max_version": "TLS11"}, "max_version: TLS11 is not spoken here; TLS12 or"),
        (
            SERVER | {"min_version": "TLS13", "max_version": "TLS12"},
            "min_version: TLS13 is above max_version: TLS12; lower it",
        ),
        (SERVER | {"cipher_suites": ["AES"]}, "cipher_suites: 'AES' is none; one of TLS_AES_"),
        (SERVER | {"curve_preferences": ["P1"]}, "curve_preferences: 'P1' is none; one of Curve"),
        (SERVER | {"client_auth_type": "Any"}, "client_auth_type: 'Any' is none; one of NoClient"),
        (
            SERVER | {"client_auth_type": "RequireAnyClientCert"},
            "client_auth_type: RequireAnyClientCert: a certificate that nobody verifies keeps "
            "nobody out, and is not supported; write RequireAndVerifyClientCert",
        ),
        (
            SERVER | {"client_ca_file": "authority.crt"},
            "client_ca_file: is set, and client_auth_type asks for no certificate; ",
        ),
        (
            SERVER | {"client_allowed_sans": ["a"]},
            "client_allowed_sans: needs client_auth_type: RequireAndVerifyClientCert",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_mend(folder, tls, problem):
    (said,) = web_config_problems(write(folder, **tls))
    begin = f"web_config: {folder}/web.yml: tls_server_config."
    assert said.startswith(begin + problem.format(folder=folder))


def test_a_key_with_a_password_is_refused_without_a_question(folder):
    command = ["openssl", "ec", "-in", str(folder / "server.key"), "-aes128"]
    command += ["-passout", "pass:secret", "-out", str(folder / "locked.key")]
    subprocess.run(command, check=True, capture_output=True)
    (said,) = web_config_problems(write(folder, **SERVER | {"key_file": "locked.key"}))
    assert "hold no certificate and its key in PEM" in said


AGREED = {
    "nothing": "",
    "users": f"basic_auth_users: {{p: {HASH}}}",
    "tls": "tls_server_config: {cert_file: server.crt, key_file: server.key}",
    "clients": "tls_server_config: {cert_file: server.crt, key_file: server.key, client_auth_type: "
    "RequireAndVerifyClientCert, client_ca_file: authority.crt, min_version: TLS13, "
    "cipher_suites: [TLS_RSA_WITH_AES_128_CBC_SHA], curve_preferences: [X25519]}",
    "requested": "tls_server_config: {cert_file: server.crt, key_file: server.key, "
    "client_auth_type: RequestClientCert, prefer_server_cipher_suites: false}",
    "headers": "http_server_config: {http2: true, headers: {Strict-Transport-Security: max-age=1}}",
    "no key": "tls_server_config: {cert_file: server.crt}",
    "no file": "tls_server_config: {cert_file: none.crt, key_file: server.key}",
    "wrong key": "tls_server_config: {cert_file: server.crt, key_file: other.key}",
    "wrong version": "tls_server_config: {cert_file: server.crt, key_file: server.key, "
    "min_version: TLS9}",
    "wrong cipher": "tls_server_config: {cert_file: server.crt, key_file: server.key, "
    "cipher_suites: [AES]}",
    "wrong curve": "tls_server_config: {cert_file: server.crt, key_file: server.key, "
    "curve_preferences: [P1]}",
    "wrong policy": "tls_server_config: {cert_file: server.crt, key_file: server.key, "
    "client_auth_type: Any}",
    "no policy": "tls_server_config: {cert_file: server.crt, key_file: server.key, "
    "client_ca_file: authority.crt}",
    "plain password": "basic_auth_users: {p: secret}",
    "unknown key": "basic_auth: {}",
    "unknown header": "http_server_config: {headers: {Server: x}}",
    "no mapping": "[]",
}


@pytest.mark.parametrize("text", AGREED.values(), ids=AGREED)
def test_a_file_is_right_where_promtool_says_so(folder, text):
    path = folder / "web.yml"
    path.write_text(text)
    command = [find("promtool"), "check", "web-config", str(path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (web_config_problems(path) == []) is (done.returncode == 0), done.stderr + done.stdout
