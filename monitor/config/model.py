"""One monitored model."""

from collections.abc import Iterator
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, Self

from pydantic import (
    BaseModel,
    Field,
    PlainValidator,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    field_validator,
    model_validator,
)

from detectors.prediction_kind import PredictionKind
from monitor import schema
from monitor.config.budget import DEFAULT_BLOCKS, BudgetConfig, count_of
from monitor.config.durations import Duration, PositiveDuration, format_duration
from monitor.config.endpoint import EndpointConfig
from monitor.config.errors import raise_clashes, show_value
from monitor.config.evaluation import EvaluationEntry
from monitor.config.features import FeatureEntry, wrong_name
from monitor.config.grid import Grid
from monitor.config.ignore_below import DEFAULT_IGNORED, IGNORE_BELOW_SCHEMA, parse_ignore_below
from monitor.config.labels import LabelsConfig
from monitor.config.records import RecordsConfig
from monitor.config.resolve import clashing_label, clashing_paths, resolve_schema
from monitor.config.retests import RetestConfig
from monitor.config.section import SECTION
from monitor.config.windows import (
    DEFAULT_WINDOWS,
    WINDOWS_SCHEMA,
    Window,
    default_windows,
    parse_windows,
)
from monitor.schema import LabelSchema

SHORTEST_BLOCK_MS = 1_000
WARM_UP_BLOCKS = 336
"""The warm-up where blocks are of rows, as many as there are of an hour in 14 days."""

TIME_KEYS = ("block", "lateness", "future", "idle_after", "longest_window", "windows", "warm_up")


