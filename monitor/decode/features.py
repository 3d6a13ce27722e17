"""The columns of a batch's features: numbers, codes, embeddings, the score."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, repeat
from operator import attrgetter, is_not

import numpy as np

from detectors.cells import MISSING
from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from monitor.decode.codes import UNUSABLE, CodeArray, Codes
from monitor.decode.field_types import NUMBER, SCALAR
from monitor.decode.layout import Layout, Row
from monitor.decode.numbers import NumericColumns
from monitor.decode.prediction import ChanceColumns, score_of
from monitor.schema import Field, Kind, Schema

Pairs = list[tuple[int, int]]
"""(record, feature) of values that were there and could not be used."""


@dataclass(frozen=True, slots=True)
class Features:
    """The columns of n records, as in Batch."""

    numeric: FloatArray
    codes: CodeArray
    embeddings: tuple[FloatArray, ...]
    invalid: IntArray
    score: FloatArray
    chances: FloatArray

    def only(self, kept: BoolArray) -> "Features":
        """Return the columns of some of the records."""
        invalid = self.invalid[kept[self.invalid[:, 0]]]
        invalid[:, 0] = (np.cumsum(kept) - 1)[invalid[:, 0]]
        return Features(
            numeric=self.numeric[kept],
            codes=self.codes[kept],
            embeddings=tuple(each[kept] for each in self.embeddings),
            invalid=invalid,
            score=self.score[kept],
            chances=self.chances[kept],
        )


class FeatureReader:
    """Reads the features and the prediction of rows, coded by a profile."""

    def __init__(
        self, schema: Schema, layout: Layout, profile: Profile, chances_of: tuple[str, ...]
    ) -> None:
        """Compile the readers; chances_of: as in compile_decoder.

        Raises ValueError if the profile is of other features than the schema.
        """
        _require_same_features(schema, profile)
        self._numeric = NumericColumns(
            [leaf for leaf in layout.numeric if leaf.type is NUMBER],
            [column for column, field in enumerate(schema.numeric) if field.integer],
        )
        codes = [
            _codes_of(field, levels, others)
            for field, levels, others in zip(
                schema.categorical, profile.levels, profile.others, strict=True
            )
        ]
        self._categorical = [
            (attrgetter(leaf.attribute), each)
            for leaf, each in zip(layout.categorical, codes, strict=True)
            if leaf.type is SCALAR
        ]
        self._first_categorical = len(profile.numeric)
        self._embeddings = [
            (attrgetter(leaf.attribute), field.size)
            for leaf, field in zip(layout.embeddings, schema.embeddings, strict=True)
        ]
        self._chances = None
        self._chances_of = chances_of
        if schema.prediction.kind is PredictionKind.PROBABILITIES:
            self._chances = ChanceColumns(schema.prediction.classes, codes[-1])
            self._get_chances = attrgetter(layout.prediction.attribute)
        self._score = score_of(schema.prediction.kind, profile)

    def read(self, rows: Sequence[Row], invalid: Pairs) -> Features:
        """Return the columns of rows; invalid: what the rows' reader could not use."""
        numeric, fractions = self._numeric.read(rows)
        codes, no_booleans = self._read_codes(rows)
        chances = np.zeros((len(rows), 0))
        if self._chances is not None:
            told = list(map(self._get_chances, rows))
            confidence, classes = self._chances.read(told)
            if self._chances_of:
                chances = self._chances.table(told, self._chances_of)
            numeric = np.column_stack([numeric, confidence])
            codes = np.column_stack([codes, classes])
        pairs = np.array([*invalid, *fractions, *no_booleans], dtype=np.int64).reshape(-1, 2)
        return Features(
            numeric=numeric,
            codes=codes,
            embeddings=tuple(
                _vectors(list(map(get, rows)), size) for get, size in self._embeddings
            ),
            invalid=pairs[np.lexsort((pairs[:, 1], pairs[:, 0]))],
            score=self._score(numeric, codes),
            chances=chances,
        )

    def _read_codes(self, rows: Sequence[Row]) -> tuple[CodeArray, Pairs]:
        table = np.empty((len(rows), len(self._categorical)), dtype=np.int16)
        for column, (get, codes) in enumerate(self._categorical):
            table[:, column] = codes.read(list(map(get, rows)))
        places, columns = np.nonzero(table == UNUSABLE)
        table[places, columns] = MISSING
        features = columns + self._first_categorical
        return table, list(zip(places.tolist(), features.tolist(), strict=True))


def _require_same_features(schema: Schema, profile: Profile) -> None:
    wanted = [
        tuple(field.name for field in each)
        for each in (schema.numeric, schema.categorical, schema.embeddings)
    ]
    found = [profile.numeric, profile.categorical, profile.embeddings]
    if wanted != found:
        raise ValueError(
            f"the reference describes {found}, the configuration {wanted}; rebuild the reference"
        )


def _codes_of(field: Field, levels: tuple[str, ...], others: frozenset[str] | None) -> Codes:
    if field.kind is Kind.BOOLEAN:
        return Codes.of_booleans(levels, others)
    return Codes.of_levels(levels, others)


def _vectors(values: Sequence[list[float] | None], size: int) -> FloatArray:
    """Return one row of ``size`` numbers per value, a row of nan where there is none."""
    present = np.fromiter(map(is_not, values, repeat(None)), np.bool_, len(values))
    flat = chain.from_iterable(filter(None, values))
    table = np.full((len(values), size), np.nan)
    table[present] = np.fromiter(flat, np.float64, int(present.sum()) * size).reshape(-1, size)
    return table
