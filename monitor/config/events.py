"""Events: when a cause is over, how long they are kept, and where their links lead."""

from pydantic import BaseModel, Field

from monitor.config.durations import Duration, PositiveDuration
from monitor.config.section import SECTION


class EventsConfig(BaseModel):
    """How alarms become events."""

    model_config = SECTION

    cooldown: Duration = Field(
        "15m",
        validate_default=True,
        description="How long an alarm must have been gone, in event time, before its event is "
        "closed; one that comes back sooner is the same. With rows_per_block it is 10 blocks.",
    )
    keep: PositiveDuration = Field(
        "90d", validate_default=True, description="How long events are kept."
    )
