"""Signatures of Standard Webhooks: who sent a message, and when."""

import base64
import binascii
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from standardwebhooks import Webhook

from monitor.triggers.secret_file import read_secret
from monitor.triggers.trigger import RetryLaterError

PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64
"""Bytes of a key, as the specification has it."""


def signed(id_: str, now: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers of Standard Webhooks, with one signature a key.

    Source: the Standard Webhooks specification
    (github.com/standard-webhooks/standard-webhooks), symmetric signatures.
    """
    text = body.decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Webhook(key).sign(id_, now, text) for key in keys),
    }


def read_keys(path: Path) -> list[str]:
    """Return the keys in a file, one a line. Raises RetryLaterError where one is none."""
    keys = read_secret("secret_file", path).split()
    for key in keys:
        if not is_key(key):
            raise RetryLaterError(
                f"secret_file: {path} does not hold a key: {SHORTEST_KEY} to {LONGEST_KEY} bytes "
                "in base64, as `openssl rand -base64 32` makes them"
            )
    return keys


def is_key(text: str) -> bool:
    """Tell whether a text is a key of Standard Webhooks, with whsec_ before it or not.

    >>> is_key("whsec_ZHJpZnRkLWV4YW1wbGUta2V5LTI0Ynl0"), is_key("hunter2")
    (True, False)
    """
    try:
        key = base64.b64decode(text.removeprefix(PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return False
    return SHORTEST_KEY <= len(key) <= LONGEST_KEY
