"""Argo Workflows: the event submits a workflow template, as a workflow named after the event."""

from urllib.parse import quote

import msgspec

from monitor.config.triggers import TriggerConfig
from monitor.events.event import Event
from monitor.triggers.posting import JSON, judge, post
from monitor.triggers.secret_file import bearer

KNOWN = (409,)
"""A workflow of this name is there, for an event that was delivered before."""


class ArgoWorkflows:
    """Submits one template through the API of the Argo server."""

    def __init__(self, config: TriggerConfig) -> None:
        """Take where the server is, and the file of the token."""
        assert config.argo_workflows is not None, "it is a template of Argo"
        self._argo = config.argo_workflows
        self._ca_file = config.ca_file

    async def deliver(self, event: Event) -> str:
        """Submit the template; the name is the event's id, so that a repeat submits none."""
        argo = self._argo
        url = f"{argo.url}/api/v1/workflows/{quote(argo.namespace, safe='')}/submit"
        body = {
            "resourceKind": "WorkflowTemplate",
            "resourceName": argo.template,
            "submitOptions": {
                "name": f"driftd-{event.id}".lower(),  # as Kubernetes names things
                "parameters": [f"{name}={value}" for name, value in parameters(event).items()],
            },
        }
        headers = bearer("argo_workflows.token_file", argo.token_file)
        answer = await post(url, msgspec.json.encode(body), JSON, headers, self._ca_file)
        return judge(answer, KNOWN)


def parameters(event: Event) -> dict[str, str]:
    """Return what a template gets: the whole event as JSON, and what it may be chosen by."""
    return {
        "event": msgspec.json.encode(event).decode(),
        "id": event.id,
        "model": event.data.model,
        "version": event.data.version,
        "segment": event.data.segment,
    }
