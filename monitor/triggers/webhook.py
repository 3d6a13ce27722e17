"""A webhook: the event is posted, signed as Standard Webhooks has it."""

import base64
import binascii
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import msgspec
from standardwebhooks import Webhook as Key

from monitor.config.triggers import TriggerConfig
from monitor.events.event import CONTENT_TYPE, Event
from monitor.triggers.posting import judge, post
from monitor.triggers.secret_file import read_secret
from monitor.triggers.trigger import RetryLaterError

PREFIX = "whsec_"
SHORTEST_KEY, LONGEST_KEY = 24, 64
"""Bytes of a key, as the specification has it."""


class Webhook:
    """Posts events to an address, so that the receiver can tell who sent them and when.

    Source: the Standard Webhooks specification (github.com/standard-webhooks/standard-webhooks),
    symmetric signatures. webhook-id is the event's id: a receiver drops the ids that it knows.
    """

    def __init__(self, config: TriggerConfig) -> None:
        """Take the address and the file of the key."""
        assert config.webhook is not None, "it is a webhook"
        assert config.secret_file is not None, "a webhook is signed"
        self._url = config.webhook
        self._secret_file = config.secret_file
        self._ca_file = config.ca_file

    async def deliver(self, event: Event) -> str:
        """Post an event; a signature is of now, so that a receiver takes a late delivery too."""
        body = msgspec.json.encode(event)
        headers = signed(event.id, datetime.now(UTC), body, read_keys(self._secret_file))
        return judge(await post(self._url, body, CONTENT_TYPE, headers, self._ca_file))


def signed(id_: str, now: datetime, body: bytes, keys: Sequence[str]) -> dict[str, str]:
    """Return the headers of Standard Webhooks, with one signature a key."""
    text = body.decode()
    return {
        "webhook-id": id_,
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": " ".join(Key(key).sign(id_, now, text) for key in keys),
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
