"""What of a point is chosen and not moved: categories and one-hot groups."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.threat import Norm, Threat


@dataclass(frozen=True, slots=True)
class Choices:
    """The categorical columns and one-hot groups of a threat; each is one choice.

    columns: of each choice, one for a category and all of a group. options: how many each has.
    free: (n, choices), which of them may change in which record.
    """

    columns: tuple[IntArray, ...]
    options: IntArray
    free: BoolArray

    @classmethod
    def of(cls, threat: Threat) -> "Choices":
        """Return the choices of a threat."""
        coded = [np.array([column]) for column in np.flatnonzero(threat.levels > 0)]
        sizes = [int(threat.levels[column[0]]) for column in coded]
        sizes += [len(group) for group in threat.groups]
        columns = (*coded, *threat.groups)
        free = np.zeros((len(threat.low), len(columns)), dtype=np.bool_)
        for place, own in enumerate(columns):
            free[:, place] = (threat.low[:, own] < threat.high[:, own]).all(axis=1)
        return cls(columns, np.array(sizes, dtype=np.int64), free)

    def __len__(self) -> int:
        return len(self.columns)

    def changed(self, points: FloatArray, origins: FloatArray) -> BoolArray:
        """Tell which choices of points (m, d) are other ones than the origins'; (m, choices)."""
        other = points != origins
        found = np.zeros((len(points), len(self)), dtype=np.bool_)
        for place, own in enumerate(self.columns):
            found[:, place] = other[:, own].any(axis=1)
        return found

    def most(self, threat: Threat) -> int:
        """Return how many choices may change within the threat's epsilon."""
        if threat.norm is Norm.LINF:
            return len(self) if threat.epsilon >= 1 else 0
        return int(min(len(self), threat.epsilon**2 // 2))

    def put(self, points: FloatArray, rows: IntArray | BoolArray, choice: int, option: int) -> None:
        """Write one option of one choice into some rows of points, in place."""
        own = self.columns[choice]
        if len(own) == 1:
            points[rows, own[0]] = option
        else:
            points[np.ix_(np.flatnonzero(rows) if rows.dtype == bool else rows, own)] = np.eye(
                len(own)
            )[option]
