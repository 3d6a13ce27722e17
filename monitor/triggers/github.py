"""GitHub: the event is a repository_dispatch, on which workflows of the repository run."""

from urllib.parse import quote

import msgspec

from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event
from monitor.triggers.posting import JSON, judge, post
from monitor.triggers.secret_file import bearer

API_VERSION = "2022-11-28"


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
        """Dispatch an event, whole, under one key: the payload may have ten."""
        github = self._github
        place = f"{quote(github.owner, safe='')}/{quote(github.repository, safe='')}"
        headers = {
            "Accept": "application/vnd.github+json",
            "X-GitHub-Api-Version": API_VERSION,
            **bearer("github.token_file", github.token_file),
        }
        body = {"event_type": github.event_type, "client_payload": {"event": event}}
        content = msgspec.json.encode(body)
        url = f"{github.url}/repos/{place}/dispatches"
        return judge(await post(url, content, JSON, headers, self._ca_file))
