"""Argo Events: the event is posted to a webhook event source, whose sensors start what they do."""

import msgspec

from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event
from monitor.triggers.posting import JSON, judge, post
from monitor.triggers.secret_file import bearer


class ArgoEvents:
    """Posts events to one event source; sensors find them below ``body``."""

    def __init__(self, config: TriggerConfig) -> None:
        """Take the event source's address and the file of its token."""
        assert config.argo_events is not None, "it is an event source of Argo"
        self._source = config.argo_events
        self._ca_file = config.ca_file

    async def deliver(self, event: Event) -> str:
        """Post an event."""
        headers = bearer("argo_events.token_file", self._source.token_file)
        body = msgspec.json.encode(event)
        return judge(await post(self._source.url, body, JSON, headers, self._ca_file))
