"""Triggers: who is told of which events."""

from pydantic import BaseModel, Field, field_validator

from monitor.config.durations import PositiveDuration
from monitor.config.section import SECTION
from monitor.events.event import EventType, Severity

ALL_OF = ("alarm", "performance_drop")
DEFAULT_KINDS = ("alarm", "performance_drop", "retest_failed")
NAMED = tuple(str(each).replace(".", "_") for each in EventType)
FAILURE_MODES = (
    "data_corruption",
    "prior_shift",
    "concept_drift",
    "covariate_shift",
    "out_of_distribution",
)


class TriggerConfig(BaseModel):
    """One receiver of events, and which ones it gets."""

    model_config = SECTION

    kinds: tuple[str, ...] = Field(
        DEFAULT_KINDS,
        description="The events that it gets: alarm and performance_drop stand for those that are "
        "raised or escalate; others are named whole, such as alarm_cleared, or by the failure "
        "mode, such as concept_drift.",
    )
    severity: Severity = Field(
        Severity.TICKET, description="The least severity of what it gets: info, ticket or page."
    )
    segments: tuple[str, ...] = Field(
        (), description="It gets what is about one of these segments. Default: all."
    )
    timeout: PositiveDuration = Field(
        "10s", validate_default=True, description="How long one delivery may take."
    )
    give_up_after: PositiveDuration = Field(
        "24h",
        validate_default=True,
        description="An event that could not be delivered for so long is given up, and counted.",
    )

    @field_validator("kinds")
    @classmethod
    def _require_known_kinds(cls, kinds: tuple[str, ...]) -> tuple[str, ...]:
        known = (*ALL_OF, *NAMED, *FAILURE_MODES)
        for kind in kinds:
            if kind not in known:
                raise ValueError(f"{kind!r} is no kind of event; one of {', '.join(known)}")
        return kinds
