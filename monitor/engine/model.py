"""The engine of one model: batches in, closed blocks through the detectors, a view out."""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from detectors.columns import Columns
from detectors.evidence.budget import Budget
from detectors.evidence.learned import Learned
from detectors.evidence.learner import Learner
from detectors.evidence.watch import Watch
from detectors.profile import Profile
from detectors.summarise import summarise
from detectors.summary import Summary
from detectors.support import out_of_range, outlying
from detectors.worst import Worst
from monitor.config.grid import Grid
from monitor.decode.batch import Batch
from monitor.decode.labels import LabelBatch
from monitor.engine.baseline import Baseline, Origin
from monitor.engine.diagnosis_view import diagnosis_view
from monitor.engine.grouping import chosen, columns_of, group, placed, places_by_group
from monitor.engine.incidents import Cause, Incidents
from monitor.engine.notices import Notice, Witness
from monitor.engine.partition import NEVER, PartitionState, blocks_of
from monitor.engine.performance import PerformanceEngine, Taken
from monitor.engine.performance_settings import PerformanceSettings
from monitor.engine.performance_view import performance_view
from monitor.engine.stream import Stream
from monitor.engine.stream_settings import StreamKey, StreamSettings
from monitor.engine.versions import Versions
from monitor.engine.watch_view import louder
from monitor.labels.view import LabelsView
from monitor.sources.source import Partition
from monitor.view import BudgetView, ModelView, StreamView


@dataclass(frozen=True, slots=True)
class EngineSettings:
    """What the engine needs of a model's configuration and reference.

    baselines: what each segment is compared with; the last segment takes the rest.
    period: of the budget, in words. warm_up, cooldown: of incidents, their lengths in blocks.
    performance: None where no labels are configured.
    """

    name: str
    profile: Profile
    reference_digest: str
    schema_digest: str
    segments: tuple[str, ...]
    baselines: Mapping[str, Baseline]
    grid: Grid
    budget: Budget
    period: str
    ignore_below: float
    warm_up: int
    cooldown: int
    has_ids: bool
    performance: PerformanceSettings | None = None

    @property
    def streams(self) -> StreamSettings:
        """What every stream of the model has in common."""
        return StreamSettings(
            model=self.name,
            profile=self.profile,
            grid=self.grid,
            budget=self.budget,
        )


