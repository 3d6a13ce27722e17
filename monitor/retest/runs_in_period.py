"""How many runs of a re-test a period holds, which the budget of false failures is divided by."""

from datetime import UTC, datetime, timedelta
from itertools import count
from zoneinfo import ZoneInfo

from apscheduler.triggers.cron import CronTrigger

from monitor.config.durations import parse_duration
from monitor.config.model import ModelConfig
from monitor.config.retests import RetestConfig

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
"""Any time would do; a fixed one gives every run the same number."""


def runs_in_period(model: ModelConfig, retest: RetestConfig) -> float:
    """Return the runs in the period of the budget of false failures, at least one.

    Runs by alarm count as often as false pages are allowed in it.
    """
    period_ms = retest.false_fails.per
    runs = _scheduled(retest, period_ms)
    if retest.on_alarm is not None:
        budget_ms = model.budget_blocks * (model.grid.block if not model.grid.by_rows else 1)
        runs += model.budget.pages * max(1.0, period_ms / budget_ms)
    return max(1.0, runs)


def _scheduled(retest: RetestConfig, period_ms: int) -> float:
    if retest.every is None:
        return 0.0
    try:
        return period_ms / parse_duration(retest.every)
    except ValueError:
        pass
    trigger = CronTrigger.from_crontab(retest.every, timezone=ZoneInfo(retest.timezone))
    end, fired = BEGIN + timedelta(milliseconds=period_ms), BEGIN
    for runs in count():
        following = trigger.get_next_fire_time(None, fired)
        if following is None or following >= end:
            return float(runs)
        fired = following + timedelta(seconds=1)
    raise AssertionError("count() has no end")
