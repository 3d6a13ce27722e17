"""Where a model's labels come from, and how long they are waited for."""

from collections import Counter
from typing import Literal

from pydantic import BaseModel, Field, field_validator

from monitor.config.durations import PositiveDuration, Size
from monitor.config.record_path import RecordPath
from monitor.config.records import RecordsConfig, TimeConfig
from monitor.config.section import SECTION
from monitor.config.source import Topic
from monitor.schema import LabelSchema, TimeField

DetectorName = Literal["page_hinkley", "ddm", "eddm", "hddm_a", "hddm_w", "kswin"]

DEFAULT_DETECTORS: tuple[DetectorName, ...] = ("page_hinkley", "ddm", "eddm")


class LabelsConfig(BaseModel):
    """A model's labels: their topic, the fields of a label, and the horizon of the join."""

    model_config = SECTION

    topics: list[Topic] = Field(
        default_factory=list,
        max_length=1,
        description="The topic of the labels, keyed by the id and with as many partitions as the "
        "records' one. Default: labels come in later copies of the records, in their own topic; "
        "a record that holds a label is a label and no further prediction.",
        examples=[["credit.labels"]],
    )
    id: RecordPath | None = Field(
        None, description="Where the id of the record lies. Default: as in records.id."
    )
    time: TimeConfig | None = Field(
        None, description="Where the label's time lies. Default: the time that the log keeps."
    )
    label: RecordPath = Field(description="Where the label lies.", examples=["y"])
    positive: str | None = Field(
        None,
        description="The label that is positive, all others are negative; kind probability only. "
        "Default: labels are 1 and 0, or true and false.",
        examples=["fraud"],
    )
    horizon: PositiveDuration = Field(
        "14d",
        validate_default=True,
        description="How long after its record a label may come, in event time.",
    )
    max_bytes: Size = Field(
        "10GB",
        validate_default=True,
        description="How much the store of waiting records may hold; the oldest are given up.",
    )
    detectors: list[DetectorName] = Field(
        list(DEFAULT_DETECTORS),
        description="The detectors of concept drift that watch the errors beside ADWIN and the "
        "evidence. They are exported and raise no alarm. hddm_a and hddm_w cost 20 us an "
        "error, kswin 400, the others 2.",
    )

    @field_validator("detectors")
    @classmethod
    def _require_each_detector_once(cls, names: list[DetectorName]) -> list[DetectorName]:
        for name, count in Counter(names).items():
            if count > 1:
                raise ValueError(f"{name!r} is listed twice; keep one")
        return names

    def schema_of(self, records: RecordsConfig) -> LabelSchema:
        """Return where a label lies, for records of an id."""
        assert records.id is not None, "labels are refused without an id"
        return LabelSchema(
            path=self.label,
            id=self.id or records.id,
            time=None if self.time is None else TimeField(self.time.field, self.time.unit),
            kind=records.prediction.kind,
            positive=self.positive,
            own_topic=not self.topics,
            marks=records.marks.resolved,
        )
