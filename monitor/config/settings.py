"""The whole configuration of one deployment."""

import re
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path
from typing import Any, Self

from pydantic import BaseModel, Field, PrivateAttr, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from monitor.config.address import Address, split_address
from monitor.config.alerts import AlertConfig, clashing_alerts
from monitor.config.durations import PositiveDuration, Size
from monitor.config.errors import ClashError, raise_clashes
from monitor.config.events import EventsConfig
from monitor.config.model import ModelConfig
from monitor.config.section import SECTION
from monitor.config.source import SourceConfig, Topic
from monitor.config.triggers import TriggerConfig
from monitor.config.web_address import BaseAddress

ENVIRONMENT_PREFIX = "DRIFTD_"
NESTED = "__"

MODEL_NAME_PATTERN = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$"
"""What can stand in a label, a URL and a file's name as it is."""


class LogLevel(StrEnum):
    """From which importance on events are logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How a log line is written."""

    LOGFMT = "logfmt"
    JSON = "json"


class LogConfig(BaseModel):
    """How driftd logs."""

    model_config = SECTION

    level: LogLevel = Field(LogLevel.INFO, description="The least important level that is logged.")
    format: LogFormat = Field(LogFormat.LOGFMT, description="How a line is written.")


class QuarantineConfig(BaseModel):
    """Where records go that cannot be used: files, or a topic."""

    model_config = SECTION

    kafka_topic: Topic | None = Field(
        None, description="A topic of the source's cluster to write them to, instead of files."
    )
    file: Path | None = Field(
        None, description="The folder of files to write them to. Default: quarantine, in state."
    )
    max_bytes: Size = Field(
        "100MB",
        validate_default=True,
        description="How much the files may hold; the oldest are removed.",
    )

    @model_validator(mode="after")
    def _require_one_place(self) -> Self:
        if self.kafka_topic is None:
            return self
        found = []
        if self.file is not None:
            found.append(("file", f"'{self.file}' is set and so is kafka_topic; keep one"))
        if "max_bytes" in self.model_fields_set:
            found.append(("max_bytes", "is for files, and kafka_topic is set; remove it"))
        raise_clashes(found)
        return self


