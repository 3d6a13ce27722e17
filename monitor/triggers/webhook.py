"""A webhook: the event is posted, signed as Standard Webhooks has it."""

from datetime import UTC, datetime

import msgspec

from monitor.config.triggers import TriggerConfig
from monitor.events.event import CONTENT_TYPE, Event
from monitor.triggers.posting import judge, post
from monitor.triggers.signing import read_keys, signed


class Webhook:
    """Posts events to an address, so that the receiver can tell who sent them and when.

    webhook-id is the event's id: a receiver drops the ids that it knows.
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
