"""Watching one stream: evidence after each block, the alarm that it raises, what drifted."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from detectors.evidence.alarm import Alarm, Change, Level
from detectors.evidence.budget import Budget
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import Evidence
from detectors.evidence.listing import drifted_features
from detectors.evidence.observed import Observed


@dataclass(slots=True)
class Watch:
    """One stream under its model's budget.

    floor: evidence below which there is no page whatever the budget: what the reference showed
    where replaying it paged too often. evidence: of the newest block. listed: the features that
    drifted, as of the last evidence of the alarm. tickets, pages: alarms raised so far.
    paged: blocks of the newest pages, those within the budget's period.
    """

    detector: Detector
    budget: Budget
    floor: float = 0.0
    alarm: Alarm = field(default_factory=Alarm)
    evidence: Evidence = field(default_factory=Evidence)
    listed: tuple[Evidence, ...] = ()
    tickets: int = 0
    pages: int = 0
    paged: tuple[int, ...] = ()

    def page_threshold(self, streams: int) -> float:
        """Return the evidence at which one of so many streams of the model pages, in nats."""
        return self.budget.shared_threshold(streams, self.floor)

    def ticket_threshold(self, streams: int) -> float:
        """Return the evidence at which one of so many streams raises a ticket, in nats."""
        return self.page_threshold(streams) - math.log(self.budget.tickets_per_page)

    def step(
        self,
        buckets: Sequence[Observed],
        found: Sequence[Evidence],
        streams: int,
        may_alarm: bool,
    ) -> Change:
        """Take the stream's buckets, newest first, after a block was closed.

        found: evidence from elsewhere, of this block. streams: how many share the budget.
        may_alarm: False while a stream warms up: evidence is computed, and raises nothing.
        """
        windows = self.detector.step(buckets, self.alarm.since)
        self.evidence = max((windows, *found), key=lambda each: each.value)
        if not may_alarm:
            return Change.NONE
        block = buckets[0].last
        self.alarm, change = self.alarm.step(
            block, self.evidence, self.page_threshold(streams), self.ticket_threshold(streams)
        )
        if change == Change.RAISED:
            self._count(block)
        if change in (Change.RAISED, Change.CONFIRMED):
            self.listed = tuple(drifted_features(self.detector, buckets, self.alarm.began))
        elif change == Change.CLEARED:
            self.listed = ()
        return change

    def lapse(self, block: int) -> bool:
        """End the alarm of a stream that has been silent for long; tell whether there was one.

        block: the newest one that was closed without a record of the stream.
        """
        active = self.alarm.level != Level.CALM
        if active:
            self.alarm = Alarm(since=block + 1)
            self.listed = ()
        return active

    def relearn(self, detector: Detector, floor: float, block: int) -> None:
        """Go on with other likelihood ratios, in windows that start after a block."""
        self.detector = detector
        self.floor = floor
        self.alarm = Alarm(since=block + 1)
        self.listed = ()

    @property
    def feature_since(self) -> int:
        """The first block of what features are judged by on their own."""
        return self.alarm.since if self.alarm.level == Level.CALM else self.alarm.began

    def _count(self, block: int) -> None:
        if self.alarm.level == Level.PAGE:
            self.pages += 1
            oldest = block - self.budget.blocks
            self.paged = (*(page for page in self.paged if page > oldest), block)
        else:
            self.tickets += 1
