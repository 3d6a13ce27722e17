"""The life of an alarm: raised at the budget's threshold, kept, and cleared by quiet."""

from collections.abc import Sequence
from dataclasses import astuple, dataclass, replace
from enum import IntEnum

from detectors.evidence.evidence import Evidence

QUIET_WINDOWS = 2
"""An alarm clears after so many times the window that raised it, without evidence."""

QUIET_BLOCKS = 10
"""It never clears sooner than after so many blocks."""


class Level(IntEnum):
    """How loud an alarm is."""

    CALM = 0
    TICKET = 1
    PAGE = 2


class Change(IntEnum):
    """What a step did to an alarm."""

    NONE = 0
    RAISED = 1
    CONFIRMED = 2
    CLEARED = 3


@dataclass(frozen=True, slots=True)
class Alarm:
    """The alarm of one stream and reference; a new version or reference starts with a new one.

    raised, confirmed: blocks in which it reached its level, and in which there was evidence
    last. length: blocks of the window that said so. began: the first block of the window that
    raised it. since: evidence may use no block before this one: after a page the windows start
    anew, so that no two pages share a start and the budget holds.
    """

    level: Level = Level.CALM
    raised: int = -1
    confirmed: int = -1
    length: int = 0
    began: int = -1
    since: int = 0

    def step(
        self, block: int, evidence: Evidence, page: float, ticket: float
    ) -> tuple["Alarm", Change]:
        """Return the alarm after a closed block, and what changed.

        evidence: of windows that start at ``since`` or later. page, ticket: thresholds in nats.
        A page that goes on is confirmed, not raised again: by evidence of a ticket's size in
        windows that started after it.
        """
        if evidence.value >= page:
            return self._paged(block, evidence)
        if evidence.value >= ticket:
            if self.level == Level.CALM:
                return self._raised(Level.TICKET, block, evidence), Change.RAISED
            return self._seen(block, evidence), Change.CONFIRMED
        quiet = max(QUIET_BLOCKS, QUIET_WINDOWS * self.length)
        if self.level != Level.CALM and block - self.confirmed >= quiet:
            return Alarm(since=block + 1), Change.CLEARED
        return self, Change.NONE

    def _paged(self, block: int, evidence: Evidence) -> tuple["Alarm", Change]:
        if self.level == Level.PAGE:
            return replace(self._seen(block, evidence), since=block + 1), Change.CONFIRMED
        raised = self._raised(Level.PAGE, block, evidence)
        return replace(raised, since=block + 1), Change.RAISED

    def _raised(self, level: Level, block: int, evidence: Evidence) -> "Alarm":
        began = evidence.first if self.level == Level.CALM else min(self.began, evidence.first)
        return replace(self._seen(block, evidence), level=level, raised=block, began=began)

    def _seen(self, block: int, evidence: Evidence) -> "Alarm":
        return replace(self, confirmed=block, length=evidence.blocks)

    @property
    def numbers(self) -> tuple[int, ...]:
        """The state as plain numbers, for snapshots."""
        level, *rest = astuple(self)
        return (int(level), *rest)

    @classmethod
    def of_numbers(cls, numbers: Sequence[int]) -> "Alarm":
        """Return the alarm whose state was saved as ``numbers``."""
        level, *rest = numbers
        return cls(Level(level), *rest)
