"""The first pass over the data: what the profile is made of, in bounded memory."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from detectors.columns import UInt64Array
from detectors.counts import BoolArray, FloatArray
from detectors.sample import record_hashes
from monitor.reference.levels import LevelCounter, Levels
from monitor.reference.pair_scan import PairScanner
from monitor.reference.row_sample import RowSample
from monitor.reference.rows import Read, Rows
from monitor.reference.span import Span, SpanFinder
from monitor.reference.values import Texts
from monitor.schema import Schema

SAMPLED_ROWS = 50_000
SAMPLED_TEXTS = 10_000
SAMPLED_VALUES = 8_000_000
FEWEST_SAMPLED = 1_000
"""Rows are sampled up to these limits, fewer where they are wide, but not fewer than this."""

TextArray = NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class Scan:
    """What one pass over the rows found.

    rows: with a usable prediction. no_prediction: those without. retests: rows that re-tests
    caused, which count as neither. examples: by field, the first
    value that could not be used. low, high: (numeric,), inf and -inf where there is no value.
    levels: of the categorical features. segments: of the segment field, None without one.
    span: of the rows' times, None where they have none.
    numeric, texts, embeddings: columns of a uniform sample of the rows, in the same order; not
    all are of one length. Missing texts are None. even: which rows of numeric have an even hash.
    """

    rows: int
    no_prediction: int
    retests: int
    examples: dict[str, Any]
    low: FloatArray
    high: FloatArray
    levels: tuple[Levels, ...]
    segments: Levels | None
    span: Span | None
    numeric: FloatArray
    even: BoolArray
    texts: tuple[TextArray, ...]
    embeddings: tuple[FloatArray, ...]


class Scanner:
    """Takes the rows, batch after batch.

    rows: with a usable prediction, so far. no_prediction: those without. retests: rows that
    re-tests caused. pairs: takes the rows with a label.
    """

    def __init__(self, schema: Schema, seed: int) -> None:
        """Take the schema, and the seed that decides which rows are sampled."""
        self._seed = seed
        self._has_segments = schema.segment is not None
        self.rows = 0
        self.no_prediction = 0
        self.retests = 0
        self.pairs = PairScanner(schema)
        self._span = SpanFinder()
        self._examples: dict[str, Any] = {}
        self._low = np.full(len(schema.numeric), np.inf)
        self._high = np.full(len(schema.numeric), -np.inf)
        self._counters = [LevelCounter() for _ in range(len(schema.categorical) + 1)]
        self._numeric = RowSample(_sampled(len(schema.numeric)))
        self._texts = RowSample(SAMPLED_TEXTS)
        self._embeddings = [RowSample(_sampled(field.size)) for field in schema.embeddings]

    def add(self, read: Read) -> None:
        """Take a batch of rows."""
        rows = read.rows
        self.no_prediction += read.no_prediction
        self.retests += read.retests
        self._examples = {**read.examples, **self._examples}
        hashes = record_hashes(self._seed, np.arange(self.rows, self.rows + len(rows)))
        self.rows += len(rows)
        self._low = np.fmin(self._low, np.fmin.reduce(rows.numeric, axis=0, initial=np.inf))
        self._high = np.fmax(self._high, np.fmax.reduce(rows.numeric, axis=0, initial=-np.inf))
        texts = _all_texts(rows)
        for counter, each in zip(self._counters, texts, strict=False):
            counter.add(each.count())
        if rows.times is not None:
            self._span.add(hashes, rows.times)
        _add(self._numeric, hashes, [rows.numeric, is_even(hashes)])
        for sample, vectors in zip(self._embeddings, rows.embeddings, strict=True):
            _add(sample, hashes, [vectors])
        self.pairs.add(rows, hashes)
        near = self._texts.near(hashes)
        self._texts.add(hashes[near], [each.at(near) for each in texts])

    def scan(self) -> Scan:
        """Return what was found in one row or more."""
        texts = self._texts.columns()
        levels = [
            counter.levels(sample) for counter, sample in zip(self._counters, texts, strict=False)
        ]
        features = len(texts) - self._has_segments
        numeric, even = self._numeric.columns()
        return Scan(
            rows=self.rows,
            no_prediction=self.no_prediction,
            retests=self.retests,
            examples=self._examples,
            low=self._low,
            high=self._high,
            levels=tuple(levels[:features]),
            segments=levels[features] if self._has_segments else None,
            span=self._span.span(),
            numeric=numeric,
            even=even,
            texts=tuple(texts[:features]),
            embeddings=tuple(sample.columns()[0] for sample in self._embeddings),
        )


def is_even(hashes: UInt64Array) -> BoolArray:
    """Tell the half of the rows that directions are fitted on; the other one is what is normal."""
    even: BoolArray = hashes % np.uint64(2) == 0
    return even


def _sampled(width: int) -> int:
    return max(FEWEST_SAMPLED, min(SAMPLED_ROWS, SAMPLED_VALUES // max(width, 1)))


def _all_texts(rows: Rows) -> list[Texts]:
    return [*rows.texts, rows.segments] if rows.segments else list(rows.texts)


def _add(sample: RowSample, hashes: UInt64Array, columns: Sequence[NDArray[Any]]) -> None:
    near = sample.near(hashes)
    sample.add(hashes[near], [column[near] for column in columns])
