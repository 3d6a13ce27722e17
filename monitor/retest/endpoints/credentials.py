"""What proves to an endpoint who asks, read from files when a run begins."""

from pathlib import Path

import httpx
from pydantic import SecretStr

from monitor.config.credentials import CredentialsConfig
from monitor.retest.model import EndpointError


def secret_headers(credentials: CredentialsConfig) -> dict[str, str]:
    """Return the headers whose values are secrets.

    Raises EndpointError where a file cannot be read or holds what no header can.
    """
    headers = {
        name: _read(f"header_files.{name}", path) for name, path in credentials.header_files.items()
    }
    token = _secret(credentials.bearer_token, "bearer_token_file", credentials.bearer_token_file)
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    return headers


def login(credentials: CredentialsConfig) -> httpx.BasicAuth | None:
    """Return the user and password, None where there is none; raises as secret_headers."""
    if credentials.username is None:
        return None
    password = _secret(credentials.password, "password_file", credentials.password_file)
    return httpx.BasicAuth(credentials.username, password or "")


def _secret(value: SecretStr | None, key: str, path: Path | None) -> str | None:
    if value is not None:
        return value.get_secret_value()
    return None if path is None else _read(key, path)


def _read(key: str, path: Path) -> str:
    where = f"endpoint.credentials.{key}: {path}"
    try:
        text = path.read_text().strip()
    except (OSError, UnicodeDecodeError) as error:
        told = error.strerror if isinstance(error, OSError) else "it is no text"
        raise EndpointError("credentials", f"{where} cannot be read: {told}") from None
    if not text or not text.isascii() or not text.isprintable():
        raise EndpointError(
            "credentials", f"{where} does not hold one line of ASCII, as a header's value is"
        )
    return text
