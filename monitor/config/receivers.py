"""Receivers of events other than a webhook: where they are, and how driftd logs in."""

from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import AfterValidator, BaseModel, Field, WithJsonSchema, model_validator

from monitor.config.address import Address
from monitor.config.errors import raise_clashes
from monitor.config.section import SECTION
from monitor.config.source import SecurityConfig, Topic
from monitor.config.web_address import BaseAddress, WebAddress

TOKEN = "A file that holds the token to send as Authorization: Bearer; read at each delivery."


class KafkaTopicConfig(BaseModel):
    """A topic that gets each event as one record, keyed by the model."""

    model_config = SECTION

    topic: Topic = Field(
        description="The topic; it must exist, and no model may read it.",
        examples=["driftd.events"],
    )
    bootstrap_servers: list[Address] | None = Field(
        None,
        min_length=1,
        description="Brokers of another cluster to ask first, as host:port. Default: those of "
        "source.kafka.",
        examples=[["localhost:9092"]],
    )
    security: SecurityConfig | None = Field(
        None, description="How to encrypt and log in at those brokers. Default: neither."
    )

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        for key in ("password_file", "ca_file", "certificate_file", "key_file"):
            path = None if self.security is None else getattr(self.security, key)
            if path is not None:
                yield f"security.{key}", path

    @model_validator(mode="after")
    def _require_a_cluster_to_log_in_at(self) -> Self:
        if self.security is not None and self.bootstrap_servers is None:
            wrong = "is set and bootstrap_servers is not; source.kafka has its own, so remove it"
            raise_clashes([("security", wrong)])
        return self


class AirflowAPI(StrEnum):
    """The version of Airflow's REST API: v1 of Airflow 2, v2 of Airflow 3."""

    V1 = "v1"
    V2 = "v2"


class AirflowConfig(BaseModel):
    """A DAG of Airflow that each event starts, with the event as its conf."""

    model_config = SECTION

    url: BaseAddress = Field(
        description="Where Airflow is, without /api.", examples=["https://airflow.example"]
    )
    dag: str = Field(min_length=1, description="The id of the DAG.", examples=["retrain"])
    api: AirflowAPI = Field(
        AirflowAPI.V2, description="The version of its API: v1 of Airflow 2, v2 of Airflow 3."
    )
    username: str | None = Field(
        None, min_length=1, description="Who logs in; of v2 a token is got for each delivery."
    )
    password_file: Path | None = Field(None, description="A file that holds the password.")
    token_file: Path | None = Field(None, description=TOKEN)

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        yield from _set_files(self, ("password_file", "token_file"))

    @model_validator(mode="after")
    def _require_one_way_to_log_in(self) -> Self:
        raise_clashes(list(self._clashes()))
        return self

    def _clashes(self) -> Iterator[tuple[str, str]]:
        if self.username is None and self.password_file is not None:
            yield "username", "missing, and password_file is set; name who logs in"
        if self.username is not None and self.password_file is None:
            yield "password_file", "missing, and username is set; name the password's file"
        if self.username is not None and self.token_file is not None:
            yield "token_file", "set, and so is username; keep one of the two"
        if self.username is None and self.password_file is None and self.token_file is None:
            yield "token_file", "missing; name the file of a token, or username and password_file"


class ArgoEventsConfig(BaseModel):
    """A webhook event source of Argo Events that gets each event."""

    model_config = SECTION

    url: WebAddress = Field(
        description="The address of the event source, with its endpoint.",
        examples=["http://webhook-eventsource-svc.argo-events:12000/driftd"],
    )
    token_file: Path | None = Field(None, description=f"{TOKEN} Default: none is sent.")

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        yield from _set_files(self, ("token_file",))


class ArgoWorkflowsConfig(BaseModel):
    """A workflow template of Argo Workflows that each event submits."""

    model_config = SECTION

    url: BaseAddress = Field(
        description="Where the Argo server is.", examples=["https://argo-server.argo:2746"]
    )
    namespace: str = Field(min_length=1, description="The namespace.", examples=["ml"])
    template: str = Field(
        min_length=1,
        description="The name of the WorkflowTemplate; it gets the parameters event (the whole "
        "event as JSON), id, model, version and segment.",
        examples=["reevaluate"],
    )
    token_file: Path | None = Field(None, description=f"{TOKEN} Default: none is sent.")

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        yield from _set_files(self, ("token_file",))


class GitHubConfig(BaseModel):
    """A repository whose workflows on repository_dispatch each event starts."""

    model_config = SECTION

    owner: str = Field(
        min_length=1, description="Who the repository belongs to.", examples=["example"]
    )
    repository: str = Field(min_length=1, description="Its name.", examples=["credit-model"])
    token_file: Path = Field(
        description="A file that holds a token with the right to write the repository's contents.",
        examples=["/run/secrets/github"],
    )
    event_type: str = Field(
        "drift",
        min_length=1,
        max_length=100,
        description="The event_type, by which workflows choose what they run on.",
    )
    url: BaseAddress = Field(
        "https://api.github.com",
        description="The API; of GitHub Enterprise Server https://HOST/api/v3.",
    )

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        yield from _set_files(self, ("token_file",))


class PluginConfig(BaseModel):
    """A receiver that another installed package brings."""

    model_config = SECTION

    name: str = Field(
        min_length=1,
        description="Its name among the entry points of the group driftd.triggers.",
        examples=["opsgenie"],
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="What it is made with, as it says itself."
    )

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """No files that driftd knows of."""
        yield from ()


def _set_files(section: BaseModel, keys: tuple[str, ...]) -> Iterator[tuple[str, Path]]:
    for key in keys:
        path = getattr(section, key)
        if path is not None:
            yield key, path


def _require_a_program(command: tuple[str, ...]) -> tuple[str, ...]:
    program = command[0]
    if "/" in program and not Path(program).is_absolute():
        raise ValueError(
            f"{program!r} is a path that depends on where driftd is started; write the whole path, "
            "or the name of a program on PATH"
        )
    if any("\0" in each for each in command):
        raise ValueError("holds a NUL character, which no argument can; remove it")
    return command


Command = Annotated[
    tuple[str, ...],
    Field(min_length=1),
    AfterValidator(_require_a_program),
    WithJsonSchema({"type": "array", "items": {"type": "string"}, "minItems": 1}),
]
"""A program and its arguments; no shell reads them."""
