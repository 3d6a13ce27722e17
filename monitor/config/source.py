"""Where records are read from: Kafka, or folders of files."""

import re
from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    Field,
    SecretStr,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from monitor.config.address import Address
from monitor.config.errors import ClashError, raise_clashes
from monitor.config.section import SECTION

TOPIC_PATTERN = r"^[A-Za-z0-9._-]{1,249}$"
"""What Kafka allows as the name of a topic, and as the instance id of a group's member."""

PASSWORD = "DRIFTD_SOURCE__KAFKA__SECURITY__PASSWORD"
"""The environment variable of the password."""


class Protocol(StrEnum):
    """How a broker is spoken to."""

    PLAINTEXT = "PLAINTEXT"
    SSL = "SSL"
    SASL_PLAINTEXT = "SASL_PLAINTEXT"
    SASL_SSL = "SASL_SSL"


class Mechanism(StrEnum):
    """How a client proves to a broker who it is."""

    PLAIN = "PLAIN"
    SCRAM_SHA_256 = "SCRAM-SHA-256"
    SCRAM_SHA_512 = "SCRAM-SHA-512"


PROTOCOLS = {
    (False, False): Protocol.PLAINTEXT,
    (False, True): Protocol.SSL,
    (True, False): Protocol.SASL_PLAINTEXT,
    (True, True): Protocol.SASL_SSL,
}
"""The protocol that (logs in, encrypts)."""

LOGIN_KEYS = ("mechanism", "username", "password", "password_file")
ENCRYPTION_KEYS = ("ca_file", "certificate_file", "key_file")


def _require_kafka_name(name: str) -> str:
    if not re.fullmatch(TOPIC_PATTERN, name) or name in (".", ".."):
        raise ValueError(
            f"{name!r} is not a name that Kafka allows; "
            "1 to 249 letters, digits, '.', '_' and '-', and not '.' or '..'"
        )
    return name


Topic = Annotated[
    str,
    AfterValidator(_require_kafka_name),
    WithJsonSchema({"type": "string", "pattern": TOPIC_PATTERN}),
]
"""A name that Kafka allows for a topic."""


class SecurityConfig(BaseModel):
    """How driftd logs in to Kafka."""

    model_config = SECTION

    protocol: Protocol = Field(
        Protocol.PLAINTEXT, description="Whether to encrypt (SSL) and to log in (SASL)."
    )
    mechanism: Mechanism | None = Field(
        None, description="How to log in; needed with a SASL_ protocol."
    )
    username: str | None = Field(
        None, min_length=1, description="Who logs in; needed with a SASL_ protocol."
    )
    password: SecretStr | None = Field(
        None,
        description="The password; set it in the environment, as "
        f"{PASSWORD}, rather than in the file.",
    )
    password_file: Path | None = Field(None, description="A file that holds the password.")
    ca_file: Path | None = Field(
        None, description="Certificates (PEM) to trust instead of the system's."
    )
    certificate_file: Path | None = Field(
        None, description="This client's certificate (PEM), where brokers ask for one."
    )
    key_file: Path | None = Field(
        None, description="The key of certificate_file (PEM), where it is not in that file."
    )

    @property
    def logs_in(self) -> bool:
        """Whether the protocol asks for a user."""
        return self.protocol in (Protocol.SASL_PLAINTEXT, Protocol.SASL_SSL)

    @property
    def encrypts(self) -> bool:
        """Whether the protocol is TLS."""
        return self.protocol in (Protocol.SSL, Protocol.SASL_SSL)

    @model_validator(mode="after")
    def _require_what_the_protocol_needs(self) -> Self:
        raise_clashes([*self._unused(), *self._missing()])
        return self

    def _unused(self) -> list[tuple[str, str]]:
        """Return the keys that the protocol has no use for."""
        login, files = self._set_among(LOGIN_KEYS), self._set_among(ENCRYPTION_KEYS)
        fitting = PROTOCOLS[bool(login) or self.logs_in, bool(files) or self.encrypts]
        wrong = f"set, but protocol {self.protocol} does not {{}}; remove it or use {fitting}"
        found = [] if self.logs_in else [(key, wrong.format("log in")) for key in login]
        if not self.encrypts:
            found += [(key, wrong.format("encrypt")) for key in files]
        return found

    def _missing(self) -> list[tuple[str, str]]:
        """Return the keys without which the others are of no use."""
        needs = f"missing, and protocol {self.protocol} needs it;"
        found = []
        if self.logs_in:
            if self.mechanism is None:
                found.append(("mechanism", f"{needs} one of {', '.join(Mechanism)}"))
            if self.username is None:
                found.append(("username", f"{needs} the user that logs in"))
            if self.password is None and self.password_file is None:
                file_or_variable = f"{needs} name the password's file, or set {PASSWORD}"
                found.append(("password_file", file_or_variable))
            if self.password is not None and self.password_file is not None:
                found.append(("password_file", "set, and so is password; keep one"))
        if self.encrypts and self.key_file is not None and self.certificate_file is None:
            found.append(("certificate_file", "missing, and key_file is set; name its certificate"))
        return found

    def _set_among(self, keys: Sequence[str]) -> list[str]:
        return [key for key in keys if getattr(self, key) is not None]


