"""TLS of the HTTP server, by a web configuration file that is read anew at each connection."""

import ipaddress
import os
import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import structlog

from monitor.config.errors import ConfigError
from monitor.config.web_config import TLSConfig, WebConfigFile
from monitor.http.ciphers import CIPHERS, CURVES, ONLY_1_3

log = structlog.get_logger()

SECTION = "tls_server_config"
VERSIONS = {
    "TLS10": ssl.TLSVersion.TLSv1_2,
    "TLS11": ssl.TLSVersion.TLSv1_2,
    "TLS12": ssl.TLSVersion.TLSv1_2,
    "TLS13": ssl.TLSVersion.TLSv1_3,
}
"""What is spoken where a version is the least: nothing older than 1.2."""

CLIENTS = {
    "": ssl.CERT_NONE,
    "NoClientCert": ssl.CERT_NONE,
    "RequestClientCert": ssl.CERT_NONE,
    "VerifyClientCertIfGiven": ssl.CERT_OPTIONAL,
    "RequireAndVerifyClientCert": ssl.CERT_REQUIRED,
}
"""Which clients are let in. One that is asked for and not verified keeps nobody out."""

UNVERIFIED = ("RequireAnyClientCert", "RequireClientCert")


def live_context(path: Path | None) -> ssl.SSLContext | None:
    """Return the context of a server by its web configuration, None where that has no TLS.

    Raises ConfigError.
    """
    if path is None:
        return None
    file = WebConfigFile(path)
    return LiveContext(file) if file.read().tls.enabled else None


class LiveContext(ssl.SSLContext):
    """Makes each connection by what the file says when it is opened, as Prometheus does.

    It is a context only because asyncio takes nothing else. While the file or a certificate
    cannot be used, connections end in an alert, and the log says why.
    """

    def __new__(cls, file: WebConfigFile) -> "LiveContext":  # noqa: ARG004
        """Make the context that asyncio sees."""
        return super().__new__(cls, ssl.PROTOCOL_TLS_SERVER)

    def __init__(self, file: WebConfigFile) -> None:
        """Take the file; nothing is read yet."""
        self._file = file
        self._read: tuple[TLSConfig, list[bytes]] | None = None
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)

    def wrap_bio(self, *arguments: Any, **options: Any) -> ssl.SSLObject:
        """Return a connection's TLS."""
        try:
            self._refresh()
        except ConfigError as error:
            log.error("web_config_unusable", problem=str(error))
            # It has no certificate, so that the handshake fails by the rules.
            return ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).wrap_bio(*arguments, **options)
        return self._context.wrap_bio(*arguments, **options)

    def _refresh(self) -> None:
        config = self._file.read().tls
        read = (config, _contents(config, self._file.path))
        if read != self._read:
            self._context = make_context(config, self._file.path)
            self._read = read


def make_context(config: TLSConfig, path: Path) -> ssl.SSLContext:
    """Return the context that a configuration describes. Raises ConfigError.

    path: of the file of the configuration, in whose folder relative paths begin.
    """
    problems = [f"{SECTION}.{key}: {wrong}" for key, wrong in _problems(config)]
    if problems:
        raise ConfigError(path, problems)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = VERSIONS[config.min_version]
    context.maximum_version = VERSIONS[config.max_version]
    if not config.prefer_server_cipher_suites:
        context.options &= ~ssl.OP_CIPHER_SERVER_PREFERENCE
    if config.cipher_suites:
        _choose_ciphers(context, config.cipher_suites)
    if config.curve_preferences:
        context.set_ecdh_curve(CURVES[config.curve_preferences[0]])
    _load_certificate(context, config, path)
    _verify_clients(context, config, path)
    return context


def web_config_problems(path: Path | None) -> list[str]:
    """Return what is wrong with a web configuration file and with what it names."""
    if path is None:
        return []
    file = WebConfigFile(path)
    try:
        config = file.read()
        if config.tls.enabled:
            make_context(config.tls, path)
    except ConfigError as error:
        return [f"web_config: {error.path}: {problem}" for problem in error.problems]
    return []


def _problems(config: TLSConfig) -> Iterator[tuple[str, str]]:
    """Yield each key that is wrong, and what is."""
    for kind in ("cert", "key"):
        if not (getattr(config, kind) or getattr(config, f"{kind}_file")):
            yield f"{kind}_file", "missing; TLS needs cert_file and key_file"
    for key, value in (("min_version", config.min_version), ("max_version", config.max_version)):
        if value not in VERSIONS:
            yield key, f"{value!r} is no version; one of {', '.join(VERSIONS)}"
    if config.max_version in ("TLS10", "TLS11"):
        yield "max_version", f"{config.max_version} is not spoken here; TLS12 or TLS13"
    elif (config.min_version, config.max_version) == ("TLS13", "TLS12"):
        yield "min_version", "TLS13 is above max_version: TLS12; lower it"
    for name in config.cipher_suites:
        if name not in CIPHERS and name not in ONLY_1_3:
            yield "cipher_suites", f"{name!r} is none; one of {', '.join([*ONLY_1_3, *CIPHERS])}"
    for name in config.curve_preferences:
        if name not in CURVES:
            yield "curve_preferences", f"{name!r} is none; one of {', '.join(CURVES)}"
    yield from _client_problems(config)