@dataclass(slots=True)
class ModelEngine:
    """Everything that driftd knows of one model, as a function of the logs it has read.

    open_blocks, open_far: by block, the summary of each stream in it, and its records outside the
    reference's support. first_open: the oldest block that
    is not closed. learners: of the segments that warm up. learned: baselines of those that have.
    performance: what the labels say; None where none are configured.
    incidents: by cause; notices: what happened to them that is not yet told.
    views: what each stream's closed blocks said at the last refresh; outdated:
    the streams that have closed one since. The clock enters only through ``Progress``.
    """

    settings: EngineSettings
    partitions: dict[Partition, PartitionState] = field(default_factory=dict)
    open_blocks: dict[int, dict[StreamKey, Summary]] = field(default_factory=dict)
    open_far: dict[int, dict[StreamKey, Worst]] = field(default_factory=dict)
    first_open: int = NEVER
    streams: dict[StreamKey, Stream] = field(default_factory=dict)
    learners: dict[str, Learner] = field(default_factory=dict)
    learned: dict[str, Baseline] = field(default_factory=dict)
    rejects: Counter[str] = field(default_factory=Counter)
    tombstones: int = 0
    duplicates: int = 0
    retest_records: int = 0
    performance: PerformanceEngine | None = None
    incidents: dict[Cause, Incidents] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    views: dict[StreamKey, StreamView] = field(default_factory=dict)
    outdated: set[StreamKey] = field(default_factory=set)

    def partition(self, partition: Partition) -> PartitionState:
        """Return what is known of a partition, nothing at first."""
        state = self.partitions.get(partition)
        if state is None:
            state = PartitionState(Versions(self.settings.grid.longest))
            self.partitions[partition] = state
        return state

    @property
    def positions(self) -> dict[Partition, int]:
        """The next offset of every partition of records or labels that was begun."""
        states = dict(self.partitions)
        if self.performance is not None:
            states |= self.performance.partitions
        return {
            partition: state.position
            for partition, state in states.items()
            if state.position is not None
        }

    def position(self, partition: Partition) -> int | None:
        """Return the next offset of a partition of records or labels, None before the first."""
        state = self.partitions.get(partition)
        if state is None and self.performance is not None:
            state = self.performance.partitions.get(partition)
        return None if state is None else state.position

    def rewind(self, partition: Partition, position: int) -> None:
        """Take it that a log has other records from ``position`` on than it had."""
        if self.performance is not None:
            self.performance.rewind(partition, position)

    def add_labels(self, batch: LabelBatch, beside: Batch | None, now_ms: int) -> None:
        """Take the next labels of one partition; beside: records of the same topic."""
        assert self.performance is not None, "labels are read only where they are configured"
        self.rejects.update(reject.reason for reject in batch.rejects)
        self.tombstones += batch.tombstones
        self.retest_records += batch.retests
        self.performance.add_labels(batch, beside, now_ms)

    def add(self, batch: Batch, now_ms: int) -> None:
        """Take the next records of one partition."""
        state = self.partition(batch.partition)
        state.position = batch.next_offset
        if len(batch) or not batch.retests:  # re-tests are none of the stream's own records
            state.heard_ms = now_ms
        self.rejects.update(reject.reason for reject in batch.rejects)
        self.tombstones += batch.tombstones
        self.retest_records += batch.retests
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
        taken = Taken(newest, blocks, versions, codes)
        if self.performance is not None:
            self.performance.add_predictions(batch, columns, taken)
        for part in group(columns, blocks, late, codes, batch.segments.astype(np.int64)):
            key = (versions[part.version], self.settings.segments[part.segment])
            summary = placed(
                summarise(self.settings.profile, part.columns), batch.partition, part.columns
            )
            streams = self.open_blocks.setdefault(part.block, {})
            streams[key] = streams[key] + summary if key in streams else summary
        self._keep_far_records(batch, columns, taken)

    def _keep_far_records(self, batch: Batch, columns: Columns, taken: Taken) -> None:
        profile = self.settings.profile
        far = outlying(columns, out_of_range(profile, columns))
        segments = batch.segments.astype(np.int64)[far]
        for block, version, segment, places in places_by_group(
            taken.blocks[far], taken.codes[far], segments
        ):
            key = (taken.versions[version], self.settings.segments[segment])
            rows = far[places]
            ids = [batch.ids[row] for row in rows.tolist()]
            worst = Worst.of(profile, chosen(columns, rows), ids)
            streams = self.open_far.setdefault(block, {})
            streams[key] = streams[key] + worst if key in streams else worst

    def close(self, until: int | None, reason: str) -> bool:
        """Close the open blocks before block ``until`` (all of them for None), oldest first.

        Returns whether there was any.
        """
        ready = sorted(block for block in self.open_blocks if until is None or block < until)
        for block in ready:
            self._close(block, reason)
            self.first_open = block + 1
            self._forget_silent_streams()
            watches = {key: stream.watch for key, stream in self.streams.items()}
            self._note(Cause.INPUTS, block, watches)
        return bool(ready)

    def pairs_closed(self, block: int) -> None:
        """Note what a block of pairs, just closed, did to the alarms on performance."""
        assert self.performance is not None, "pairs come where labels are configured"
        watches = {key: stream.watch for key, stream in self.performance.streams.items()}
        self._note(Cause.PERFORMANCE, block, watches)

    def _note(self, cause: Cause, block: int, watches: Mapping[StreamKey, Watch]) -> None:
        witness = Witness(
            settings=self.settings.streams,
            reference=self.settings.reference_digest,
            watches=watches,
            inputs=self.streams,
            labelled={} if self.performance is None else self.performance.streams,
            partitions=self._partitions_by_key,
            view=self._stream_view,
        )
        incidents = self.incidents.setdefault(
            cause, Incidents(self.settings.cooldown, self.settings.reference_digest)
        )
        self.notices.extend(witness.notices(cause, block, incidents))

    def _partitions_by_key(self) -> dict[int, Partition]:
        return {partition.key: partition for partition in self.partitions}

    def _close(self, block: int, reason: str) -> None:
        summaries = sorted(self.open_blocks.pop(block).items())
        streams = [self._stream(key) for key, _ in summaries]
        shared = max(len(self.settings.segments), len(self.streams))
        far = self.open_far.pop(block, {})
        for stream, (key, summary) in zip(streams, summaries, strict=True):
            observed = stream.step(block, summary, reason, shared)
            stream.far.add(block, far.get(key) or Worst.empty())
            self.outdated.add(key)
            if stream.baseline.origin is Origin.WARMING_UP:
                self._learner(stream.segment).add(observed)
        heard = block - self.settings.streams.silence
        for key, stream in self.streams.items():
            if stream.newest_block <= heard and stream.watch.lapse(block):
                self.outdated.add(key)
        for segment in [each for each, known in self.learners.items() if known.done(block)]:
            self._learn(segment)

    def _learner(self, segment: str) -> Learner:
        return self.learners.setdefault(segment, Learner(self.settings.warm_up))

    def _learn(self, segment: str) -> None:
        """End a segment's warm-up: its streams go on with what it taught."""
        settings = self.settings
        before = settings.baselines[segment]
        raw = before.learned.raw(settings.profile, before.summary.counts)
        block_ms = 1 if settings.grid.by_rows else settings.grid.block
        taught = self.learners.pop(segment).teach(raw, block_ms)
        self.use(segment, replace(before.learned, calibration=taught))

    def use(self, segment: str, taught: Learned) -> None:
        """Compare a segment's streams by what its warm-up taught."""
        settings = self.settings
        summary = settings.baselines[segment].summary
        baseline = Baseline.of(
            settings.profile, summary, taught, Origin.LEARNED, settings.ignore_below
        )
        self.learned[segment] = baseline
        for stream in self.streams.values():
            if stream.segment == segment:
                stream.rebase(baseline)

    def baseline(self, segment: str) -> Baseline:
        """Return what a segment's streams are compared with now."""
        return self.learned.get(segment) or self.settings.baselines[segment]

    def refresh(self) -> None:
        """Compare the streams that had a block closed with the reference anew."""
        if self.performance is not None:
            self.outdated |= self.performance.outdated & self.streams.keys()
            self.performance.outdated.clear()
        for key in self.outdated:
            self.views[key] = self._stream_view(key)
        self.outdated.clear()

    def _stream_view(self, key: StreamKey) -> StreamView:
        stream = self.streams[key]
        view = stream.view(self._warm_up_ends(stream.segment))
        labelled = None if self.performance is None else self.performance.streams.get(key)
        view = replace(view, diagnosis=diagnosis_view(stream, labelled, self._partitions_by_key()))
        if labelled is None:
            return view
        performance = performance_view(labelled, stream.windows)
        alarm = louder(view.inputs_alarm, performance.alarm)
        return replace(view, performance=performance, alarm=alarm)

    def _warm_up_ends(self, segment: str) -> int | None:
        learner = self.learners.get(segment)
        if learner is None:
            return None
        return self.settings.streams.start_ms(learner.started + learner.blocks)

    def _stream(self, key: StreamKey) -> Stream:
        stream = self.streams.get(key)
        if stream is None:
            version, segment = key
            baseline = self.baseline(segment)
            stream = Stream.start(self.settings.streams, version, segment, baseline)
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
        budget = settings.budget
        untold = self.first_open == NEVER or settings.grid.by_rows
        return ModelView(
            name=settings.name,
            reference=settings.reference_digest,
            schema=settings.schema_digest,
            budget=BudgetView(
                pages=budget.pages,
                tickets=budget.pages * budget.tickets_per_page,
                period=settings.period,
                spent=self._newest_pages(self.first_open - budget.blocks) / budget.pages,
            ),
            ignore_below=settings.ignore_below,
            streams=tuple(self.views[key] for key in sorted(self.views)),
            rejects=dict(self.rejects),
            tombstones=self.tombstones,
            duplicates=self.duplicates,
            retest_records=self.retest_records,
            watermark_ms=None if untold else self.first_open * settings.grid.block,
            open_blocks=len(self.open_blocks),
            labels=None if self.performance is None else LabelsView.of(self.performance.join),
        )

    def _newest_pages(self, since: float) -> int:
        """Return how many pages were raised in blocks after ``since``."""
        watches = [stream.watch for stream in self.streams.values()]
        if self.performance is not None:
            watches += [stream.watch for stream in self.performance.streams.values()]
        return sum(page > since for watch in watches for page in watch.paged)
