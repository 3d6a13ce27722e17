"""When re-tests run: a cron expression of five fields, or a duration."""

from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from monitor.config.durations import parse_duration
from monitor.config.errors import show_value

if TYPE_CHECKING:
    from apscheduler.triggers.cron import CronTrigger

FIELDS = 5


def parse_every(given: str, timezone: str) -> "int | CronTrigger":
    """Return the time between two runs in ms, or the trigger of a cron expression.

    timezone: of the cron expression. Raises ValueError, in words for the user, for anything else.
    """
    if len(given.split()) != FIELDS:
        try:
            every_ms = parse_duration(given)
        except ValueError:
            every_ms = 0
        if every_ms == 0:
            raise ValueError(
                f"{show_value(given)} is neither a cron expression of five fields nor a duration; "
                "such as '0 3 * * *' or '6h'"
            )
        return every_ms
    # Most configurations do without.
    from apscheduler.triggers.cron import CronTrigger

    try:
        return CronTrigger.from_crontab(given, timezone=ZoneInfo(timezone))
    except ValueError as error:
        raise ValueError(
            f"{show_value(given)} is not a cron expression: {error}; minute, hour, day, month and "
            "weekday, such as '0 3 * * *'"
        ) from None
