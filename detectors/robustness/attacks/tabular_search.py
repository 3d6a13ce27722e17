"""Constrained search over mixed features: numbers, integers, categories and one-hot groups."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.attacks.choices import Choices
from detectors.robustness.attacks.members import FARTHEST, broke, drawn, movable, projected
from detectors.robustness.threat import LossGradient, Oracle, Threat, Told


@dataclass(frozen=True, slots=True)
class TabularSearch:
    """Evolves candidates of each record that keep every rule and change what is allowed only.

    Each generation makes ``children`` of the best candidate of a record, and keeps the best of
    all: while none breaks the model the one with the least margin, then the nearest one. A child
    takes some features of another record, draws some numbers nearer or farther, gets some
    features back from its own record, or moves all its numbers towards the record; so numbers
    have values like real ones, and categories and one-hot groups stay whole. The first generation
    is half random members of the threat set. With an infinite epsilon distances of many numbers
    stay far from the least: hop_skip_jump is better there. Where the model tells labels only,
    nothing leads to the first break, and all children are made of the record itself.

    generations, children: candidates a record are their product, one batch a generation; a record
    that broke within a finite epsilon gets no more.

    Source: after MoEvA2 (Simonetto et al. 2022, A unified framework for adversarial attack and
    defense in constrained feature space, IJCAI), with one objective after the other.
    """

    name: ClassVar[str] = "tabular_search"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    generations: int = 50
    children: int = 20

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Ask about all children of a generation at once, ``generations`` times."""
        brood = _Brood.of(origins, threat, rng)
        best, score = origins.copy(), np.full(len(origins), np.inf)
        live = np.flatnonzero(brood.free.any(axis=1))
        for generation in range(self.generations):
            if not len(live):
                return
            places = np.repeat(live, self.children)
            points = brood.children(best[places], places, score[places] <= 0)
            if generation == 0:
                half = np.arange(len(places)) % 2 == 0
                points[half] = drawn(origins, threat, places[half], rng)
            told = oracle(points, places)
            _keep_best(best, score, told, places, brood)
            done = np.unique(places[broke(told, origins, threat, places)])
            live = np.setdiff1d(live, done)


@dataclass(frozen=True, slots=True)
class _Brood:
    """Makes candidates of candidates.

    units: the columns of each unit that changes as a whole, a number or a choice. free:
    (n, units), which of them may change.
    """

    origins: FloatArray
    threat: Threat
    units: tuple[IntArray, ...]
    free: BoolArray
    rng: np.random.Generator

    @classmethod
    def of(cls, origins: FloatArray, threat: Threat, rng: np.random.Generator) -> "_Brood":
        numeric = np.flatnonzero(threat.numeric)
        choices = Choices.of(threat)
        free = np.column_stack([movable(threat)[:, numeric], choices.free])
        return cls(origins, threat, (*numeric[:, np.newaxis], *choices.columns), free, rng)

    def children(self, parents: FloatArray, places: IntArray, broken: BoolArray) -> FloatArray:
        """Return one child of each parent (m, d); broken: (m,), which parents break the model."""
        rng, own = self.rng, self.origins[places]
        way = rng.integers(0, 4, len(parents))
        # Before the first break a way back leads nowhere; those children explore instead.
        way = np.where(broken, way, way % 2)[:, np.newaxis]
        other = self.origins[rng.integers(0, len(self.origins), len(parents))]
        scale = 10.0 ** rng.uniform(-2.0, 0.5, (len(parents), 1))
        numeric = self.threat.numeric
        moved = parents + scale * rng.standard_normal(parents.shape) * numeric
        nearer = own + rng.random((len(parents), 1)) ** 0.25 * (parents - own)
        nearer = np.where(numeric, nearer, parents)
        chosen = self._columns(self._some(places))
        new = np.select(
            [way == 0, way == 1, way == 2],
            [
                np.where(chosen, other, parents),
                np.where(chosen, moved, parents),
                np.where(chosen, own, parents),
            ],
            nearer,
        )
        new = np.clip(new, own - FARTHEST, own + FARTHEST)
        return projected(new, self.origins, self.threat, places)

    def _some(self, places: IntArray) -> BoolArray:
        """Choose units of candidates, one or two of them most often; (m, units)."""
        free = self.free[places]
        share = self.rng.choice([0.0, 1.5, 4.0], (len(places), 1)) / free.sum(axis=1, keepdims=True)
        drawn = np.where(free, self.rng.random(free.shape), np.inf)
        some: BoolArray = (drawn < share) | (drawn == drawn.min(axis=1, keepdims=True))
        return some

    def _columns(self, chosen: BoolArray) -> BoolArray:
        columns = np.zeros((len(chosen), self.origins.shape[1]), dtype=np.bool_)
        for unit, own in enumerate(self.units):
            columns[:, own] = chosen[:, [unit]]
        return columns


def _keep_best(
    best: FloatArray, score: FloatArray, told: Told, places: IntArray, brood: _Brood
) -> None:
    """Put the best candidate of each record in place of its parent, where it is better.

    score: (n,), the margin where nothing broke; below 0 where something did, the less the nearer.
    """
    distance = brood.threat.distance(told.points, brood.origins[places])
    new = np.where(
        told.broken, -1.0 / np.maximum(distance, 1e-300), np.maximum(told.margin, 1e-300)
    )
    new[np.isnan(new) | told.failed] = np.inf
    order = np.lexsort((new, places))
    records, firsts = np.unique(places[order], return_index=True)
    first = order[firsts]
    better = new[first] < score[records]
    best[records[better]] = told.points[first[better]]
    score[records[better]] = new[first[better]]
