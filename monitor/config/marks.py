"""How requests of re-tests are told from production traffic, when sent and when read back."""

from pydantic import BaseModel, Field

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
        pattern=HEADER_PATTERN,
        description="The HTTP header that every request of a re-test has. A Kafka record with a "
        "header of this name is dropped, also if it is in small letters or Title-Case.",
    )
    id_prefix: str = Field(
        "driftd-retest-",
        pattern=PREFIX_PATTERN,
        description="What the id of every request of a re-test begins with. A record, or label, "
        "whose id begins so is dropped.",
    )
    field: RecordPath | None = Field(
        None,
        description="A field of the record that is there, and neither null nor false, for "
        "re-tests only. Default: none.",
        examples=["retest"],
    )

    @property
    def resolved(self) -> Marks:
        """What is looked for in a record itself."""
        return Marks(self.id_prefix, self.field)
