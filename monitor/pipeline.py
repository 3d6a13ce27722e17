"""The pipeline: poll, decode, summarise, close blocks, publish. One thread, one direction."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace

import numpy as np

from detectors.counts import IntArray
from monitor.config import ModelConfig
from monitor.decode import Decoder, compile_decoder
from monitor.decode.batch import Batch, Reject
from monitor.decode.labels import LabelDecoder
from monitor.engine.label_watermark import close_ready_pairs
from monitor.engine.model import ModelEngine
from monitor.engine.partition import NEVER
from monitor.engine.watermark import Progress, close_ready_blocks
from monitor.events.journal import Journal, no_store
from monitor.events.view import EventsView
from monitor.http.meters import Meters
from monitor.labels.layout import layout_problem
from monitor.quarantine import Quarantine
from monitor.reference.file import Reference
from monitor.retest.recent import RecentRecords
from monitor.retest.view import RetestsView
from monitor.sources.source import Chunk, Partition, Source, SourceError
from monitor.view import Board, QuarantineView, View

PUBLISH_MS = 500
PUBLISH_SHARE = 30
"""The pipeline publishes every so many ms, or with so long between as it took, times this."""


@dataclass(frozen=True, slots=True)
class Model:
    """One configured model at work: its configuration, decoder and engine.

    recent: takes the records that re-tests may begin from; None where none does.
    """

    config: ModelConfig
    decoder: Decoder
    engine: ModelEngine
    labels: LabelDecoder | None = None
    recent: RecentRecords | None = None

    @classmethod
    def of(
        cls,
        config: ModelConfig,
        reference: Reference,
        engine: ModelEngine,
        recent: RecentRecords | None = None,
    ) -> "Model":
        """Return the model with the decoders that its engine needs."""
        labels: LabelDecoder | None = None
        chances_of: tuple[str, ...] = ()
        if engine.performance is not None and config.label_schema is not None:
            performance = engine.performance.settings
            classes = performance.known.task.classes
            labels = LabelDecoder(config.label_schema, classes, config.future)
            chances_of = classes if performance.payload.classes else ()
        decoder = compile_decoder(
            config.schema,
            reference.profile,
            tuple(reference.segments),
            future_ms=config.future,
            timeless=config.grid.by_rows,
            chances_of=chances_of,
        )
        return cls(config, decoder, engine, labels, recent)

    def reads(self, topic: str) -> bool:
        """Tell whether the model's records or labels come from ``topic``."""
        return self.config.records.reads(topic) or topic == self.config.label_topic

    def has_begun(self, partition: Partition) -> bool:
        """Tell whether the model has taken anything of ``partition``."""
        return self.engine.position(partition) is not None

    def take(self, chunk: Chunk, now_ms: int, meters: Meters) -> Sequence[Reject]:
        """Take the next records or labels of a partition; return those that cannot be used."""
        chunk = after(chunk, self.engine.position(chunk.partition))
        labels = None
        if self.labels is not None and chunk.partition.topic == self.config.label_topic:
            with meters.stage("decode"):
                labels = self.labels.decode(chunk, now_ms)
            chunk = without(chunk, labels.taken)
        batch = None
        if self.config.records.reads(chunk.partition.topic):
            with meters.stage("decode"):
                batch = self.decoder.decode(chunk, now_ms)
        with meters.stage("summarise"):
            if chunk.rewound:
                self.engine.rewind(chunk.partition, chunk.next_offset)
            if batch is not None:
                self.engine.add(batch, now_ms)
                if self.recent is not None:
                    self.recent.add(chunk, batch.offsets, self._times(batch, now_ms))
            if labels is not None:
                self.engine.add_labels(labels, batch, now_ms)
        read = [each for each in (batch, labels) if each is not None]
        return [reject for each in read for reject in each.rejects]

    def _times(self, batch: Batch, now_ms: int) -> IntArray:
        """Return when records were, by the clock where they do not tell; in ms."""
        return np.full(len(batch), now_ms) if self.config.grid.by_rows else batch.times


