"""One monitored model."""

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

from monitor import schema
from monitor.config.durations import Duration, PositiveDuration, format_duration
from monitor.config.errors import raise_clashes, show_value
from monitor.config.features import FeatureEntry, wrong_name
from monitor.config.grid import Grid
from monitor.config.records import RecordsConfig
from monitor.config.resolve import clashing_paths, resolve_schema
from monitor.config.section import SECTION
from monitor.config.thresholds import THRESHOLDS_SCHEMA, parse_thresholds
from monitor.config.windows import (
    DEFAULT_WINDOWS,
    WINDOWS_SCHEMA,
    Window,
    default_windows,
    parse_windows,
)

SHORTEST_BLOCK_MS = 1_000
TIME_KEYS = ("block", "lateness", "future", "idle_after", "longest_window", "windows")


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
    thresholds: Annotated[
        dict[str, float],
        PlainValidator(parse_thresholds),
        WithJsonSchema(THRESHOLDS_SCHEMA),
    ] = Field(
        default_factory=dict,
        validate_default=True,
        description="From which value of a statistic on a feature is named as drifted, if the "
        "statistic is also well above its noise. Statistics left out keep their default; null "
        "takes one out.",
    )

    @cached_property
    def schema(self) -> schema.Schema:  # type: ignore[override]  # pydantic's own is deprecated
        """What the records look like, resolved."""
        return resolve_schema(self.records, self.features)

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

    @model_validator(mode="after")
    def _require_time_or_rows(self) -> Self:
        if self.rows_per_block is None:
            return self
        wrong = "counts time, and rows_per_block is set; keep one"
        clashes = [(key, wrong) for key in TIME_KEYS if key in self.model_fields_set]
        if self.records.time is not None:
            clashes.append(("records.time", wrong))
        raise_clashes(clashes)
        return self

    @model_validator(mode="after")
    def _require_a_place_for_each_field(self) -> Self:
        raise_clashes(clashing_paths(self.records, self.features))
        return self
