"""Prometheus' web configuration file: TLS, users and headers of the HTTP server."""

import re
from collections.abc import Iterator
from pathlib import Path

import msgspec
from msgspec import field

from monitor.config.document import parse_document
from monitor.config.errors import ConfigError

BCRYPT = re.compile(r"\$2[aby]\$(0[4-9]|[12][0-9]|3[01])\$[./A-Za-z0-9]{53}")

UNITS = {"ns": 1e-9, "us": 1e-6, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
PART = re.compile(rf"([0-9]+(?:\.[0-9]*)?)({'|'.join(UNITS)})")

HEADERS = {
    "Strict-Transport-Security": (),
    "X-Content-Type-Options": ("nosniff",),
    "X-Frame-Options": ("deny", "sameorigin"),
    "X-XSS-Protection": (),
    "Content-Security-Policy": (),
}
"""Headers that may be set, and their only values where not any will do."""


class TLSConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section tls_server_config, with Prometheus' keys and defaults.

    cert, key, client_ca: as text in place of a file.
    """

    cert: str = ""
    key: str = ""
    client_ca: str = ""
    cert_file: str = ""
    key_file: str = ""
    client_ca_file: str = ""
    client_auth_type: str = ""
    client_allowed_sans: list[str] | None = None
    cipher_suites: list[str] = field(default_factory=list)
    curve_preferences: list[str] = field(default_factory=list)
    min_version: str = "TLS12"
    max_version: str = "TLS13"
    prefer_server_cipher_suites: bool = True

    @property
    def enabled(self) -> bool:
        """Whether the server speaks TLS."""
        parts = (self.cert, self.key, self.client_ca, self.cert_file, self.key_file)
        return any((*parts, self.client_ca_file, self.client_auth_type))


class HTTPConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section http_server_config. http2: is taken, and HTTP/1.1 spoken all the same."""

    http2: bool = True
    headers: dict[str, str] = field(default_factory=dict)


class RateLimit(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The section rate_limit: ``burst`` requests at once, and one more after each interval.

    interval: as Go writes durations; 0s for no limit.
    """

    burst: int = 0
    interval: str | int = 0

    @property
    def interval_s(self) -> float | None:
        """The interval in seconds, None for what is no duration."""
        return self.interval / 1e9 if isinstance(self.interval, int) else seconds(self.interval)


class WebConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The whole file. basic_auth_users: bcrypt hashes of passwords by user.

    Source: Prometheus, HTTPS and authentication; github.com/prometheus/exporter-toolkit,
    docs/web-configuration.md.
    """

    tls_server_config: TLSConfig | None = None
    http_server_config: HTTPConfig | None = None
    rate_limit: RateLimit | None = None
    basic_auth_users: dict[str, str] | None = None

    @property
    def tls(self) -> TLSConfig:
        """What is said of TLS."""
        return self.tls_server_config or TLSConfig()

    @property
    def headers(self) -> dict[str, str]:
        """Headers that every answer gets."""
        return {} if self.http_server_config is None else self.http_server_config.headers

    @property
    def limit(self) -> RateLimit | None:
        """How many requests are served, None where all are."""
        return self.rate_limit if self.rate_limit and self.rate_limit.interval_s else None

    @property
    def users(self) -> dict[str, str]:
        """Hashes of passwords by user; without any, nobody is asked who they are."""
        return self.basic_auth_users or {}


class WebConfigFile:
    """The file, which is read anew each time that it is asked for."""

    def __init__(self, path: Path) -> None:
        """Take where it lies; nothing is read yet."""
        self.path = path
        self._content: bytes | None = None
        self._config = WebConfig()

    def read(self) -> WebConfig:
        """Return what the file says now. Raises ConfigError, without a secret in it.

        What it said before is kept, so that a file that did not change is read and not parsed.
        """
        try:
            content = self.path.read_bytes()
        except OSError as error:
            raise ConfigError(self.path, [f"cannot be read: {error.strerror}"]) from None
        if content != self._content:
            self._config = parse_web_config(self.path, content)
            self._content = content
        return self._config


def parse_web_config(path: Path, content: bytes) -> WebConfig:
    """Return what the content of a file says. Raises ConfigError, without a secret in it."""
    document = parse_document(path, content, "'tls_server_config:' or 'basic_auth_users:'")
    sections = {key: value for key, value in (document or {}).items() if value is not None}
    try:
        config = msgspec.convert(sections, WebConfig)
    except msgspec.ValidationError as error:
        raise ConfigError(path, [_told(error)]) from None
    problems = [*_wrong_users(config), *_wrong_headers(config), *_wrong_limit(config)]
    if problems:
        raise ConfigError(path, problems)
    return config


def _wrong_users(config: WebConfig) -> Iterator[str]:
    for user, hashed in config.users.items():
        if not BCRYPT.fullmatch(hashed):
            yield (
                f"basic_auth_users.{user}: is no bcrypt hash of a password; "
                "'htpasswd -nBC 10 USER' makes one"
            )


def _wrong_headers(config: WebConfig) -> Iterator[str]:
    for name, value in config.headers.items():
        key = f"http_server_config.headers.{name}"
        if name not in HEADERS:
            yield f"{key}: cannot be set; one of {', '.join(HEADERS)}"
        elif HEADERS[name] and value not in HEADERS[name]:
            yield f"{key}: {value!r} is no value of it; one of {', '.join(HEADERS[name])}"
        elif not (value.isascii() and value.isprintable()):
            yield f"{key}: {value!r} cannot stand in a header; write it in ASCII, on one line"


def _wrong_limit(config: WebConfig) -> Iterator[str]:
    limit = config.rate_limit or RateLimit()
    if limit.interval_s is None or limit.interval_s < 0:
        yield f"rate_limit.interval: {limit.interval!r} is no duration, for example 100ms or 1m30s"
    elif limit.interval_s and limit.burst < 1:
        yield f"rate_limit.burst: {limit.burst} lets nobody in; at least 1"


def seconds(text: str) -> float | None:
    """Return the seconds of a duration as Go writes it, None for what is none.

    Source: Go, time.ParseDuration.

    >>> seconds("1m30s"), seconds("1.5ms"), seconds("0"), seconds("1d")
    (90.0, 0.0015, 0.0, None)
    """
    if text == "0":
        return 0.0
    parts = PART.findall(text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    return sum(float(number) * UNITS[unit] for number, unit in parts)


def _told(error: msgspec.ValidationError) -> str:
    """Return what is of a wrong type or unknown, with its key in front."""
    wrong, _, place = str(error).partition(" - at `")
    unknown = re.fullmatch(r"Object contains unknown field `(.*)`", wrong)
    key = place.removesuffix("`").removeprefix("$").removeprefix(".")
    if unknown is not None:
        return f"{f'{key}.' if key else ''}{unknown[1]}: unknown key"
    return f"{key}: {wrong[0].lower()}{wrong[1:]}"
