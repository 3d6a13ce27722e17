"""Incidents: the alarms of a model's version that have one cause, folded into one."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from detectors.evidence.alarm import Level
from monitor.engine.stream_settings import StreamKey


class Cause(StrEnum):
    """What the alarms are about; each has its own incident."""

    INPUTS = "inputs"
    PERFORMANCE = "performance"


class Move(StrEnum):
    """What happened to an incident that is worth telling."""

    RAISED = "raised"
    ESCALATED = "escalated"
    SPREAD = "spread"
    CLEARED = "cleared"


@dataclass(frozen=True, slots=True)
class Incident:
    """Alarms of one version and cause, from the first one to a while after the last.

    opened: the block in which the first was raised. reference: the digest of what its records
    were compared with. level: the loudest so far. segments: that were alarmed, and how loud the
    alarm in each is now. quiet: the first block since which all are calm, None while one is not.
    flaps: how often an alarm came back from there. kind: what was named as the cause, "" for
    nothing. joined: segments that were not alarmed before the newest block.
    """

    opened: int
    reference: str
    level: Level
    segments: Mapping[str, Level]
    quiet: int | None = None
    flaps: int = 0
    kind: str = ""
    joined: tuple[str, ...] = ()

    def step(
        self, block: int, alarmed: Mapping[str, Level], cooldown: int
    ) -> tuple["Incident", Move | None]:
        """Return the incident after a closed block, and what is worth telling of it.

        alarmed: segments with an alarm. cooldown: blocks that all must be calm before it is over.
        """
        level = max(alarmed.values(), default=Level.CALM)
        told = {**dict.fromkeys(self.segments, Level.CALM), **alarmed}
        after = replace(
            self,
            level=max(level, self.level),
            segments=told,
            quiet=self._quiet(block, bool(alarmed)),
            flaps=self.flaps + (self.quiet is not None and bool(alarmed)),
            joined=tuple(each for each in alarmed if each not in self.segments),
        )
        if level > self.level:
            return after, Move.ESCALATED
        if after.joined:
            return after, Move.SPREAD
        if after.quiet is not None and block - after.quiet >= cooldown:
            return after, Move.CLEARED
        return after, None

    def _quiet(self, block: int, alarmed: bool) -> int | None:
        if alarmed:
            return None
        return block if self.quiet is None else self.quiet


@dataclass(slots=True)
class Incidents:
    """The incidents of one model and cause; at most one a version is open.

    cooldown: blocks that an incident must be calm for before it is over. reference: the digest of
    what records are compared with now.
    """

    cooldown: int
    reference: str
    open: dict[str, Incident] = field(default_factory=dict)

    def step(
        self, block: int, levels: Mapping[StreamKey, Level]
    ) -> list[tuple[str, Incident, Move]]:
        """Return what is worth telling after a closed block, by version; levels: of all streams.

        A stream that is not among them is calm.
        """
        alarmed: dict[str, dict[str, Level]] = {version: {} for version in self.open}
        for (version, segment), level in levels.items():
            if level > Level.CALM:
                alarmed.setdefault(version, {})[segment] = level
        return [
            (version, incident, move)
            for version in sorted(alarmed)
            for incident, move in [self._step(version, block, alarmed[version])]
            if move is not None
        ]

    def name(self, version: str, kind: str) -> None:
        """Note what the cause of a version's open incident was found to be."""
        self.open[version] = replace(self.open[version], kind=kind)

    def _step(
        self, version: str, block: int, alarmed: Mapping[str, Level]
    ) -> tuple[Incident, Move | None]:
        known = self.open.get(version)
        if known is None:
            level = max(alarmed.values())
            joined = tuple(alarmed)
            opened = Incident(block, self.reference, level, dict(alarmed), joined=joined)
            self.open[version] = opened
            return opened, Move.RAISED
        after, move = known.step(block, alarmed, self.cooldown)
        if move is Move.CLEARED:
            del self.open[version]
        else:
            self.open[version] = after
        return after, move
