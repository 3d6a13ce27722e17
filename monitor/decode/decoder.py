"""The decoder: from a chunk of raw JSON records to a batch of columns."""

from collections.abc import Callable, Iterator, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any, cast

import numpy as np

from detectors.counts import IntArray
from detectors.profile import Profile
from monitor.decode.batch import Batch, joined
from monitor.decode.category import category_text
from monitor.decode.chunks import parts_of, reject_of, without_marked, without_tombstones
from monitor.decode.codes import CodeArray, Codes
from monitor.decode.event_time import times_of_log, times_of_records
from monitor.decode.features import FeatureReader
from monitor.decode.json_lines import RowReader, Rows
from monitor.decode.judge import Judge, Verdicts
from monitor.decode.layout import Leaf, Row, lay_out
from monitor.decode.marked import MarkSieve
from monitor.decode.reasons import RecordError
from monitor.schema import Schema
from monitor.sources.source import Chunk

FUTURE_MS = 300_000


def compile_decoder(
    schema: Schema,
    profile: Profile,
    segments: tuple[str, ...],
    *,
    future_ms: int = FUTURE_MS,
    timeless: bool = False,
    chances_of: tuple[str, ...] = (),
) -> "Decoder":
    """Return the decoder of a schema's records, coded by the profile of their reference.

    segments: texts of the segments that are told apart. future_ms: how far ahead of the log's
    time an event time may be. timeless: records need no time; all get 0. chances_of: classes
    whose probabilities are kept, of kind probabilities. Raises ValueError if the profile is of
    other features.
    """
    return Decoder(schema, profile, segments, future_ms, timeless, chances_of)


class Decoder:
    """Decodes the records of one model; a record's columns depend on that record only."""

    def __init__(
        self,
        schema: Schema,
        profile: Profile,
        segments: tuple[str, ...],
        future_ms: int,
        timeless: bool,
        chances_of: tuple[str, ...],
    ) -> None:
        """Compile; as compile_decoder."""
        layout = lay_out(schema)
        self._timeless = timeless
        self._unit = schema.time.unit if schema.time else None
        self._rows = RowReader(layout)
        self._sieve = MarkSieve(layout, schema.marks)
        self._features = FeatureReader(schema, layout, profile, chances_of)
        self._judge = Judge(layout, future_ms)
        self._id = _getter(layout.id)
        self._time = _getter(layout.time)
        self._version = _getter(layout.version)
        self._segment = _getter(layout.segment)
        codes = {segment: code for code, segment in enumerate(segments)}
        self._segments = Codes.of_texts(codes, unknown=len(segments), missing=len(segments))

    def decode(self, chunk: Chunk, now_ms: int) -> Batch:
        """Return the chunk's records as columns, and the records that had to be rejected.

        now_ms: the wall clock, which judges event times where the log keeps no other.
        """
        return joined([self._decode(part, now_ms) for part in parts_of(chunk)])

    def _decode(self, chunk: Chunk, now_ms: int) -> Batch:
        unmarked = without_marked(chunk)
        log = without_tombstones(unmarked)
        read = self._rows.read(cast(Sequence[bytes], log.values))
        read, marked = self._sieve.sift(read, log.values)
        features = self._features.read(read.rows, read.invalid)
        times, clock = self._times(log, read, now_ms)
        verdicts = self._judge.judge(features.score, times, clock)
        rows, places, refusals = read.rows, read.places, read.refusals
        if verdicts.any():
            refusals = sorted(
                [*refusals, *self._refusals(read, verdicts, times, clock)], key=_place
            )
            kept = verdicts == 0
            rows = list(compress(rows, kept))
            places, features, times = places[kept], features.only(kept), times[kept]
        return Batch(
            partition=chunk.partition,
            offsets=log.offsets[places],
            times=times,
            ids=[None] * len(rows) if self._id is None else list(map(self._id, rows)),
            versions=self._versions(rows),
            segments=self._segment_codes(rows),
            numeric=features.numeric,
            codes=features.codes,
            embeddings=features.embeddings,
            invalid=features.invalid,
            score=features.score,
            rejects=[reject_of(log, place, refusal) for place, refusal in refusals],
            tombstones=len(unmarked) - len(log),
            next_offset=chunk.next_offset,
            chances=features.chances,
            retests=len(chunk) - len(unmarked) + marked,
        )

    def _times(self, log: Chunk, read: Rows, now_ms: int) -> tuple[IntArray, IntArray]:
        """Return each row's event time, and what it is judged by: the log's time or the clock."""
        if self._timeless:
            return np.zeros(len(read.rows), np.int64), np.zeros(len(read.rows), np.int64)
        stamps = None if log.timestamps is None else log.timestamps[read.places]
        if self._time is None or self._unit is None:
            return times_of_log(stamps, len(read.rows), now_ms)
        return times_of_records(map(self._time, read.rows), self._unit, stamps, now_ms)

    def _refusals(
        self, read: Rows, verdicts: Verdicts, times: IntArray, clock: IntArray
    ) -> Iterator[tuple[int, RecordError]]:
        for at in np.flatnonzero(verdicts).tolist():
            refusal = self._judge.refusal(
                int(verdicts[at]), read.rows[at], int(times[at]), int(clock[at])
            )
            yield int(read.places[at]), refusal

    def _versions(self, rows: Sequence[Row]) -> Sequence[str]:
        if self._version is None:
            return [""] * len(rows)
        values = list(map(self._version, rows))
        if set(map(type, values)) <= {str}:
            return values
        return ["" if value is None else category_text(value) for value in values]

    def _segment_codes(self, rows: Sequence[Row]) -> CodeArray:
        if self._segment is None:
            return np.zeros(len(rows), dtype=np.int16)
        return self._segments.read(list(map(self._segment, rows)))


def _getter(leaf: Leaf | None) -> Callable[[Row], Any] | None:
    return None if leaf is None else attrgetter(leaf.attribute)


def _place(placed: tuple[int, RecordError]) -> int:
    return placed[0]
