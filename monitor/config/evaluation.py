"""Labelled records that are kept aside for re-tests."""

from pathlib import Path
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, Field, GetJsonSchemaHandler
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from monitor.config.record_path import RecordPath
from monitor.config.section import SECTION


class EvaluationConfig(BaseModel):
    """The frozen evaluation set: where it lies, and where its labels are."""

    model_config = SECTION

    data: Path = Field(
        description="A file, folder or glob in the formats of the reference's data.",
        examples=["data/credit-eval.parquet"],
    )
    label: RecordPath | None = Field(
        None, description="Where the label lies. Default: labels.label.", examples=["y"]
    )
    positive: str | None = Field(
        None,
        description="The label that is positive; kind probability only. Default: labels.positive, "
        "else labels are 1 and 0, or true and false.",
    )


class _ShortForm:
    """Lets the set be written as its path alone, in the JSON Schema too."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {"anyOf": [{"type": "string", "description": "Its path."}, handler(schema)]}


def _expand(value: Any) -> Any:
    return {"data": value} if isinstance(value, (str, Path)) else value


EvaluationEntry = Annotated[EvaluationConfig, BeforeValidator(_expand), _ShortForm()]
"""The evaluation set, or only its path."""
