"""Which blocks may close: the one rule over all partitions, and where the clock enters."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass

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


def close_ready_blocks(engine: ModelEngine, progress: Progress) -> bool:
    """Close every block that the watermark of all partitions has passed.

    A finished partition is left out. A partition that was read to its end and is silent is
    taken to have reached the present less the lateness, if that is further than its own
    watermark: the only place where the clock enters. Returns whether a block was closed.
    """
    grid = engine.settings.grid
    lateness, block = grid.lateness, grid.block
    watermarks: list[int] = []
    idle = False
    for partition in progress.assigned - progress.finished:
        state = engine.partition(partition)
        own = state.watermark_ms(lateness)
        if partition not in progress.at_end:
            # There may be records that nobody has seen: this is no silence.
            state.heard_ms = progress.now_ms
        elif _silent(state, progress):
            if grid.by_rows:
                continue
            idle = True
            own = max(progress.now_ms - lateness, own if own is not None else 0)
        if own is None:
            return False
        watermarks.append(own)
    if watermarks:
        return engine.close(min(watermarks) // block, "idle" if idle else "watermark")
    if progress.assigned and progress.assigned <= progress.finished:
        return engine.close(None, "end")
    return False


def _silent(state: PartitionState, progress: Progress) -> bool:
    if state.heard_ms is None:
        state.heard_ms = progress.now_ms
    return progress.now_ms - state.heard_ms >= progress.idle_after_ms