class Settings(BaseSettings):
    """The configuration of one deployment of driftd."""

    model_config = SettingsConfigDict(
        extra="forbid",
        frozen=True,
        hide_input_in_errors=True,
        env_prefix=ENVIRONMENT_PREFIX,
        env_nested_delimiter=NESTED,
        case_sensitive=True,
        title="driftd",
    )

    _loaded_from: tuple[dict[str, Any], Path] | None = PrivateAttr(None)
    """The document, overridden, and its folder, by which another process loads the same."""

    state: Path = Field(
        Path("state"), description="The folder of snapshots; one daemon at a time uses it."
    )
    listen: Address = Field(
        "127.0.0.1:9477", description="Where to serve HTTP: /metrics and everything else."
    )
    web_config: Path | None = Field(
        None,
        description="TLS and the users of basic authentication, in a file as Prometheus' "
        "--web.config.file. Default: plain HTTP for everybody who reaches listen.",
        examples=["web.yml"],
    )
    api_token_file: Path | None = Field(
        None,
        description="The file of the token that calls to the API which change something must "
        "bear. Default: such calls are refused.",
        examples=["/run/secrets/driftd-token"],
    )
    log: LogConfig = Field(
        default_factory=LogConfig, description="What is logged to standard error."
    )
    quarantine: QuarantineConfig = Field(
        default_factory=QuarantineConfig,
        validate_default=True,
        description="Where records go that cannot be used.",
    )
    snapshot_every: PositiveDuration = Field(
        "10s",
        validate_default=True,
        description="How often the state is written; what came since is read again after a crash.",
    )
    external_url: BaseAddress | None = Field(
        None,
        description="Where people reach driftd, for links in events and alerts. Default: listen.",
        examples=["https://driftd.example"],
    )
    events: EventsConfig = Field(
        default_factory=EventsConfig,
        description="When events are over, and how long they are kept.",
    )
    triggers: dict[str, TriggerConfig] = Field(
        default_factory=dict, description="Receivers of events by name; models say which they use."
    )
    alerts: tuple[AlertConfig, ...] = Field(
        (),
        description="What alerts that Alertmanager sends to /api/v1/alerts start; the first that "
        "matches counts. Default: such calls are refused.",
    )
    source: SourceConfig = Field(description="Where records are read from.")
    models: dict[str, ModelConfig] = Field(
        description="The monitored models by name.", json_schema_extra={"minProperties": 1}
    )

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take what `load` merged: only it can match the environment with the file's own keys."""
        return (init_settings,)

    @property
    def address(self) -> tuple[str, int]:
        """Host and port to listen on."""
        return split_address(self.listen)

    @field_validator("quarantine")
    @classmethod
    def _place_quarantine(
        cls, quarantine: QuarantineConfig, info: ValidationInfo
    ) -> QuarantineConfig:
        if quarantine.kafka_topic is not None or quarantine.file is not None:
            return quarantine
        if "state" not in info.data:
            return quarantine  # its own problem is told
        return quarantine.model_copy(update={"file": info.data["state"] / "quarantine"})

    @field_validator("models")
    @classmethod
    def _require_models(cls, models: dict[str, ModelConfig]) -> dict[str, ModelConfig]:
        if not models:
            raise ValueError("names no model; describe at least one")
        wrong = (
            "cannot be a model's name; 1 to 100 letters, digits, '.', '_' and '-', "
            "the first a letter or digit"
        )
        raise_clashes(
            [(name, wrong) for name in models if not re.fullmatch(MODEL_NAME_PATTERN, name)]
        )
        return models

    @property
    def base_url(self) -> str:
        """Where people reach driftd, without a slash at the end."""
        return self.external_url or f"http://{self.listen}"

    @model_validator(mode="after")
    def _require_known_triggers(self) -> Self:
        known = ", ".join(self.triggers) or "none is configured"
        raise_clashes(
            [
                (f"models.{name}.triggers", f"{each!r} is no trigger; one of: {known}")
                for name, model in self.models.items()
                for each in model.triggers
                if each not in self.triggers
            ]
        )
        return self

    @model_validator(mode="after")
    def _require_topics_for_events_alone(self) -> Self:
        raise_clashes(list(self._wrong_topics_of_events()))
        return self

    def _wrong_topics_of_events(self) -> Iterator[tuple[str, str]]:
        for name, trigger in self.triggers.items():
            if trigger.kafka is None or trigger.kafka.bootstrap_servers is not None:
                continue
            if self.source.kafka is None:
                wrong = "missing, and records come from files; name the brokers"
                yield f"triggers.{name}.kafka.bootstrap_servers", wrong
            topic = trigger.kafka.topic
            for model, told in self.models.items():
                if not told.records.reads(topic) and told.label_topic != topic:
                    continue
                wrong = f"{topic!r} is read by model {model}; name another topic"
                yield f"triggers.{name}.kafka.topic", wrong

    @model_validator(mode="after")
    def _require_alerts_that_start_something(self) -> Self:
        raise_clashes(list(clashing_alerts(self.alerts, self.models, self.api_token_file)))
        return self

    @model_validator(mode="after")
    def _require_a_time_of_files(self) -> Self:
        if self.source.files is not None:
            wrong = "missing; files keep no time of records, so name the field that holds it"
            timeless = [
                (f"models.{name}.records.time", f"{wrong}, or set rows_per_block")
                for name, model in self.models.items()
                if model.records.time is None and model.rows_per_block is None
            ]
            unlabelled = [
                (f"models.{name}.labels.time", wrong)
                for name, model in self.models.items()
                if model.labels is not None and model.labels.time is None
            ]
            raise_clashes([*timeless, *unlabelled])
        return self

    @model_validator(mode="after")
    def _require_a_quarantine_apart_from_the_records(self) -> Self:
        topic = self.quarantine.kafka_topic
        if topic is None:
            return self
        if self.source.kafka is None:
            wrong = f"{topic!r} needs source.kafka, and records come from files; use file"
            raise ClashError([("quarantine.kafka_topic", wrong)])
        readers = [name for name, model in self.models.items() if model.records.reads(topic)]
        raise_clashes(
            [
                ("quarantine.kafka_topic", f"{topic!r} is read by model {name}; name another topic")
                for name in readers
            ]
        )
        return self
