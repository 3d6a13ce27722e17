"""The features of a model: what each one's values are."""

import math
from typing import Annotated, Any, Self

from pydantic import BaseModel, BeforeValidator, Field, GetJsonSchemaHandler, model_validator
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import CoreSchema

from monitor.config.errors import raise_clashes
from monitor.config.record_path import RecordPath
from monitor.config.section import SECTION
from monitor.schema import CONFIDENCE, PREDICTION, Kind

LONGEST_NAME = 200


class Feature(BaseModel):
    """One feature."""

    model_config = SECTION

    kind: Kind = Field(description="What the values are.", examples=["numeric"])
    integer: bool = Field(
        False, description="Whether a number with a fraction is invalid; numeric features only."
    )
    range: tuple[float, float] | None = Field(
        None,
        description="Lowest and highest value that is in range; numeric features only. "
        "Default: the reference's own.",
        examples=[[0, 120]],
    )
    size: int | None = Field(
        None, ge=1, description="How many numbers an embedding has; needed for embeddings only."
    )
    immutable: bool = Field(False, description="Whether re-tests must leave the feature as it is.")
    one_hot: str | None = Field(
        None,
        description="The group of one-hot columns that it belongs to; numeric features only.",
        examples=["plan"],
    )
    shape: tuple[int, ...] | None = Field(
        None,
        description="Height, width and, if any, channels of an embedding that is an image.",
        examples=[[32, 32, 3]],
    )
    path: RecordPath | None = Field(
        None,
        description="Where the feature lies in a record, from the record's top. "
        "Default: under its name, in features_under.",
    )

    @model_validator(mode="after")
    def _require_what_the_kind_needs(self) -> Self:
        raise_clashes(self._clashes())
        return self

    def _clashes(self) -> list[tuple[str, str]]:
        wrong = f"is for {{}} features, and this one is {self.kind}; remove it"
        found = []
        if self.kind is not Kind.NUMERIC:
            if self.integer:
                found.append(("integer", wrong.format("numeric")))
            if self.range is not None and self.shape is None:
                found.append(("range", wrong.format("numeric")))
            if self.one_hot is not None:
                found.append(("one_hot", wrong.format("numeric")))
        if self.shape is not None and (
            self.kind is not Kind.EMBEDDING
            or len(self.shape) not in (2, 3)
            or math.prod(self.shape) != self.size
        ):
            found.append(
                (
                    "shape",
                    "is not that of an image in an embedding; two or three numbers whose "
                    "product is size",
                )
            )
        if self.kind is not Kind.EMBEDDING and self.size is not None:
            found.append(("size", wrong.format("embedding")))
        if self.kind is Kind.EMBEDDING and self.size is None:
            found.append(("size", "missing, and an embedding needs it; how many numbers it has"))
        if self.range is not None and not (_finite(self.range) and self.range[0] < self.range[1]):
            low, high = self.range
            found.append(
                ("range", f"[{low:g}, {high:g}] is not a range; two numbers, the lower first")
            )
        return found


class ShortForm:
    """Lets a feature be written as its kind alone, in the JSON Schema too."""

    def __get_pydantic_json_schema__(
        self, schema: CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        kinds = {"type": "string", "enum": list(Kind), "description": "The feature's kind."}
        return {"anyOf": [kinds, handler(schema)]}


def _expand(value: Any) -> Any:
    return {"kind": value} if isinstance(value, str) else value


FeatureEntry = Annotated[Feature, BeforeValidator(_expand), ShortForm()]
"""A feature, or only its kind."""


def wrong_name(name: str) -> str | None:
    """Return what is wrong with a feature's name, None where it can stand in a metric's label."""
    if name in (PREDICTION, CONFIDENCE):
        return "is what driftd calls the model's answer; rename the feature and give its path"
    if not name or name != name.strip() or not name.isprintable() or len(name) > LONGEST_NAME:
        return (
            f"{name[:LONGEST_NAME]!r} cannot be a feature's name; 1 to {LONGEST_NAME} printable "
            "characters without a space at either end"
        )
    return None


def _finite(values: tuple[float, float]) -> bool:
    return all(math.isfinite(value) for value in values)
