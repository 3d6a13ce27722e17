"""Triggers: who is told of which events."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, field_validator, model_validator

from monitor.config.durations import PositiveDuration
from monitor.config.errors import ClashError, raise_clashes
from monitor.config.receivers import (
    AirflowConfig,
    ArgoEventsConfig,
    ArgoWorkflowsConfig,
    Command,
    GitHubConfig,
    KafkaTopicConfig,
    PluginConfig,
)
from monitor.config.section import SECTION
from monitor.config.web_address import WebAddress
from monitor.events.event import EventType, Severity

ALL_OF = ("alarm", "performance_drop")
DEFAULT_KINDS = ("alarm", "performance_drop", "retest_failed")
NAMED = tuple(str(each).replace(".", "_") for each in EventType)
FAILURE_MODES = (
    "data_corruption",
    "prior_shift",
    "concept_drift",
    "covariate_shift",
    "out_of_distribution",
)

RECEIVERS = (
    "webhook",
    "kafka",
    "airflow",
    "argo_events",
    "argo_workflows",
    "github",
    "command",
    "plugin",
)
"""The keys that say who receives; a trigger has exactly one."""

OVER_HTTP = ("webhook", "airflow", "argo_events", "argo_workflows", "github")


class TriggerConfig(BaseModel):
    """One receiver of events, and which ones it gets."""

    model_config = SECTION | {
        "json_schema_extra": {
            "oneOf": [
                {"required": [key], "properties": {key: {"not": {"type": "null"}}}}
                for key in RECEIVERS
            ]
        }
    }

    webhook: WebAddress | None = Field(
        None,
        description="Each event is posted to this address, signed as Standard Webhooks has it.",
        examples=["https://pipelines.example/hooks/driftd"],
    )
    secret_file: Path | None = Field(
        None,
        description="Of a webhook: a file that holds the key of signatures in base64, whsec_ "
        "before it or not; read at each delivery. With two lines there are two signatures, the "
        "new key's and the old one's.",
        examples=["/run/secrets/hook"],
    )
    kafka: KafkaTopicConfig | None = Field(None, description="Each event is sent to a topic.")
    airflow: AirflowConfig | None = Field(None, description="Each event starts a DAG of Airflow.")
    argo_events: ArgoEventsConfig | None = Field(
        None, description="Each event is posted to an event source of Argo Events."
    )
    argo_workflows: ArgoWorkflowsConfig | None = Field(
        None, description="Each event submits a template of Argo Workflows."
    )
    github: GitHubConfig | None = Field(
        None, description="Each event is a repository_dispatch at GitHub."
    )
    command: Command | None = Field(
        None,
        description="Each event runs this program, with the event as JSON on its standard input; "
        "a list of arguments that no shell reads. Exit status 0 says that it was taken.",
        examples=[["/usr/local/bin/page", "--team", "ml"]],
    )
    plugin: PluginConfig | None = Field(
        None, description="Each event goes to a receiver of another installed package."
    )
    ca_file: Path | None = Field(
        None,
        description="Of receivers over HTTPS: certificates (PEM) to trust instead of the usual "
        "ones.",
    )
    kinds: tuple[str, ...] = Field(
        DEFAULT_KINDS,
        min_length=1,
        description="The events that it gets: alarm and performance_drop stand for those that are "
        "raised or escalate; others are named whole, such as alarm_cleared, or by the failure "
        "mode, such as concept_drift.",
    )
    severity: Severity = Field(
        Severity.TICKET, description="The least severity of what it gets: info, ticket or page."
    )
    segments: tuple[str, ...] = Field(
        (), description="It gets what is about one of these segments. Default: all."
    )
    timeout: PositiveDuration = Field(
        "10s", validate_default=True, description="How long one delivery may take."
    )
    give_up_after: PositiveDuration = Field(
        "24h",
        validate_default=True,
        description="An event that could not be delivered for so long is given up, and counted.",
    )

    @property
    def receiver(self) -> str:
        """The key that says who receives."""
        return self._set_receivers()[0]

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        for key in ("secret_file", "ca_file"):
            path: Path | None = getattr(self, key)
            if path is not None:
                yield key, path
        section = getattr(self, self.receiver)
        if isinstance(section, BaseModel):
            for key, path in section.files:  # type: ignore[attr-defined]  # every section's
                yield f"{self.receiver}.{key}", path

    @field_validator("kinds")
    @classmethod
    def _require_known_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        known = (*ALL_OF, *NAMED, *FAILURE_MODES)
        for kind in kinds:
            if kind not in known:
                raise ValueError(f"{kind!r} is no kind of event; one of {', '.join(known)}")
        return kinds

    @model_validator(mode="after")
    def _require_one_receiver(self) -> Self:
        found = self._set_receivers()
        if not found:
            raise ValueError(f"names no receiver; set one of {', '.join(RECEIVERS)}")
        if len(found) > 1:
            wrong = f"is set and so is {found[0]}; keep one, and make a trigger of the other"
            raise ClashError([(found[1], wrong)])
        raise_clashes(list(self._clashes(found[0])))
        return self

    def _set_receivers(self) -> Sequence[str]:
        return [key for key in RECEIVERS if getattr(self, key) is not None]

    def _clashes(self, receiver: str) -> Iterator[tuple[str, str]]:
        if receiver == "webhook" and self.secret_file is None:
            yield (
                "secret_file",
                "missing, and a webhook is signed; name the file of its key, as "
                "`openssl rand -base64 32` makes one",
            )
        if receiver != "webhook" and self.secret_file is not None:
            yield "secret_file", f"is for a webhook, and this is {receiver}; remove it"
        if receiver not in OVER_HTTP and self.ca_file is not None:
            yield "ca_file", f"is for receivers over HTTPS, and this is {receiver}; remove it"
