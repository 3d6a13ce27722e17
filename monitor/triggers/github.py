"""GitHub: the event is a repository_dispatch, on which workflows of the repository run."""

from urllib.parse import quote

import msgspec
from msgspec.structs import replace

from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event
from monitor.triggers.posting import JSON, judge, post
from monitor.triggers.secret_file import bearer

API_VERSION = "2022-11-28"
MOST_BYTES = 64_000
"""Of a payload, which must be less than 64 KB."""


class GitHub:
    """Dispatches events to one repository; workflows find them in github.event.client_payload.

    GitHub keeps no ids: an event that is delivered twice starts two runs, whose concurrency group
    may be github.event.client_payload.event.id.

    Source: the REST API of GitHub, "Create a repository dispatch event".
    """

    def __init__(self, config: TriggerConfig) -> None:
        """Take the repository and the file of the token."""
        assert config.github is not None, "it is a repository"
        self._github = config.github
        self._ca_file = config.ca_file

    async def deliver(self, event: Event) -> str:
        """Dispatch an event, as large as GitHub takes, under one key: the payload may have ten."""
        github = self._github
        place = f"{quote(github.owner, safe='')}/{quote(github.repository, safe='')}"
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            **bearer("github.token_file", github.token_file),
        }
        payload = {"event": fitting(event, MOST_BYTES)}
        body = {"event_type": github.event_type, "client_payload": payload}
        content = msgspec.json.encode(body)
        url = f"{github.url}/repos/{place}/dispatches"
        return judge(await post(url, content, JSON, headers, self._ca_file))


def fitting(event: Event, most_bytes: int) -> Event:
    """Return an event with as many of its features, the first ones, as a length of JSON holds.

    ``drifted`` counts them all, and the API of driftd has them. One without features that is too
    long stays so, for the receiver to refuse.
    """
    data = event.data
    while data.features and len(msgspec.json.encode(event)) > most_bytes:
        data = replace(data, features=data.features[: len(data.features) // 2])
        event = replace(event, data=data)
    return event
