"""The book of an attack: the nearest candidate that broke each record, and what it cost."""

from dataclasses import dataclass, field

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.threat import Oracle, Threat, Told

TOLERANCE = 1e-9


@dataclass(slots=True)
class Ledger:
    """An oracle that writes down what it was asked and told.

    origins: (n, d). A candidate counts only where it lies in the threat set as it was sent.
    distance: (n,), of the nearest counted candidate that broke a record, inf where there is none.
    nearest: (n, d), that candidate, the record itself where there is none. queries: (n,),
    candidates asked about.
    failed: (n,), of these how many got no usable answer.
    """

    origins: FloatArray
    threat: Threat
    oracle: Oracle
    distance: FloatArray = field(init=False)
    nearest: FloatArray = field(init=False)
    queries: IntArray = field(init=False)
    failed: IntArray = field(init=False)

    def __post_init__(self) -> None:
        """Begin with nothing found."""
        records = len(self.origins)
        self.distance = np.full(records, np.inf)
        self.nearest = self.origins.copy()
        self.queries = np.zeros(records, dtype=np.int64)
        self.failed = np.zeros(records, dtype=np.int64)

    @property
    def broken(self) -> BoolArray:
        """Which records were broken within the threat set; (n,)."""
        return np.isfinite(self.distance)

    def __call__(self, points: FloatArray, places: IntArray) -> Told:
        """Ask the oracle; as Oracle."""
        told = self.oracle(points, places)
        np.add.at(self.queries, places, 1)
        np.add.at(self.failed, places[told.failed], 1)
        if told.broken.any():
            self._keep_nearest(told.points[told.broken], places[told.broken])
        return told

    def _keep_nearest(self, points: FloatArray, places: IntArray) -> None:
        distance = self.threat.distance(points, self.origins[places])
        inside = (points >= self.threat.low[places] - TOLERANCE).all(axis=1)
        inside &= (points <= self.threat.high[places] + TOLERANCE).all(axis=1)
        distance[~inside | (distance > self.threat.epsilon * (1 + TOLERANCE))] = np.inf
        order = np.lexsort((distance, places))
        _, firsts = np.unique(places[order], return_index=True)
        best = order[firsts]
        better = best[distance[best] < self.distance[places[best]]]
        self.distance[places[better]] = distance[better]
        self.nearest[places[better]] = points[better]
