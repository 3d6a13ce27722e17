"""How driftd proves to the live model's endpoint who it is."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Self

from pydantic import BaseModel, Field, SecretStr, field_validator, model_validator

from monitor.config.errors import raise_clashes
from monitor.config.section import SECTION

HEADER_PATTERN = r"[A-Za-z0-9!#$%&'*+.^_`|~-]+"
"""A token, which is what a header's name is (RFC 9110, section 5.6.2)."""

VARIABLE = "DRIFTD_MODELS__<MODEL>__ENDPOINT__CREDENTIALS__{}"


class CredentialsConfig(BaseModel):
    """A bearer token, or a user and a password; and headers whose values lie in files."""

    model_config = SECTION

    bearer_token: SecretStr | None = Field(
        None,
        description="A bearer token; set it in the environment, as "
        f"{VARIABLE.format('BEARER_TOKEN')}, rather than in the file.",
    )
    bearer_token_file: Path | None = Field(
        None, description="A file that holds a bearer token; read again for every run."
    )
    username: str | None = Field(None, min_length=1, description="Who logs in.")
    password: SecretStr | None = Field(
        None,
        description="The password; set it in the environment, as "
        f"{VARIABLE.format('PASSWORD')}, rather than in the file.",
    )
    password_file: Path | None = Field(None, description="A file that holds the password.")
    header_files: dict[str, Path] = Field(
        default_factory=dict,
        description="Further headers by name: files that hold their values.",
        examples=[{"X-Api-Key": "/run/secrets/api-key"}],
    )
    ca_file: Path | None = Field(
        None, description="Certificates (PEM) to trust instead of the system's."
    )

    @property
    def files(self) -> Iterator[tuple[str, Path]]:
        """The files that must be readable, by their keys."""
        for key in ("bearer_token_file", "password_file", "ca_file"):
            path: Path | None = getattr(self, key)
            if path is not None:
                yield key, path
        for name, path in self.header_files.items():
            yield f"header_files.{name}", path

    @field_validator("header_files")
    @classmethod
    def _require_names_of_headers(cls, files: dict[str, Path]) -> dict[str, Path]:
        wrong = "is not a header's name; letters, digits and '-', such as X-Api-Key"
        raise_clashes([(name, wrong) for name in files if not re.fullmatch(HEADER_PATTERN, name)])
        return files

    @model_validator(mode="after")
    def _require_one_way(self) -> Self:
        raise_clashes(list(self._clashes()))
        return self

    def _clashes(self) -> Iterator[tuple[str, str]]:
        has_token = self.bearer_token is not None or self.bearer_token_file is not None
        has_password = self.password is not None or self.password_file is not None
        if self.bearer_token is not None and self.bearer_token_file is not None:
            yield "bearer_token_file", "set, and so is bearer_token; keep one"
        if self.password is not None and self.password_file is not None:
            yield "password_file", "set, and so is password; keep one"
        if has_token and self.username is not None:
            yield "username", "set, and so is a bearer token; keep one of the two"
        if self.username is not None and not has_password:
            yield "password_file", "missing, and username is set; name the password's file"
        if self.username is None and has_password:
            yield "username", "missing, and a password is set; name who logs in"
