"""The label decoder: from a chunk of raw records to a batch of labels."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import cast

import numpy as np

from detectors.counts import FloatArray, IntArray
from monitor.decode.batch import Reject
from monitor.decode.chunks import parts_of, reject_of, without_marked, without_tombstones
from monitor.decode.event_time import INVALID, MISSING, times_of_log, times_of_records
from monitor.decode.json_lines import RowReader
from monitor.decode.label_values import label_value, label_words
from monitor.decode.layout import Leaf, Row, lay_out_label
from monitor.decode.marked import MarkSieve
from monitor.decode.reasons import Reason, RecordError, too_far_ahead
from monitor.schema import LabelSchema
from monitor.sources.source import Chunk, Partition


@dataclass(frozen=True, slots=True)
class LabelBatch:
    """Decoded labels of one partition, in the log's order.

    offsets, times, values: (n,), position in the log, event time in ms and the label as a
    number. ids: of the records that the labels are of. taken: offsets of all records that are
    labels, usable or not, and so no predictions. rejects: those that are in none of the arrays.
    retests: labels of records that re-tests caused, which are dropped.
    """

    partition: Partition
    offsets: IntArray
    times: IntArray
    ids: Sequence[object]
    values: FloatArray
    rejects: Sequence[Reject]
    tombstones: int
    next_offset: int
    taken: IntArray
    retests: int = 0

    def __len__(self) -> int:
        return len(self.offsets)


class LabelDecoder:
    """Decodes the labels of one model; what a label is depends on its record only."""

    def __init__(self, schema: LabelSchema, classes: tuple[str, ...], future_ms: int) -> None:
        """Compile; classes: of the reference. future_ms: as in compile_decoder."""
        self._schema = schema
        self._layout = lay_out_label(schema)
        self._rows = RowReader(self._layout)
        self._sieve = MarkSieve(self._layout, schema.marks)
        self._value = label_value(schema, classes)
        self._future_ms = future_ms
        assert self._layout.id is not None, "a label has an id"
        self._id_leaf = self._layout.id
        self._get_id = attrgetter(self._id_leaf.attribute)
        self._get_label = attrgetter(self._layout.prediction.attribute)

    def decode(self, chunk: Chunk, now_ms: int) -> LabelBatch:
        """Return the labels in a chunk, and what had to be rejected; now_ms: the wall clock."""
        batches = [self._decode(part, now_ms) for part in parts_of(chunk)]
        return LabelBatch(
            partition=chunk.partition,
            offsets=np.concatenate([each.offsets for each in batches]),
            times=np.concatenate([each.times for each in batches]),
            ids=[record_id for each in batches for record_id in each.ids],
            values=np.concatenate([each.values for each in batches]),
            rejects=[reject for each in batches for reject in each.rejects],
            tombstones=sum(each.tombstones for each in batches),
            retests=sum(each.retests for each in batches),
            next_offset=chunk.next_offset,
            taken=np.concatenate([each.taken for each in batches]),
        )

    def _decode(self, chunk: Chunk, now_ms: int) -> LabelBatch:
        own_topic = self._schema.own_topic
        unmarked = without_marked(chunk)
        log = without_tombstones(unmarked)
        read = self._rows.read(cast(Sequence[bytes], log.values))
        read, marked = self._sieve.sift(read, log.values)
        rows, places = read.rows, read.places
        labels = list(map(self._get_label, rows))
        refusals = [(place, _of_label(refusal)) for place, refusal in read.refusals]
        if own_topic:
            refusals = [each for each in refusals if each[1].reason is Reason.INVALID_LABEL]
            held = [at for at, label in enumerate(labels) if label == label and label is not None]
            rows, labels = [rows[at] for at in held], [labels[at] for at in held]
            places = places[np.array(held, dtype=np.int64)]
        ids = list(map(self._get_id, rows))
        values = np.fromiter(map(self._value, labels), np.float64, len(labels))
        times, clock = self._times(log, rows, places, now_ms)
        wrong = np.isnan(values) | (times < 0) | (times > clock + self._future_ms)
        wrong |= np.fromiter((each is None for each in ids), np.bool_, len(ids))
        for at in np.flatnonzero(wrong).tolist():
            refusal = self._refusal(rows[at], int(times[at]), int(clock[at]))
            refusals.append((int(places[at]), refusal))
        kept = np.flatnonzero(~wrong)
        refusals.sort(key=lambda each: each[0])
        refused = np.array([place for place, _ in refusals], dtype=np.int64)
        return LabelBatch(
            partition=chunk.partition,
            offsets=log.offsets[places[kept]],
            times=times[kept],
            ids=[ids[at] for at in kept.tolist()] if len(refusals) else ids,
            values=values[kept],
            rejects=[reject_of(log, place, refusal) for place, refusal in refusals],
            # In the records' own topic they are counted with the records.
            tombstones=0 if own_topic else len(unmarked) - len(log),
            retests=0 if own_topic else len(chunk) - len(unmarked) + marked,
            next_offset=chunk.next_offset,
            taken=np.sort(np.concatenate([log.offsets[places[kept]], log.offsets[refused]])),
        )

    def _times(
        self, log: Chunk, rows: Sequence[Row], places: IntArray, now_ms: int
    ) -> tuple[IntArray, IntArray]:
        """Return each label's event time, and what it is judged by."""
        stamps = None if log.timestamps is None else log.timestamps[places]
        leaf, time = self._layout.time, self._schema.time
        if leaf is None or time is None:
            return times_of_log(stamps, len(rows), now_ms)
        return times_of_records(map(attrgetter(leaf.attribute), rows), time.unit, stamps, now_ms)

    def _refusal(self, row: Row, time: int, clock: int) -> RecordError:
        """Return what is wrong with a label."""
        return next(self._problems(row, time, clock))

    def _problems(self, row: Row, time: int, clock: int) -> Iterator[RecordError]:
        leaf, label = self._layout.prediction, self._get_label(row)
        if label is None or label != label:
            yield RecordError(Reason.MISSING_LABEL, _problem(leaf, None, label_words(self._schema)))
        if np.isnan(self._value(label)):
            yield RecordError(
                Reason.INVALID_LABEL, _problem(leaf, label, label_words(self._schema))
            )
        if self._get_id(row) is None:
            yield RecordError(Reason.MISSING_ID, self._id_leaf.problem())
        yield self._time_problem(row, time, clock)

    def _time_problem(self, row: Row, time: int, clock: int) -> RecordError:
        leaf = self._layout.time
        reason = {MISSING: Reason.MISSING_TIME, INVALID: Reason.INVALID_TIME}.get(time)
        name = f"field '{leaf.name}'" if leaf else "the log's time of the label"
        if reason is None:
            return too_far_ahead(name, time, clock, self._future_ms)
        if leaf is None:
            return RecordError(reason, "the log keeps no time of the label; configure labels.time")
        return RecordError(reason, leaf.problem(leaf.get(row)) + " from 1970 to 2199")


def _problem(leaf: Leaf, value: object, expected: str) -> str:
    return replace(leaf, type=replace(leaf.type, expected=expected)).problem(value)


def _of_label(refusal: RecordError) -> RecordError:
    """Return the refusal of a record that was read with the label in the prediction's place."""
    if refusal.reason is Reason.INVALID_PREDICTION:
        return RecordError(Reason.INVALID_LABEL, refusal.problem)
    return refusal