class KafkaConfig(BaseModel):
    """A Kafka cluster, and how its topics are read."""

    model_config = SECTION

    bootstrap_servers: list[Address] = Field(
        min_length=1,
        description="Brokers to ask first, as host:port.",
        examples=[["localhost:9092"]],
    )
    group: str = Field(
        "driftd", min_length=1, description="The consumer group; one per deployment."
    )
    instance: Topic | None = Field(
        None,
        description="Name of this member of the group (static membership), so that a restart "
        "does not rebalance; unique among the running ones.",
    )
    start: str = Field(
        "earliest",
        description="Where to start where there is no snapshot: earliest, latest, or a time "
        "with its zone, for example 2026-01-05T00:00:00Z.",
    )
    security: SecurityConfig = Field(
        default_factory=SecurityConfig,
        description="How to encrypt and log in. Default: neither.",
    )

    @field_validator("start")
    @classmethod
    def _require_a_start(cls, start: str) -> str:
        if start in ("earliest", "latest"):
            return start
        allowed = "earliest, latest or a time with its zone, for example '2026-01-05T00:00:00Z'"
        try:
            moment = datetime.fromisoformat(start)
        except ValueError:
            raise ValueError(f"{start!r} is not a start; {allowed}") from None
        if moment.tzinfo is None:
            raise ValueError(f"{start!r} is a time without a zone; add one, for example '{start}Z'")
        return start

    @property
    def start_ms(self) -> int | None:
        """The time to start at in ms since 1970, None for earliest and latest."""
        if self.start in ("earliest", "latest"):
            return None
        return round(datetime.fromisoformat(self.start).timestamp() * 1000)


class FilesConfig(BaseModel):
    """A folder with one folder per topic, whose files are read in order of name."""

    model_config = SECTION

    folder: Path = Field(
        description="The folder; a topic's records are the lines of <folder>/<topic>/*.jsonl.",
        examples=["log/"],
    )


class SourceConfig(BaseModel):
    """Where records are read from; exactly one key."""

    model_config = SECTION | {
        "json_schema_extra": {
            "oneOf": [
                {"required": [key], "properties": {key: {"type": "object"}}}
                for key in ("kafka", "files")
            ]
        }
    }

    kafka: KafkaConfig | None = Field(None, description="Read topics of a Kafka cluster.")
    files: FilesConfig | None = Field(None, description="Tail files, one folder per topic.")

    @model_validator(mode="after")
    def _require_exactly_one(self) -> Self:
        if self.kafka is not None and self.files is not None:
            raise ClashError([("files", "is set and so is kafka; keep one")])
        if self.kafka is None and self.files is None:
            raise ValueError("names no source; set one of kafka, files")
        return self