class ModelConfig(BaseModel):
    """One monitored model: its records, its reference and how time is cut."""

    model_config = SECTION

    reference: Path = Field(
        description="The profile of the data that the model was validated on, as built by "
        "`driftd reference build`.",
        examples=["refs/credit.ref"],
    )
    records: RecordsConfig = Field(description="Where the records come from and their fields.")
    features: dict[str, FeatureEntry] = Field(
        description="The features by name: a kind, or a mapping with more about it.",
        examples=[{"income": "numeric", "plan": "categorical"}],
        json_schema_extra={"minProperties": 1},
    )
    labels: LabelsConfig | None = Field(
        None,
        description="Where the labels come from, if there are any: live performance is told by "
        "them.",
    )
    evaluation: EvaluationEntry | None = Field(
        None,
        description="Labelled records that are kept aside, in the reference's formats; re-tests "
        "begin from them.",
        examples=["data/credit-eval.parquet"],
    )
    endpoint: EndpointConfig | None = Field(
        None, description="Where the live model answers; re-tests ask it."
    )
    retests: dict[str, RetestConfig] = Field(
        default_factory=dict, description="Re-tests of the live model by name."
    )
    triggers: tuple[str, ...] = Field(
        (), description="The triggers that are told of this model's events.", examples=[["retrain"]]
    )
    rebuild_from: Path | None = Field(
        None,
        description="Data that a new reference may be built from when an alert asks for one: a "
        "file, a folder or a pattern, in the formats of `driftd reference build`.",
        examples=["data/recent/*.parquet"],
    )
    block: Duration = Field(
        "1m",
        validate_default=True,
        description="The grid that event time is cut into; detectors step once a block.",
    )
    rows_per_block: int | None = Field(
        None,
        ge=1,
        description="For records without any time: how many rows of a partition make a block. "
        "Windows are then one, ten and a hundred blocks.",
    )
    lateness: Duration = Field(
        "30s",
        validate_default=True,
        description="How much older than its partition's newest record a record may be and "
        "still be on time.",
    )
    future: Duration = Field(
        "5m",
        validate_default=True,
        description="How far ahead of the log's time or the clock an event time may lie; "
        "records beyond are rejected.",
    )
    idle_after: PositiveDuration = Field(
        "30s",
        validate_default=True,
        description="How long a partition that is read to its end may be silent before blocks "
        "close without it.",
    )
    longest_window: Duration = Field(
        "7d", validate_default=True, description="How much of the past is held."
    )
    windows: Annotated[
        tuple[Window, ...],
        PlainValidator(lambda given: given),
        WithJsonSchema(WINDOWS_SCHEMA),
    ] = Field(
        None,
        validate_default=True,
        description="Windows whose statistics are exported: 'block' or a duration. Default: "
        "those of block, 1h and 1d that lie between block and longest_window.",
        json_schema_extra={"default": list(DEFAULT_WINDOWS)},
    )
    budget: BudgetConfig = Field(
        default_factory=BudgetConfig,
        description="How many false alarms are accepted in a period.",
        examples=[{"pages": 1, "per": "30d"}],
    )
    ignore_below: Annotated[
        float,
        PlainValidator(parse_ignore_below),
        WithJsonSchema(IGNORE_BELOW_SCHEMA),
    ] = Field(
        DEFAULT_IGNORED,
        description="The least effect that is worth an alarm, in standard deviations of the "
        "reference or as {psi: ...}; smaller ones raise none, however many records there are.",
        examples=[0.1, {"psi": 0.01}],
    )
    warm_up: Duration = Field(
        "14d",
        validate_default=True,
        description="Without a reference in time order nothing pages for so long, while the "
        "daemon learns the stream's season and memory; 0s says that records are independent of "
        f"one another and there is nothing to learn. With rows_per_block it is {WARM_UP_BLOCKS} "
        "blocks.",
        examples=["14d", "0s"],
    )

    @cached_property
    def schema(self) -> schema.Schema:  # type: ignore[override]  # pydantic's own is deprecated
        """What the records look like, resolved."""
        return resolve_schema(self.records, self.features)

    @property
    def label_topic(self) -> str | None:
        """The topic that labels come from, None where there are none."""
        if self.labels is None:
            return None
        return (self.labels.topics or self.records.topics)[0]

    @property
    def evaluation_labels(self) -> LabelSchema | None:
        """What the labels of the evaluation set look like, None where it says nothing of them."""
        configured, evaluation = self.label_schema, self.evaluation
        if evaluation is None or (evaluation.label is None and configured is None):
            return None
        path = evaluation.label or (configured.path if configured else ())
        positive = evaluation.positive or (configured.positive if configured else None)
        return LabelSchema(path, self.records.id or (), None, self.schema.prediction.kind, positive)

    @property
    def label_schema(self) -> LabelSchema | None:
        """What a label looks like, None where there are none."""
        return None if self.labels is None else self.labels.schema_of(self.records)

    @field_validator("features")
    @classmethod
    def _require_features(cls, features: dict[str, Any]) -> dict[str, Any]:
        if not features:
            raise ValueError("names no feature; name at least one, for example 'income: numeric'")
        problems = [(name, wrong_name(name)) for name in features]
        raise_clashes([(name, wrong) for name, wrong in problems if wrong is not None])
        return features

    @field_validator("block", mode="wrap")
    @classmethod
    def _require_a_block_of_a_second(cls, given: Any, parse: ValidatorFunctionWrapHandler) -> int:
        block: int = parse(given)
        if block < SHORTEST_BLOCK_MS:
            shortest = format_duration(SHORTEST_BLOCK_MS)
            raise ValueError(f"{show_value(given)} is too short; at least {shortest}")
        return block

    @field_validator("longest_window", mode="wrap")
    @classmethod
    def _require_room_for_a_block(
        cls, given: Any, parse: ValidatorFunctionWrapHandler, info: ValidationInfo
    ) -> int:
        longest: int = parse(given)
        block = info.data.get("block", 0)
        if longest < block:
            raise ValueError(
                f"{show_value(given)} is shorter than block: {format_duration(block)}; "
                "raise it or shorten block"
            )
        return longest

    @field_validator("windows")
    @classmethod
    def _resolve_windows(cls, given: Any, info: ValidationInfo) -> tuple[Window, ...]:
        block, longest = info.data.get("block"), info.data.get("longest_window")
        if block is None or longest is None:
            return ()  # their own problem is told
        if given is None:
            return default_windows(block, longest)
        return parse_windows(given, block, longest)

    @property
    def grid(self) -> Grid:
        """How records are cut into blocks."""
        if self.rows_per_block is not None:
            return Grid.of_rows(self.rows_per_block)
        return Grid.of_time(self.block, self.lateness, self.longest_window, self.windows)

    @property
    def budget_blocks(self) -> float:
        """Blocks in the budget's period."""
        if self.rows_per_block is not None:
            return float(self.budget.blocks or DEFAULT_BLOCKS)
        return self.budget.per / self.block

    @property
    def budget_period(self) -> str:
        """The budget's period in words, such as '30d' or '4320 blocks'."""
        if self.rows_per_block is not None:
            return count_of(self.budget_blocks, "block")
        return format_duration(self.budget.per)

    @property
    def warm_up_blocks(self) -> int:
        """Blocks for which nothing pages without a reference in time order."""
        if self.rows_per_block is not None:
            return WARM_UP_BLOCKS
        return -(-self.warm_up // self.block)

    @model_validator(mode="after")
    def _require_time_or_rows(self) -> Self:
        raise_clashes(list(self._of_rows() if self.rows_per_block is None else self._of_time()))
        return self

    def _of_rows(self) -> Iterator[tuple[str, str]]:
        """Yield the keys that are for blocks of rows."""
        if self.budget.blocks is not None:
            yield "budget.blocks", "counts blocks of rows; set rows_per_block, or use per instead"

    def _of_time(self) -> Iterator[tuple[str, str]]:
        """Yield the keys that are for blocks of time."""
        wrong = "counts time, and rows_per_block is set"
        for key in TIME_KEYS:
            if key in self.model_fields_set:
                yield key, f"{wrong}; keep one"
        if "per" in self.budget.model_fields_set:
            yield "budget.per", f"{wrong}; use blocks instead"
        if self.records.time is not None:
            yield "records.time", f"{wrong}; keep one"

    @model_validator(mode="after")
    def _require_fewer_alarms_than_blocks(self) -> Self:
        allowed = {"pages": self.budget.pages, "tickets": self.budget.tickets}
        told = f"in {self.budget_period} is one a block of {self.grid.block_words} or more"
        mend = " or raise blocks" if self.grid.by_rows else ", lengthen per or shorten block"
        raise_clashes(
            [
                (f"budget.{key}", f"{number:g} {told}; allow fewer{mend}")
                for key, number in allowed.items()
                if number >= self.budget_blocks
            ]
        )
        return self

    @model_validator(mode="after")
    def _require_labels_that_can_be_joined(self) -> Self:
        raise_clashes(list(self._wrong_labels()))
        return self

    def _wrong_labels(self) -> Iterator[tuple[str, str]]:
        labels, records = self.labels, self.records
        if labels is None:
            return
        if records.id is None:
            yield "records.id", "is missing, and labels are joined by it; name the field of the id"
        if records.topic_pattern is not None or len(records.topics) != 1:
            found = records.topic_pattern or ", ".join(records.topics)
            yield (
                "labels",
                f"are joined with one topic partition by partition, and records come from {found}; "
                "make a model for each topic",
            )
        if labels.topics and labels.topics == records.topics:
            own = f"{labels.topics[0]!r} is the records' own topic; leave labels.topics out"
            yield "labels.topics", f"{own}, then later copies of records hold their labels"
        if self.rows_per_block is not None:
            yield (
                "labels",
                "are joined by event time, and rows_per_block is set; remove one of both",
            )
        kind = records.prediction.kind
        if labels.positive is not None and kind is not PredictionKind.PROBABILITY:
            yield "labels.positive", f"is for kind probability, and this one is {kind}; remove it"
        yield from clashing_label(labels, records, self.features)

    @model_validator(mode="after")
    def _require_types_of_features(self) -> Self:
        known = ", ".join(self.features)
        typed = () if self.endpoint is None else self.endpoint.datatypes
        raise_clashes(
            [
                (f"endpoint.datatypes.{name}", f"is no feature; one of {known}")
                for name in typed
                if name not in self.features
            ]
        )
        return self

    @model_validator(mode="after")
    def _require_a_place_for_each_field(self) -> Self:
        raise_clashes(clashing_paths(self.records, self.features))
        return self
