"""The performance engine of one model: predictions and labels in, closed blocks of pairs out."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.columns import Columns
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.evidence.learner import Learner
from detectors.performance.origins import Origins
from detectors.performance.pairs import Pairs
from detectors.performance.summary import Performance
from detectors.sample import record_hashes
from monitor.decode.batch import Batch
from monitor.decode.labels import LabelBatch
from monitor.engine.baseline import Origin
from monitor.engine.error_baseline import ErrorBaseline
from monitor.engine.grouping import places_by_group
from monitor.engine.partition import NEVER, PartitionState, blocks_of
from monitor.engine.performance_settings import PerformanceSettings
from monitor.engine.performance_stream import PerformanceStream
from monitor.engine.stream_settings import StreamKey
from monitor.engine.unsummed import UnsummedPairs
from monitor.engine.versions import Versions
from monitor.labels import pairs as joined
from monitor.labels.facts import Side
from monitor.labels.join import LabelJoin
from monitor.schema import REST
from monitor.sources.source import Partition

SUMMED_AT_ONCE = 128
"""Pairs of a block that wait until they are summed. One takes as long as a hundred, and in a
replay labels of a day may be read before their predictions, each of another block."""

MOST_CODES = np.iinfo(np.int16).max
"""Versions that the store tells apart; later ones are told as REST."""


@dataclass(frozen=True, slots=True)
class Taken:
    """Where the engine of a model put the records of a batch; arrays are (n,).

    newest: event time of the partition up to and with each record. versions: names, and codes:
    each record's index into them.
    """

    newest: IntArray
    blocks: IntArray
    versions: Sequence[str]
    codes: IntArray


@dataclass(slots=True)
class PerformanceEngine:
    """Everything that the labels of one model say, as a function of the two logs.

    partitions: of the labels. versions: by their code in the store. open_blocks: by block, the
    performance of each stream in it; a block closes when predictions and labels have both
    passed it. unsummed: by block, pairs that are in none of these yet, for few are summed as fast
    as many. first_open, streams, learners, learned, outdated: as in ModelEngine.
    """

    settings: PerformanceSettings
    join: LabelJoin
    partitions: dict[Partition, PartitionState] = field(default_factory=dict)
    versions: list[str] = field(default_factory=lambda: [REST])
    open_blocks: dict[int, dict[StreamKey, Performance]] = field(default_factory=dict)
    unsummed: dict[int, UnsummedPairs] = field(default_factory=dict)
    first_open: int = NEVER
    streams: dict[StreamKey, PerformanceStream] = field(default_factory=dict)
    learners: dict[str, Learner] = field(default_factory=dict)
    learned: dict[str, ErrorBaseline] = field(default_factory=dict)
    outdated: set[StreamKey] = field(default_factory=set)

    def partition(self, partition: Partition) -> PartitionState:
        """Return what is known of a partition of labels, nothing at first."""
        state = self.partitions.get(partition)
        if state is None:
            state = PartitionState(Versions(self.settings.streams.grid.longest))
            self.partitions[partition] = state
        return state

    def add_predictions(self, batch: Batch, columns: Columns, taken: Taken) -> None:
        """Take the next predictions of one partition; columns: of the same records."""
        said = self.settings.said(batch, columns)
        codes = self._codes_of(taken.versions)[taken.codes]
        segments = batch.segments.astype(np.int64)
        # Labels are ahead of records: where the clock stood in for silent logs, a block may be
        # closed here that is open for records.
        blocks = np.maximum(taken.blocks, self.first_open)
        for block, version, segment, places in places_by_group(blocks, codes, segments):
            performance = Performance.of_predictions(self.settings.yardstick, said.chosen(places))
            self._add(block, version, segment, performance)
        named = _with_id(batch.ids)
        number = batch.partition.number
        if not named.all():
            own = self.join.ledger(number).prediction
            own.outcomes["without_id"] += int((~named).sum())
        self._tell(
            self.join.put_predictions(
                number,
                joined.Predictions(
                    ids=[each for each in batch.ids if each is not None],
                    offsets=batch.offsets[named],
                    times=batch.times[named],
                    newest=taken.newest[named],
                    blocks=blocks[named],
                    codes=np.stack([codes, segments], axis=1)[named].astype(np.int16),
                    payload=self.settings.payload.pack(said)[named],
                ),
            ),
            number,
        )

    def add_labels(self, batch: LabelBatch, beside: Batch | None, now_ms: int) -> None:
        """Take the next labels of one partition.

        beside: where they come in the records' own topic, the predictions between them, whose
        times are the log's progress too.
        """
        grid = self.settings.streams.grid
        state = self.partition(batch.partition)
        state.position = batch.next_offset
        state.heard_ms = now_ms
        newest = _newest(state.newest_ms, batch, beside)
        others = NEVER if beside is None else int(beside.times.max(initial=NEVER))
        state.newest_ms = int(newest.max(initial=max(state.newest_ms, others)))
        if not len(batch):
            return
        blocks, _ = blocks_of(batch.times, newest, grid.lateness, grid.block, self.first_open)
        number = batch.partition.number
        labels = joined.Labels(batch.ids, batch.offsets, batch.times, newest, blocks, batch.values)
        self._tell(self.join.put_labels(number, labels), number)

    def rewind(self, partition: Partition, position: int) -> None:
        """Take it that a log has other records from ``position`` on than it had."""
        is_label = partition.topic == self.settings.topic
        if not is_label or self.settings.own_topic:
            self.join.rewind(partition.number, Side.PREDICTION, position)
        if is_label:
            self.join.rewind(partition.number, Side.LABEL, position)

    def close(self, until: int | None, closed: Callable[[int], None]) -> bool:
        """Close the open blocks before block ``until`` (all of them for None), oldest first.

        closed: called with each block once it is. Returns whether there was any.
        """
        opened = self.open_blocks.keys() | self.unsummed.keys()
        ready = sorted(block for block in opened if until is None or block < until)
        for block in ready:
            self._close(block)
            self.first_open = block + 1
            self._forget_silent_streams()
            closed(block)
        return bool(ready)

    def use(self, segment: str, baseline: ErrorBaseline) -> None:
        """Compare the errors of a segment's streams by what its warm-up taught."""
        self.learned[segment] = baseline
        for stream in self.streams.values():
            if stream.segment == segment:
                stream.rebase(baseline)

    def baseline(self, segment: str) -> ErrorBaseline:
        """Return what the errors of a segment's streams are compared with now."""
        return self.learned.get(segment) or self.settings.baselines[segment]

    def _add(self, block: int, version: int, segment: int, performance: Performance) -> None:
        key = (self.versions[version], self.settings.segments[segment])
        streams = self.open_blocks.setdefault(block, {})
        streams[key] = streams[key] + performance if key in streams else performance

    def sum_up(self) -> None:
        """Add all pairs to the performance of their blocks, as before a snapshot."""
        for block in list(self.unsummed):
            self._sum_up(block)

    def _tell(self, found: joined.Pairs, number: int) -> None:
        """Take joined pairs of one partition for the blocks that they belong to."""
        for block, part in found.by_block():
            waiting = self.unsummed.setdefault(block, UnsummedPairs())
            waiting.add(number, part)
            if waiting.pairs >= SUMMED_AT_ONCE:
                self._sum_up(block)

    def _sum_up(self, block: int) -> None:
        for number, found in self.unsummed.pop(block).by_partition():
            said = self.settings.payload.unpack(found.payload)
            pairs = self._pairs(found, number, said.predicted, said.confidence)
            codes = found.codes.astype(np.int64)
            for _, version, segment, places in places_by_group(
                np.zeros(len(found), dtype=np.int64), codes[:, 0], codes[:, 1]
            ):
                performance = Performance.of_pairs(
                    self.settings.yardstick, pairs.chosen(places), said.chosen(places)
                )
                predictions = found.predictions[places]
                origins = Origins.of(number, predictions["block"], predictions["offset"])
                self._add(block, version, segment, replace(performance, origins=origins))

    def _pairs(
        self, found: joined.Pairs, number: int, predicted: FloatArray, confidence: FloatArray
    ) -> Pairs:
        key = Partition(self.settings.topic, number).key
        offsets = found.labels["offset"]
        actual = found.values
        classes = len(self.settings.known.task.classes)
        if classes:
            # Which of the classes that the reference lacks was meant is not kept.
            actual = np.where((predicted >= classes) & (actual >= classes), np.nan, actual)
        return Pairs(
            predicted=predicted,
            actual=actual,
            confidence=confidence,
            hashes=record_hashes(key, offsets),
            times=np.maximum(found.predictions["time"], found.labels["time"]),
            partitions=np.full(len(found), key, dtype=np.int64),
            offsets=offsets,
        )

    def _codes_of(self, versions: Sequence[str]) -> IntArray:
        codes = []
        for version in versions:
            if version not in self.versions and len(self.versions) <= MOST_CODES:
                self.versions.append(version)
            known = version if version in self.versions else REST
            codes.append(self.versions.index(known))
        return np.array(codes, dtype=np.int64)

    def _close(self, block: int) -> None:
        if block in self.unsummed:
            self._sum_up(block)
        performances = sorted(self.open_blocks.pop(block).items())
        streams = [self._stream(key) for key, _ in performances]
        shared = max(len(self.settings.segments), len(self.streams))
        for stream, (key, performance) in zip(streams, performances, strict=True):
            observed = stream.step(block, performance, shared)
            self.outdated.add(key)
            if observed is not None and stream.baseline.origin is Origin.WARMING_UP:
                learner = self.learners.setdefault(stream.segment, Learner(self.settings.warm_up))
                learner.add(observed)
        heard = block - self.settings.streams.silence
        for key, stream in self.streams.items():
            if stream.newest_block <= heard and stream.watch.lapse(block):
                self.outdated.add(key)
        block_ms = self.settings.streams.grid.block
        for segment in [each for each, known in self.learners.items() if known.done(block)]:
            before = self.settings.baselines[segment]
            taught = self.learners.pop(segment).teach(before.raw, block_ms)
            self.use(segment, before.taught(taught, Origin.LEARNED))

    def _stream(self, key: StreamKey) -> PerformanceStream:
        stream = self.streams.get(key)
        if stream is None:
            stream = PerformanceStream.start(self.settings, *key, self.baseline(key[1]))
            self.streams[key] = stream
        return stream

    def _forget_silent_streams(self) -> None:
        oldest = self.first_open - self.settings.streams.longest
        for key in [key for key, stream in self.streams.items() if stream.newest_block < oldest]:
            del self.streams[key]
            self.outdated.discard(key)


def _with_id(ids: Sequence[object]) -> BoolArray:
    return np.fromiter((each is not None for each in ids), np.bool_, len(ids))


def _newest(before: int, batch: LabelBatch, beside: Batch | None) -> IntArray:
    """Return the newest event time of the log up to and with each label."""
    newest = np.maximum(np.maximum.accumulate(batch.times), before)
    if beside is None or not len(beside):
        return newest
    times = np.append(before, np.maximum.accumulate(beside.times))
    return np.asarray(np.maximum(newest, times[beside.offsets.searchsorted(batch.offsets)]))
