"""When a re-test runs next; a pure function of when it last did, so that restarts lose nothing."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b

import msgspec
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.interval import IntervalTrigger

from monitor.config.every import parse_every
from monitor.config.retests import RetestConfig

TRIES = 2
"""How often a run that was due is begun that no process lives to end."""


class Mark(msgspec.Struct, frozen=True):
    """What is stored of a schedule, in ms.

    since: when it was first seen, which intervals are counted from. done: runs that were due up to
    then have been made, or stand for one that was. begun: when the run under way began, 0 without.
    tries: how often it was.
    """

    since: int
    done: int
    begun: int = 0
    tries: int = 0

    def begin(self, now_ms: int) -> "Mark":
        """Return the mark of a schedule whose run begins."""
        return Mark(self.since, self.done, now_ms, self.tries + 1)

    def end(self) -> "Mark":
        """Return the mark once the run has ended: what fell due before it began is made up."""
        return Mark(self.since, max(self.begun, self.done))

    def resumed(self) -> "Mark":
        """Return the mark that a process begins with.

        A run that was cut off is due still, but not for ever: it may be what ends the process.
        """
        return self.end() if self.tries >= TRIES else self


@dataclass(frozen=True, slots=True)
class Schedule:
    """The times of one re-test.

    name: differs between schedules, so that their jitters do. jitter_ms: by how much a start is
    moved at most, by a number that depends on the name and the time only.
    """

    name: str
    trigger: BaseTrigger
    jitter_ms: int

    @classmethod
    def of(cls, name: str, retest: RetestConfig, since_ms: int) -> "Schedule | None":
        """Return the schedule of a re-test; None where it runs only when it is asked for.

        since_ms: when intervals begin.
        """
        if retest.every is None:
            return None
        every = parse_every(retest.every, retest.timezone)
        if isinstance(every, int):
            trigger: BaseTrigger = IntervalTrigger(
                seconds=every / 1000, start_date=_moment(since_ms), timezone=UTC
            )
        else:
            trigger = every
        return cls(name, trigger, retest.jitter)

    def next_ms(self, done_ms: int) -> int | None:
        """Return when the first run after those up to ``done_ms`` starts; None for never.

        It lies in the past where the run was missed; however many were, they are one run.
        """
        after = _moment(done_ms) + timedelta(milliseconds=1)
        due = self.trigger.get_next_fire_time(None, after)
        if due is None:
            return None
        due_ms: int = round(due.timestamp() * 1000)
        return due_ms + self._jitter(due_ms)

    def _jitter(self, due_ms: int) -> int:
        digest = blake2b(f"{self.name}/{due_ms}".encode(), digest_size=8).digest()
        return int.from_bytes(digest, "big") % (self.jitter_ms + 1)


def _moment(time_ms: int) -> datetime:
    return datetime.fromtimestamp(time_ms / 1000, UTC)
