"""The pipeline: poll, decode, summarise, close blocks, publish. One thread, one direction."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from monitor.config import ModelConfig
from monitor.decode import Decoder
from monitor.engine.model import ModelEngine
from monitor.engine.partition import NEVER
from monitor.engine.watermark import Progress, close_ready_blocks
from monitor.http.meters import Meters
from monitor.quarantine import Quarantine
from monitor.sources.source import Chunk, Partition, Source
from monitor.view import Board, QuarantineView, View

PUBLISH_MS = 500
PUBLISH_SHARE = 30
"""The pipeline publishes every so many ms, or with so long between as it took, times this."""


@dataclass(frozen=True, slots=True)
class Model:
    """One configured model at work: its configuration, decoder and engine."""

    config: ModelConfig
    decoder: Decoder
    engine: ModelEngine

    def reads(self, topic: str) -> bool:
        """Tell whether the model's records come from ``topic``."""
        records = self.config.records
        if records.topic_pattern is not None:
            return re.fullmatch(records.topic_pattern, topic) is not None
        return topic in records.topics

    def has_begun(self, partition: Partition) -> bool:
        """Tell whether the model has taken anything of ``partition``."""
        state = self.engine.partitions.get(partition)
        return state is not None and state.position is not None


class Pipeline:
    """Moves records from a source into the models' engines and publishes what they say."""

    def __init__(
        self,
        source: Source,
        models: Mapping[str, Model],
        quarantine: Quarantine,
        board: Board,
        meters: Meters,
        clock_ms: Callable[[], int],
        bounded: bool,
    ) -> None:
        """Take the parts; the pipeline owns none of them.

        clock_ms: returns the wall clock in ms. bounded: nothing is read but what there was
        when the source was opened, so a partition that is read so far holds no block open.
        """
        self._bounded = bounded
        self._source = source
        self._models = models
        self._quarantine = quarantine
        self._board = board
        self._meters = meters
        self._clock_ms = clock_ms
        self._readers: dict[str, list[Model]] = {}
        self._publish_ms = 0

    def step(self, timeout_s: float) -> None:
        """Handle what one poll brings."""
        with self._meters.stage("fetch"):
            chunks = self._source.poll(timeout_s)
        now_ms = self._clock_ms()
        for chunk in chunks:
            for model in self._readers_of(chunk.partition.topic):
                self._take(model, chunk, now_ms)
        with self._meters.stage("detect"):
            self._close_blocks(now_ms)
        if self._clock_ms() >= self._publish_ms:
            self.publish()

    def finished(self) -> bool:
        """Tell whether there is nothing left to read."""
        return self._bounded and self._source.all_finished()

    def publish(self) -> None:
        """Compare what is new with the references, and show readers what is known now.

        Where blocks close faster than they can be compared, in a replay, only every so many
        are, so that most of the time goes into reading.
        """
        began_ms = self._clock_ms()
        with self._meters.stage("detect"):
            for model in self._models.values():
                model.engine.refresh()
        with self._meters.stage("publish"):
            self._board.publish(self._view())
        now_ms = self._clock_ms()
        self._publish_ms = now_ms + max(PUBLISH_MS, PUBLISH_SHARE * (now_ms - began_ms))

    def positions(self) -> dict[Partition, int]:
        """Return the next offset of every partition, the least over the models that read it."""
        return positions_of(model.engine for model in self._models.values())

    def _readers_of(self, topic: str) -> list[Model]:
        readers = self._readers.get(topic)
        if readers is None:
            readers = [model for model in self._models.values() if model.reads(topic)]
            self._readers[topic] = readers
        return readers

    def _take(self, model: Model, chunk: Chunk, now_ms: int) -> None:
        chunk = after(chunk, model.engine.partition(chunk.partition).position)
        with self._meters.stage("decode"):
            batch = model.decoder.decode(chunk, now_ms)
        if batch.rejects:
            self._quarantine.put(batch.rejects)
        with self._meters.stage("summarise"):
            model.engine.add(batch, now_ms)

    def _close_blocks(self, now_ms: int) -> None:
        status = self._source.status()
        finished = self._source.finished() if self._bounded else frozenset()
        for model in self._models.values():
            own = {each for each in status.assigned if model.reads(each.topic)}
            progress = Progress(
                assigned=own,
                at_end=status.at_end,
                finished=finished,
                now_ms=now_ms,
                idle_after_ms=model.config.idle_after,
            )
            close_ready_blocks(model.engine, progress)

    def _view(self) -> View:
        status = self._source.status()
        newest = max(
            (
                state.newest_ms
                for model in self._models.values()
                if not model.config.grid.by_rows
                for state in model.engine.partitions.values()
            ),
            default=NEVER,
        )
        not_ready = "" if status.assigned else status.problem or "no partition is assigned yet"
        return View(
            models=tuple(model.engine.view() for model in self._models.values()),
            source_name=self._source.name,
            source=status,
            quarantine=QuarantineView(
                self._quarantine.written, self._quarantine.failures, self._quarantine.dropped
            ),
            not_ready=not_ready,
            newest_record_ms=None if newest == NEVER else newest,
        )


def positions_of(engines: Iterable[ModelEngine]) -> dict[Partition, int]:
    """Return the next offset of every partition, the least over the engines that read it."""
    positions: dict[Partition, int] = {}
    for engine in engines:
        for partition, state in engine.partitions.items():
            if state.position is not None:
                known = positions.get(partition, state.position)
                positions[partition] = min(known, state.position)
    return positions


def beginnings(models: Iterable[Model]) -> dict[Partition, int]:
    """Return the same without the partitions that one of the models has yet to begin.

    Opened so, a source gives such a model all that there is; the others skip what they know.
    """
    readers = list(models)
    positions = positions_of(model.engine for model in readers)
    return {
        partition: position
        for partition, position in positions.items()
        if all(model.has_begun(partition) for model in readers if model.reads(partition.topic))
    }


def after(chunk: Chunk, position: int | None) -> Chunk:
    """Return the chunk without the records before ``position``, which a model has taken.

    Models that share a topic are at different offsets when one of them is new.
    """
    if position is None or chunk.rewound:
        return chunk
    if chunk.next_offset >= position and (not len(chunk) or chunk.offsets[0] >= position):
        return chunk
    skip = int(np.searchsorted(chunk.offsets, position))
    return Chunk(
        partition=chunk.partition,
        values=chunk.values[skip:],
        offsets=chunk.offsets[skip:],
        timestamps=None if chunk.timestamps is None else chunk.timestamps[skip:],
        next_offset=max(chunk.next_offset, position),
    )
