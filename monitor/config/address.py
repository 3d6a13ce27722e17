"""Network addresses as the configuration writes them: host:port."""

import re
from typing import Annotated

from pydantic import AfterValidator, WithJsonSchema

ADDRESS_PATTERN = r"^(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+):[0-9]{1,5}$"
LARGEST_PORT = 65_535


def split_address(address: str) -> tuple[str, int]:
    """Return the host and the port of 'host:port', of an IPv6 host without its brackets.

    Raises ValueError, in words for the user, for anything else.
    """
    host, _, port = address.rpartition(":")
    if not re.fullmatch(ADDRESS_PATTERN, address) or int(port) > LARGEST_PORT:
        raise ValueError(
            f"{address!r} is not host:port with a port up to {LARGEST_PORT}, "
            "for example 'localhost:9092' or '[::1]:9092'"
        )
    return host.strip("[]"), int(port)


def _require_address(address: str) -> str:
    split_address(address)
    return address


Address = Annotated[
    str,
    AfterValidator(_require_address),
    WithJsonSchema({"type": "string", "pattern": ADDRESS_PATTERN}),
]
"""A host and its port, as 'host:port'."""
