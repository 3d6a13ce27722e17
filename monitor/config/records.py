"""What a model's records look like, and on which topics they lie."""

import re
from collections import Counter
from typing import Literal, Self

from pydantic import BaseModel, Field, field_validator, model_validator

from detectors.prediction_kind import PredictionKind
from monitor.config.errors import ClashError, raise_clashes
from monitor.config.marks import MarksConfig
from monitor.config.record_path import RecordPath
from monitor.config.section import SECTION
from monitor.config.source import Topic
from monitor.schema import REST, TimeUnit


class TimeConfig(BaseModel):
    """The field that holds a record's event time."""

    model_config = SECTION

    field: RecordPath = Field(description="Where the time lies.", examples=["ts"])
    unit: TimeUnit = Field(
        description="How it is written: since 1970 in s, ms, us or ns, or as iso8601.",
        examples=["ms"],
    )


class SegmentConfig(BaseModel):
    """The field whose values split a model's records into streams of their own."""

    model_config = SECTION

    field: RecordPath = Field(description="Where the segment lies.", examples=["country"])
    most: int = Field(
        20, ge=1, description="How many segments have a stream each; the others share one."
    )
    values: list[str] | None = Field(
        None,
        min_length=1,
        description="The segments that have a stream each. Default: the most frequent ones of "
        "the reference.",
    )

    @model_validator(mode="after")
    def _require_values_that_fit(self) -> Self:
        if self.values is None:
            return self
        found = [
            ("values", f"{value!r} is listed twice; keep one") for value in _twice(self.values)
        ]
        if len(self.values) > self.most:
            wrong = f"{self.most} is less than the {len(self.values)} values listed; raise it"
            found.append(("most", wrong))
        if REST in self.values:
            found.append(("values", f"{REST!r} is what driftd calls the rest; remove it"))
        if "" in self.values:
            found.append(("values", "'' is not a segment; remove it"))
        raise_clashes(found)
        return self


class PredictionConfig(BaseModel):
    """The field that holds the model's answer."""

    model_config = SECTION

    field: RecordPath = Field(description="Where the answer lies.", examples=["score"])
    kind: PredictionKind = Field(
        description="What it is: the class itself, the probability of the positive class, the "
        "probabilities of all classes, or a number (regression).",
        examples=["probability"],
    )
    threshold: float = Field(
        0.5,
        ge=0,
        le=1,
        description="The probability from which on the answer is positive; kind probability only.",
    )
    classes: list[str] | None = Field(
        None,
        min_length=2,
        description="Names of the probabilities' classes, in their order, where a record holds "
        "them as a list; kind probabilities only. Default: the record holds an object of "
        "class: probability.",
    )

    @model_validator(mode="after")
    def _require_what_the_kind_needs(self) -> Self:
        found = []
        if "threshold" in self.model_fields_set and self.kind is not PredictionKind.PROBABILITY:
            wrong = f"is for kind probability, and this one is {self.kind}; remove it"
            found.append(("threshold", wrong))
        if self.classes is not None:
            if self.kind is not PredictionKind.PROBABILITIES:
                wrong = f"is for kind probabilities, and this one is {self.kind}; remove it"
                found.append(("classes", wrong))
            found += [
                ("classes", f"{name!r} is listed twice; keep one") for name in _twice(self.classes)
            ]
        raise_clashes(found)
        return self


class RecordsConfig(BaseModel):
    """A model's records: their topics, and where in a record each field lies."""

    model_config = SECTION | {
        "json_schema_extra": {
            "oneOf": [
                {"required": ["topics"], "properties": {"topics": {"minItems": 1}}},
                {
                    "required": ["topic_pattern"],
                    "properties": {"topic_pattern": {"type": "string"}},
                },
            ]
        }
    }

    topics: list[Topic] = Field(
        default_factory=list,
        description="The topics to read; this or topic_pattern.",
        examples=[["credit.predictions"]],
    )
    topic_pattern: str | None = Field(
        None,
        min_length=1,
        description="A regular expression; topics whose whole name matches are read.",
        examples=[r"credit\..*"],
    )
    format: Literal["json"] = Field("json", description="How a record is written.")
    id: RecordPath | None = Field(
        None, description="Where the record's id lies; needed to count duplicates."
    )
    time: TimeConfig | None = Field(
        None, description="Where the event time lies. Default: the time that the log keeps."
    )
    version: RecordPath | None = Field(
        None, description="Where the model's version lies. Default: all records are one version."
    )
    segment: SegmentConfig | None = Field(
        None, description="What splits the records into segments. Default: nothing."
    )
    features_under: RecordPath | None = Field(
        None,
        description="Where the object of features lies. Default: the record itself.",
        examples=["features"],
    )
    prediction: PredictionConfig = Field(description="Where the model's answer lies.")
    marks: MarksConfig = Field(
        default_factory=MarksConfig,
        description="How records that re-tests caused are told from production traffic.",
    )

    def reads(self, topic: str) -> bool:
        """Tell whether the model's records come from ``topic``."""
        if self.topic_pattern is not None:
            return re.fullmatch(self.topic_pattern, topic) is not None
        return topic in self.topics

    @field_validator("topic_pattern")
    @classmethod
    def _require_a_regular_expression(cls, pattern: str | None) -> str | None:
        try:
            re.compile(pattern or "")
        except re.error as error:
            raise ValueError(f"{pattern!r} is not a regular expression: {error}") from None
        return pattern

    @model_validator(mode="after")
    def _require_topics_once(self) -> Self:
        if self.topics and self.topic_pattern is not None:
            wrong = f"{self.topic_pattern!r} is set and so is topics; keep one"
            raise ClashError([("topic_pattern", wrong)])
        if not self.topics and self.topic_pattern is None:
            raise ClashError([("topics", "names no topic; list them, or set topic_pattern")])
        raise_clashes(
            [("topics", f"{name!r} is listed twice; keep one") for name in _twice(self.topics)]
        )
        return self


def _twice(names: list[str]) -> list[str]:
    return [name for name, count in Counter(names).items() if count > 1]
