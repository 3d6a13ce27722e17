"""Re-tests of the live model: when they run, what they may cost, and what they require."""

from enum import StrEnum
from typing import Any, Literal, Self
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import BaseModel, Field, field_validator, model_validator

from monitor.config.durations import Duration, PositiveDuration
from monitor.config.errors import ClashError, raise_clashes
from monitor.config.every import parse_every
from monitor.config.section import SECTION


class Data(StrEnum):
    """Which records a requirement is tested on."""

    EVALUATION = "evaluation"
    PRODUCTION = "production"


class RequirementConfig(BaseModel):
    """One robustness requirement: a perturbation, a measure and its limit."""

    model_config = SECTION

    name: str | None = Field(
        None, description="What it is called in metrics and reports. Default: made of the rest."
    )
    perturbation: str = Field(
        description="What is done to the records, by its name in the catalogue.",
        examples=["gaussian_noise"],
    )
    severity: float | None = Field(
        None,
        description="How much, in the perturbation's unit; needed unless it knows only on.",
        examples=[0.1],
    )
    measure: str = Field(description="What is measured.", examples=["accuracy_drop"])
    most: float | None = Field(None, description="The most that it may be.", examples=[0.02])
    least: float | None = Field(None, description="The least that it may be.")
    data: Data = Field(Data.EVALUATION, description="The records that it is tested on.")
    features: list[str] | None = Field(
        None, description="The features that may change. Default: all that are not immutable."
    )
    options: dict[str, Any] = Field(
        default_factory=dict,
        description="Further options of the perturbation.",
        examples=[{"norm": "l2"}],
    )

    @model_validator(mode="after")
    def _require_one_limit(self) -> Self:
        if (self.most is None) == (self.least is None):
            found = "both are set" if self.most is not None else "neither is set"
            raise_clashes([("most", f"and least: {found}; set one of the two")])
        return self


class FalseFails(BaseModel):
    """How often the verdict 'failed' may be wrong, over all requirements and runs."""

    model_config = SECTION

    most: float = Field(1.0, gt=0, description="How many false failures.")
    per: PositiveDuration = Field("30d", validate_default=True, description="In how long.")


class OnAlarm(BaseModel):
    """Runs that an alarm on drift asks for."""

    model_config = SECTION

    cooldown: Duration = Field(
        "6h", validate_default=True, description="The least time between two such runs."
    )


class RetestConfig(BaseModel):
    """One re-test: a set of requirements that are tested together."""

    model_config = SECTION

    every: str | None = Field(
        None,
        description="When it runs: a cron expression of five fields, or a duration. Default: only "
        "when asked for.",
        examples=["0 3 * * *"],
    )
    timezone: str = Field("UTC", description="Of the cron expression.", examples=["Europe/Berlin"])
    jitter: Duration = Field(
        "0s", validate_default=True, description="By how much a start is moved at random."
    )
    on_alarm: OnAlarm | None = Field(None, description="Run it when an alarm on drift pages.")
    queries: int = Field(
        20_000, ge=1, description="The most records that one run may send to the endpoint."
    )
    records: int = Field(
        1_000, ge=1, description="The most records of each kind of data that it begins from."
    )
    curves: bool = Field(
        True,
        description="Whether each perturbation is run at all five severities, for a curve, where "
        "the queries suffice.",
    )
    tolerance: float | None = Field(
        None,
        gt=0,
        description="Of a regression, in its own unit: a larger difference is a flip. Default: "
        "a tenth of the reference's sd of the prediction.",
    )
    false_fails: FalseFails = Field(
        default_factory=FalseFails,
        description="How often the verdict 'failed' may be wrong; it sets how sure one must be.",
    )
    seed: int | Literal["fresh"] = Field(
        "fresh", description="A number makes every run draw the same records and noise."
    )
    requirements: list[RequirementConfig] = Field(
        min_length=1, description="What the model must meet."
    )

    @field_validator("timezone")
    @classmethod
    def _require_a_timezone(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError):
            raise ValueError(f"{name!r} is not a time zone; such as UTC or Europe/Berlin") from None
        return name

    @model_validator(mode="after")
    def _require_a_time(self) -> Self:
        if self.every is not None:
            try:
                parse_every(self.every, self.timezone)
            except ValueError as error:
                raise ClashError([("every", str(error))]) from None
        return self
