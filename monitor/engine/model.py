"""The engine of one model: batches in, closed blocks through the detectors, a view out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.profile import Profile
from detectors.summarise import summarise
from detectors.summary import Summary
from detectors.windows import Windows
from monitor.config.grid import Grid
from monitor.decode.batch import Batch
from monitor.engine.grouping import columns_of, group
from monitor.engine.partition import NEVER, PartitionState, blocks_of
from monitor.engine.stream import Stream, StreamSettings
from monitor.engine.versions import Versions
from monitor.sources.source import Partition
from monitor.view import ModelView, StreamView

StreamKey = tuple[str, str]
"""Version and segment."""


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the engine needs of a model's configuration and reference.

    references: what each segment is compared with; the last segment takes the rest.
    """

    name: str
    profile: Profile
    reference_digest: str
    schema_digest: str
    segments: tuple[str, ...]
    references: Mapping[str, Summary]
    grid: Grid
    thresholds: dict[str, float]
    has_ids: bool

    @property
    def streams(self) -> StreamSettings:
        """What every stream of the model has in common."""
        return StreamSettings(
            model=self.name,
            profile=self.profile,
            grid=self.grid,
            thresholds=self.thresholds,
        )


@dataclass(slots=True)
class ModelEngine:
    """Everything that driftd knows of one model, as a function of the logs it has read.

    open_blocks: by block, the summary of each stream in it. first_open: the oldest block that
    is not closed. views: what each stream's closed blocks said at the last refresh; outdated:
    the streams that have closed one since. The clock enters only through ``Progress``.
    """

    settings: EngineSettings
    partitions: dict[Partition, PartitionState] = field(default_factory=dict)
    open_blocks: dict[int, dict[StreamKey, Summary]] = field(default_factory=dict)
    first_open: int = NEVER
    streams: dict[StreamKey, Stream] = field(default_factory=dict)
    rejects: Counter[str] = field(default_factory=Counter)
    tombstones: int = 0
    duplicates: int = 0
    views: dict[StreamKey, StreamView] = field(default_factory=dict)
    outdated: set[StreamKey] = field(default_factory=set)

    def partition(self, partition: Partition) -> PartitionState:
        """Return what is known of a partition, nothing at first."""
        state = self.partitions.get(partition)
        if state is None:
            state = PartitionState(Versions(self.settings.grid.longest))
            self.partitions[partition] = state
        return state

    def add(self, batch: Batch, now_ms: int) -> None:
        """Take the next records of one partition."""
        state = self.partition(batch.partition)
        state.position = batch.next_offset
        state.heard_ms = now_ms
        self.rejects.update(reject.reason for reject in batch.rejects)
        self.tombstones += batch.tombstones
        if not len(batch):
            return
        if self.settings.has_ids:
            self.duplicates += state.recent.count(batch.ids)
        grid = self.settings.grid
        if grid.by_rows:
            batch = replace(batch, times=state.number(len(batch)))
        newest = state.advance(batch.times)
        versions, codes = state.versions.admit(batch.versions, newest)
        blocks, late = blocks_of(
            batch.times,
            newest,
            grid.lateness,
            grid.block,
            self.first_open,
        )
        columns = columns_of(batch)
        for part in group(columns, blocks, late, codes, batch.segments.astype(np.int64)):
            key = (versions[part.version], self.settings.segments[part.segment])
            summary = summarise(self.settings.profile, part.columns)
            streams = self.open_blocks.setdefault(part.block, {})
            streams[key] = streams[key] + summary if key in streams else summary

    def close(self, until: int | None, reason: str) -> bool:
        """Close the open blocks before block ``until`` (all of them for None), oldest first.

        Returns whether there was any.
        """
        ready = sorted(block for block in self.open_blocks if until is None or block < until)
        for block in ready:
            for key, summary in sorted(self.open_blocks.pop(block).items()):
                self._stream(key).step(block, summary, reason)
                self.outdated.add(key)
            self.first_open = block + 1
        if ready:
            self._forget_silent_streams()
        return bool(ready)

    def refresh(self) -> None:
        """Compare the streams that had a block closed with the reference anew."""
        for key in self.outdated:
            self.views[key] = self.streams[key].view()
        self.outdated.clear()

    def _stream(self, key: StreamKey) -> Stream:
        stream = self.streams.get(key)
        if stream is None:
            settings = self.settings.streams
            version, segment = key
            stream = Stream(
                settings=settings,
                version=version,
                segment=segment,
                reference=self.settings.references[segment],
                windows=Windows(settings.longest),
            )
            self.streams[key] = stream
        return stream

    def _forget_silent_streams(self) -> None:
        oldest = self.first_open - self.settings.streams.longest
        for key in [key for key, stream in self.streams.items() if stream.newest_block < oldest]:
            del self.streams[key]
            self.views.pop(key, None)
            self.outdated.discard(key)

    def view(self) -> ModelView:
        """Return what is known of the model's closed blocks."""
        settings = self.settings
        untold = self.first_open == NEVER or settings.grid.by_rows
        return ModelView(
            name=settings.name,
            reference=settings.reference_digest,
            schema=settings.schema_digest,
            thresholds=settings.thresholds,
            streams=tuple(self.views[key] for key in sorted(self.views)),
            rejects=dict(self.rejects),
            tombstones=self.tombstones,
            duplicates=self.duplicates,
            watermark_ms=None if untold else self.first_open * settings.grid.block,
            open_blocks=len(self.open_blocks),
        )