def _client_problems(config: TLSConfig) -> Iterator[tuple[str, str]]:
    kind = config.client_auth_type
    if kind in UNVERIFIED:
        wrong = "a certificate that nobody verifies keeps nobody out, and is not supported"
        yield "client_auth_type", f"{kind}: {wrong}; write RequireAndVerifyClientCert"
    elif kind not in CLIENTS:
        yield "client_auth_type", f"{kind!r} is none; one of {', '.join(filter(None, CLIENTS))}"
    elif kind in ("", "NoClientCert") and (config.client_ca_file or config.client_ca):
        wrong = "is set, and client_auth_type asks for no certificate"
        yield "client_ca_file", f"{wrong}; write RequireAndVerifyClientCert there"
    if config.client_allowed_sans is not None and kind != "RequireAndVerifyClientCert":
        yield "client_allowed_sans", "needs client_auth_type: RequireAndVerifyClientCert"


def _choose_ciphers(context: ssl.SSLContext, names: Sequence[str]) -> None:
    """Allow some suites; without one of TLS 1.2, only 1.3 is spoken, whose suites are fixed."""
    older = [CIPHERS[name] for name in names if name in CIPHERS]
    if older:
        context.set_ciphers(":".join(older))
    else:
        context.minimum_version = ssl.TLSVersion.TLSv1_3


def _load_certificate(context: ssl.SSLContext, config: TLSConfig, path: Path) -> None:
    with (
        _on_disk(config, "cert", path) as (cert, cert_name),
        _on_disk(config, "key", path) as (key, key_name),
    ):
        try:
            context.load_cert_chain(cert, key, password="")  # never ask at the terminal
        except ssl.SSLError as error:
            if error.reason == "KEY_VALUES_MISMATCH":
                wrong = f"key_file: {key_name} is not the key of {cert_name}"
            else:
                said = f"hold no certificate and its key in PEM ({error.reason or error})"
                wrong = f"cert_file: {cert_name} and {key_name} {said}"
            raise ConfigError(path, [f"{SECTION}.{wrong}"]) from None


def _verify_clients(context: ssl.SSLContext, config: TLSConfig, path: Path) -> None:
    context.verify_mode = CLIENTS[config.client_auth_type]
    if context.verify_mode is ssl.CERT_NONE:
        return
    if config.client_ca_file or config.client_ca:
        with _on_disk(config, "client_ca", path) as (authority, name):
            try:
                context.load_verify_locations(authority)
            except ssl.SSLError as error:
                said = f"{name} holds no certificate in PEM ({error.reason or error})"
                raise ConfigError(path, [f"{SECTION}.client_ca_file: {said}"]) from None
    else:
        context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    if config.client_allowed_sans is not None:
        context.sslobject_class = _admitting(config.client_allowed_sans)


def _admitting(names: Sequence[str]) -> type[ssl.SSLObject]:
    """Return the kind of connection whose client must be certified for one of some names."""

    class Admitting(ssl.SSLObject):
        def do_handshake(self) -> None:
            super().do_handshake()
            if not set(names) & set(_names_of(self.getpeercert() or {})):
                raise ssl.SSLCertVerificationError("no allowed name is in the client's certificate")

    return Admitting


def _names_of(certificate: Any) -> Iterator[str]:
    for kind, name in certificate.get("subjectAltName", ()):
        yield str(ipaddress.ip_address(name.strip())) if kind == "IP Address" else name


def _contents(config: TLSConfig, path: Path) -> list[bytes]:
    """Return what the named files hold. Raises ConfigError for one that cannot be read."""
    keys = ("cert_file", "key_file", "client_ca_file")
    named = [(key, getattr(config, key)) for key in keys]
    return [_read(key, path.parent / name, path) for key, name in named if name]


def _read(key: str, file: Path, path: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as error:
        wrong = f"{SECTION}.{key}: {file} cannot be read: {error.strerror}"
        raise ConfigError(path, [wrong]) from None


@contextmanager
def _on_disk(config: TLSConfig, kind: str, path: Path) -> Iterator[tuple[str, str]]:
    """Give where a certificate or key lies, and how to call it; a text lies in memory only."""
    text, name = getattr(config, kind), getattr(config, f"{kind}_file")
    if name:
        file = path.parent / name
        _read(f"{kind}_file", file, path)
        yield str(file), str(file)
        return
    descriptor = os.memfd_create(kind)
    try:
        os.write(descriptor, text.encode())
        yield f"/proc/self/fd/{descriptor}", f"the text of {kind}"
    finally:
        os.close(descriptor)
