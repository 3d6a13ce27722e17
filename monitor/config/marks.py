"""How requests of re-tests are told from production traffic, when sent and when read back."""

import re

from pydantic import BaseModel, Field, field_validator

from monitor.config.errors import show_value
from monitor.config.record_path import RecordPath
from monitor.config.section import SECTION
from monitor.schema import Marks

HEADER_PATTERN = r"^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$"
"""What can be the name of an HTTP header (RFC 9110, section 5.6.2)."""

PREFIX_PATTERN = r"^[A-Za-z0-9._:-]{4,64}$"
"""Characters that no encoder of JSON escapes; enough of them that no other id begins so."""


class MarksConfig(BaseModel):
    """The marks of a re-test: records that bear one of them are dropped, and only counted."""

    model_config = SECTION

    header: str = Field(
        "x-driftd-retest",
        json_schema_extra={"pattern": HEADER_PATTERN},
        description="The HTTP header that every request of a re-test has. A Kafka record with a "
        "header of this name is dropped, also if it is in small letters or Title-Case.",
    )
    id_prefix: str = Field(
        "driftd-retest-",
        json_schema_extra={"pattern": PREFIX_PATTERN},
        description="What the id of every request of a re-test begins with. A record, or label, "
        "whose id begins so is dropped.",
    )
    field: RecordPath | None = Field(
        None,
        description="A field of the record that is there, and neither null nor false, for "
        "re-tests only. Default: none.",
        examples=["retest"],
    )

    @field_validator("header")
    @classmethod
    def _require_a_header(cls, name: str) -> str:
        if not re.fullmatch(HEADER_PATTERN, name):
            raise ValueError(
                f"{show_value(name)} cannot be the name of a header; letters, digits and '-', such "
                "as x-driftd-retest"
            )
        return name

    @field_validator("id_prefix")
    @classmethod
    def _require_a_prefix_of_no_other_id(cls, prefix: str) -> str:
        if not re.fullmatch(PREFIX_PATTERN, prefix):
            raise ValueError(
                f"{show_value(prefix)} cannot mark ids; 4 to 64 letters, digits, '.', '_', ':' and "
                "'-', such as driftd-retest-"
            )
        return prefix

    @property
    def resolved(self) -> Marks:
        """What is looked for in a record itself."""
        return Marks(self.id_prefix, self.field)