def no_retests(model: str) -> RetestsView:  # noqa: ARG001
    """Return what is known of re-tests where none are run."""
    return RetestsView()


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
        retests: Callable[[str], RetestsView] = no_retests,
        journal: Journal | None = None,
        events: Callable[[], EventsView] = EventsView,
    ) -> None:
        """Take the parts; the pipeline owns none of them.

        clock_ms: returns the wall clock in ms. bounded: nothing is read but what there was
        when the source was opened, so a partition that is read so far holds no block open.
        retests: returns what is known of a model's re-tests, without waiting; events: likewise of
        events. journal: takes what happens to the models.
        """
        self._bounded = bounded
        self._source = source
        self._models = models
        self._quarantine = quarantine
        self._board = board
        self._meters = meters
        self._clock_ms = clock_ms
        self._retests = retests
        self._journal = journal or Journal({}, no_store)
        self._events = events
        self._readers: dict[str, list[Model]] = {}
        self._publish_ms = 0

    def step(self, timeout_s: float) -> None:
        """Handle what one poll brings."""
        with self._meters.stage("fetch"):
            chunks = self._source.poll(timeout_s)
        now_ms = self._clock_ms()
        for chunk in chunks:
            for model in self._readers_of(chunk.partition.topic):
                rejects = model.take(chunk, now_ms, self._meters)
                if rejects:
                    self._quarantine.put(rejects)
        with self._meters.stage("detect"):
            self._close_blocks(now_ms)
        for name, model in self._models.items():
            self._journal.take(name, model.engine.notices)
        self._journal.try_to_write()
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

    def _close_blocks(self, now_ms: int) -> None:
        status = self._source.status()
        finished = self._source.finished() if self._bounded else frozenset()
        for model in self._models.values():
            progress = Progress(
                assigned={each for each in status.assigned if model.reads(each.topic)},
                at_end=status.at_end,
                finished=finished,
                now_ms=now_ms,
                idle_after_ms=model.config.idle_after,
            )
            engine = model.engine
            records = {each for each in progress.assigned if model.config.records.reads(each.topic)}
            close_ready_blocks(engine, replace(progress, assigned=records))
            if engine.performance is not None:
                require_joinable(model.config, progress.assigned)
                close_ready_pairs(engine, engine.performance, progress)

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
            models=tuple(
                replace(model.engine.view(), retests=self._retests(name))
                for name, model in self._models.items()
            ),
            source_name=self._source.name,
            source=status,
            quarantine=QuarantineView(
                self._quarantine.written, self._quarantine.failures, self._quarantine.dropped
            ),
            not_ready=not_ready,
            newest_record_ms=None if newest == NEVER else newest,
            events=self._events(),
        )


def require_joinable(config: ModelConfig, assigned: AbstractSet[Partition]) -> None:
    """Raise SourceError if labels cannot be joined with predictions partition by partition."""
    labels = {config.label_topic or "": 0}
    predictions: dict[str, int] = {}
    for partition in assigned:
        side = labels if partition.topic == config.label_topic else predictions
        side[partition.topic] = side.get(partition.topic, 0) + 1
    if all(labels.values()) and predictions:
        problem = layout_problem(predictions, labels)
        if problem:
            raise SourceError(problem)


def positions_of(engines: Iterable[ModelEngine]) -> dict[Partition, int]:
    """Return the next offset of every partition, the least over the engines that read it."""
    positions: dict[Partition, int] = {}
    for engine in engines:
        for partition, position in engine.positions.items():
            positions[partition] = min(positions.get(partition, position), position)
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
        marked=chunk.marked,
        next_offset=max(chunk.next_offset, position),
    )


def without(chunk: Chunk, offsets: IntArray) -> Chunk:
    """Return the chunk without the records at some of its offsets."""
    kept = np.flatnonzero(~np.isin(chunk.offsets, offsets))
    if len(kept) == len(chunk):
        return chunk
    return replace(
        chunk,
        values=[chunk.values[place] for place in kept.tolist()],
        offsets=chunk.offsets[kept],
        timestamps=None if chunk.timestamps is None else chunk.timestamps[kept],
    )
