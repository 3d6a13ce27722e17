"""The prediction: probabilities of classes as columns, and every prediction as a score."""

from collections.abc import Callable, Sequence
from itertools import chain, repeat

import numpy as np

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.counts import FloatArray
from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from monitor.decode.codes import CodeArray, Codes
from monitor.schema import CONFIDENCE, PREDICTION

Chances = list[float] | dict[str, float] | None

Score = Callable[[FloatArray, CodeArray], FloatArray]
"""From numeric columns and codes to the score of each record, nan where it has no prediction."""


class ChanceColumns:
    """Reads the probabilities of all classes: the likeliest class and its probability."""

    def __init__(self, classes: Sequence[str], codes: Codes) -> None:
        """Take the classes in the order of lists, none where records hold objects only."""
        self._classes = tuple(classes)
        self._codes = codes
        self._class_codes = codes.read(self._classes)

    def read(self, values: Sequence[Chances]) -> tuple[FloatArray, CodeArray]:
        """Return confidence and class code of each record; nan and MISSING where it has none.

        The first of equally likely classes counts.
        """
        if set(map(type, values)) == {list}:
            flat = np.fromiter(chain.from_iterable(filter(None, values)), np.float64)
            table = flat.reshape(len(values), len(self._classes))
            best = table.argmax(axis=1)
            return table[np.arange(len(values)), best], self._class_codes[best]
        likeliest = [self._likeliest(each) for each in values]
        confidence = np.array([chance for _, chance in likeliest], dtype=np.float64)
        return confidence, self._codes.read([name for name, _ in likeliest])

    def table(self, values: Sequence[Chances], classes: Sequence[str]) -> FloatArray:
        """Return the probabilities of some classes, (n, classes), 0 of one that is not named.

        A row of nan where they are missing or one of them is not in [0, 1].
        """
        if set(map(type, values)) == {list}:
            flat = np.fromiter(chain.from_iterable(filter(None, values)), np.float64)
            listed = flat.reshape(len(values), len(self._classes))
            table = np.zeros((len(values), len(classes)))
            for column, name in enumerate(classes):
                if name in self._classes:
                    table[:, column] = listed[:, self._classes.index(name)]
        else:
            nothing = [np.nan] * len(classes)
            rows = (
                nothing if each is None else list(map(self._named(each).get, classes, repeat(0.0)))
                for each in values
            )
            table = np.array(list(rows), dtype=np.float64).reshape(-1, len(classes))
        table[~((table >= 0) & (table <= 1)).all(axis=1)] = np.nan
        return table

    def _named(self, chances: list[float] | dict[str, float]) -> dict[str, float]:
        if isinstance(chances, dict):
            return chances
        return dict(zip(self._classes, chances, strict=True))

    def _likeliest(self, chances: Chances) -> tuple[str | None, float]:
        if chances is None:
            return None, np.nan
        named = self._named(chances)
        name = max(named, key=named.__getitem__)
        return name, named[name]


def score_of(kind: PredictionKind, profile: Profile) -> Score:
    """Return how predictions of a kind become a number in [0, 1], for detectors of one number.

    A probability and the likeliest class' probability are their own score, clipped. A number's
    is its rank in the reference, to the bin: (bin + 1/2) / bins. A class' is (code + 1/2) /
    (levels + 2), where other classes and never-seen ones follow the top levels.
    """
    if kind is PredictionKind.CLASS:
        column = profile.categorical.index(PREDICTION)
        return _class_score(column, len(profile.levels[column]))
    name = CONFIDENCE if kind is PredictionKind.PROBABILITIES else PREDICTION
    column = profile.numeric.index(name)
    if kind is PredictionKind.REGRESSION:
        return _rank_score(column, profile.edges[column])
    return lambda numeric, _: np.clip(numeric[:, column], 0.0, 1.0)


def _rank_score(column: int, edges: FloatArray) -> Score:
    used = edges[np.isfinite(edges)]

    def score(numeric: FloatArray, _: CodeArray) -> FloatArray:
        values = numeric[:, column]
        rank = (used.searchsorted(values) + 0.5) / (len(used) + 1)
        return np.where(np.isnan(values), np.nan, rank)

    return score


def _class_score(column: int, levels: int) -> Score:
    def score(_: FloatArray, codes: CodeArray) -> FloatArray:
        places = codes[:, column].astype(np.float64)
        places[places == OTHER] = levels
        places[places == UNSEEN] = levels + 1
        places[places == MISSING] = np.nan
        return (places + 0.5) / (levels + 2)

    return score
