"""Addresses of receivers on the web: http:// or https://, without a user."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

from monitor.config.errors import show_value

BASE_PATTERN = r"^https?://[^\s/?#@]+(/[^\s?#]*)?$"
ADDRESS_PATTERN = r"^https?://[^\s/?#@]+([/?][^\s#]*)?$"

WRONG = (
    "{} is not an address; http:// or https://, a host and a path, without a user and a part "
    "after '#'{}, for example {}"
)


def _require_address(address: str) -> str:
    if not re.fullmatch(ADDRESS_PATTERN, address):
        raise ValueError(WRONG.format(_shown(address), "", "'https://hooks.example/driftd'"))
    return address


def _require_base(address: str) -> str:
    if not re.fullmatch(BASE_PATTERN, address):
        raise ValueError(WRONG.format(_shown(address), " or '?'", "'https://airflow.example'"))
    return address.rstrip("/")


def _shown(address: str) -> str:
    """Return an address as a message may hold it: without the user and the password."""
    return show_value(re.sub(r"^([a-z]+://)[^/]*@", r"\1…@", address))


WebAddress = Annotated[
    str,
    AfterValidator(_require_address),
    WithJsonSchema({"type": "string", "pattern": ADDRESS_PATTERN}),
]
"""Where exactly something is posted to; it may hold a query."""

BaseAddress = Annotated[
    str,
    AfterValidator(_require_base),
    WithJsonSchema({"type": "string", "pattern": BASE_PATTERN}),
]
"""Where a service is, below which its API lies; without a slash at the end."""


def host_of(address: str) -> str:
    """Return scheme, host and port of an address: what can be shown where the rest is secret.

    >>> host_of("https://hooks.example:8443/T0/secret?token=1")
    'https://hooks.example:8443'
    """
    found = re.match(r"https?://[^/?#]+", address)
    assert found is not None, "an address has a host"
    return found.group()
