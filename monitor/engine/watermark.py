"""Which blocks may close: the one rule over all partitions, and where the clock enters."""

from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from monitor.config.grid import Grid
from monitor.engine.model import ModelEngine
from monitor.engine.partition import PartitionState
from monitor.sources.source import Partition


@dataclass(frozen=True, slots=True)
class Progress:
    """What the source says about a model's partitions at one moment.

    assigned: those that are being read. at_end: those known to be read to their present end.
    finished: those that will bring no more record (a bounded run's).
    now_ms: the wall clock. idle_after_ms: how long a partition at its end may be silent
    before it is left out.
    """

    assigned: AbstractSet[Partition]
    at_end: AbstractSet[Partition]
    finished: AbstractSet[Partition]
    now_ms: int
    idle_after_ms: int


@dataclass(frozen=True, slots=True)
class Reach:
    """How far partitions are.

    watermarks: of those that are read and may bring more records; None where a partition has
    told nothing yet. idle: whether the clock stood in for a silent one.
    """

    watermarks: Mapping[Partition, int | None]
    idle: bool

    @property
    def least(self) -> int | None:
        """The event time that all have passed; None where one has told nothing."""
        known = [each for each in self.watermarks.values() if each is not None]
        return min(known) if len(known) == len(self.watermarks) else None


def reach_of(
    states: Callable[[Partition], PartitionState], progress: Progress, grid: Grid
) -> Reach:
    """Return how far the assigned partitions are.

    A finished partition is left out. A partition that was read to its end and is silent is
    taken to have reached the present less the lateness, if that is further than its own
    watermark: the only place where the clock enters.
    """
    watermarks: dict[Partition, int | None] = {}
    idle = False
    for partition in progress.assigned - progress.finished:
        state = states(partition)
        own = state.watermark_ms(grid.lateness)
        if partition not in progress.at_end:
            # There may be records that nobody has seen: this is no silence.
            state.heard_ms = progress.now_ms
        elif _silent(state, progress):
            if grid.by_rows:
                continue
            idle = True
            own = max(progress.now_ms - grid.lateness, own if own is not None else 0)
        watermarks[partition] = own
    return Reach(watermarks, idle)


def close_ready_blocks(engine: ModelEngine, progress: Progress) -> bool:
    """Close every block that the watermark of all partitions has passed.

    Returns whether a block was closed.
    """
    grid = engine.settings.grid
    reach = reach_of(engine.partition, progress, grid)
    if reach.watermarks:
        least = reach.least
        if least is None:
            return False
        return engine.close(least // grid.block, "idle" if reach.idle else "watermark")
    if progress.assigned and progress.assigned <= progress.finished:
        return engine.close(None, "end")
    return False


def _silent(state: PartitionState, progress: Progress) -> bool:
    if state.heard_ms is None:
        state.heard_ms = progress.now_ms
    return progress.now_ms - state.heard_ms >= progress.idle_after_ms
