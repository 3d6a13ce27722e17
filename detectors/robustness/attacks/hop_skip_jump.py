"""HopSkipJump: walks along the decision boundary towards each record, by labels alone."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.attacks.bisection import Approach
from detectors.robustness.attacks.members import boxed, directions, movable
from detectors.robustness.attacks.starts import starts
from detectors.robustness.attacks.steps import steepest
from detectors.robustness.ledger import TOLERANCE
from detectors.robustness.threat import LossGradient, Norm, Oracle, Threat

COARSEST = 0.01
"""The most that a bisection within the walk leaves open, as a share of the distance."""
MARGIN = 2
"""Halvings beyond theta: the way begins up to twice as far out, and where a point lies too deep
behind the boundary all probes tell the same."""
HALVINGS = 10
NEGLIGIBLE = 1e-6
"""Share of a distance that is not worth a walk: the choices alone break the model."""
MEMORY = 0.5
"""Weight of the round before in a normal: boundaries are smooth more often than not."""


@dataclass(frozen=True, slots=True)
class HopSkipJump:
    """Estimates the boundary's normal from labels, steps along it, and bisects back.

    In round t: the normal is the mean of (phi - mean phi) u over min(probes sqrt(t), most_probes)
    random directions u around a point x on the boundary, phi = 1 where x + delta u breaks the
    model and -1 where it does not; delta = sqrt(d) theta |x - record| in L2 and d theta |x -
    record| in L-infinity, theta = d^-1.5 and d^-2, at most COARSEST. The step |x - record| /
    sqrt(t) is halved until it breaks the model, and a bisection towards the record ends the
    round. At the end numbers that need not change are undone, and a bisection of ``bisections``
    steps follows, without which distances are up to a hundredth too long. Columns with a least
    difference are probed by it at least. Candidates leave the ball of a finite epsilon, but never
    the box; a record that broke within epsilon is done.

    It walks over numbers. Choices change only in records that no change of numbers breaks, and no
    more of them than must; tabular_search finds more where categories may change too.

    rounds: how often; probes, most_probes: directions; bisections: halvings of the last step.

    Not as in the paper: a normal remembers the round before, the walk ends at the nearest point of
    all rounds, and the defaults take half of the probes in more rounds, which comes nearer with
    fewer queries where there are tens of columns.

    Source: Chen, Jordan and Wainwright (2020), HopSkipJumpAttack, IEEE S&P.
    """

    name: ClassVar[str] = "hop_skip_jump"
    needs_scores: ClassVar[bool] = False
    needs_gradient: ClassVar[bool] = False

    rounds: int = 15
    probes: int = 50
    most_probes: int = 10_000
    bisections: int = 12

    def __call__(
        self,
        origins: FloatArray,
        threat: Threat,
        oracle: Oracle,
        rng: np.random.Generator,
        gradient: LossGradient | None = None,  # noqa: ARG002
    ) -> None:
        """Begin at near records with another answer and walk for ``rounds`` rounds."""
        points, found = starts(origins, threat, oracle, rng)
        walk = Approach(origins, threat, oracle)
        live = np.flatnonzero(found)
        points[live] = walk.without_choices(points[live], live)
        live = _open(walk, points, live)
        theta = _theta(threat)
        halvings = int(np.ceil(-np.log2(theta))) + MARGIN
        points[live] = walk.bisected(points[live], live, halvings)
        best = points.copy()
        memory = np.zeros_like(origins)
        for number in range(1, self.rounds + 1):
            live = _open(walk, best, live)
            if not len(live):
                return
            probes = int(min(self.probes * np.sqrt(number), self.most_probes))
            normals = _normals(walk, points[live], live, probes, theta, rng)
            memory[live] = MEMORY * memory[live] + steepest(normals, Norm.L2)
            ahead, moved = _jumped(walk, points[live], live, memory[live], number)
            nearer = walk.bisected(ahead[moved], live[moved], halvings)
            points[live[moved]] = nearer
            best[live] = _nearer(walk, points[live], best[live], live)
        live = _open(walk, best, live)
        best[live] = walk.without_numbers(best[live], live)
        walk.bisected(best[live], live, self.bisections)


def _open(walk: Approach, points: FloatArray, live: IntArray) -> IntArray:
    """Return the records whose point lies beyond epsilon and could come nearer."""
    distance = walk.threat.distance(points[live], walk.origins[live])
    numbers = walk.threat.norm.of(_changes(walk, points[live], live))
    # In L-infinity numbers count only where they are changed by more than a choice.
    least = NEGLIGIBLE if walk.threat.norm is Norm.L2 else 1.0 - NEGLIGIBLE
    epsilon = walk.threat.epsilon if np.isfinite(walk.threat.epsilon) else 0.0
    return live[(distance > epsilon * (1 + TOLERANCE)) & (numbers > least * distance)]


def _theta(threat: Threat) -> float:
    columns = max(int(threat.numeric.sum()), 1)
    power = -1.5 if threat.norm is Norm.L2 else -2.0
    return float(min(columns**power, COARSEST))


def _changes(walk: Approach, points: FloatArray, places: IntArray) -> FloatArray:
    """Return by how much the numbers of points are changed; (m, d)."""
    return np.where(walk.threat.numeric, points - walk.origins[places], 0.0)


def _normals(
    walk: Approach,
    points: FloatArray,
    places: IntArray,
    probes: int,
    theta: float,
    rng: np.random.Generator,
) -> FloatArray:
    """Estimate the normals of the boundary at points (m, d) that point to where it breaks."""
    threat = walk.threat
    free = movable(threat)[places]
    columns = np.maximum(free.sum(axis=1), 1)
    power = 0.5 if threat.norm is Norm.L2 else 1.0
    size = columns**power * theta * threat.norm.of(_changes(walk, points, places))
    unit = size[:, np.newaxis] / np.sqrt(columns)[:, np.newaxis]
    wide = np.maximum(unit, threat.steps)
    which = np.repeat(np.arange(len(points)), probes)
    edge = np.ones(len(which), dtype=np.bool_)
    drawn = directions(Norm.L2, len(which), free[which], rng, edge)
    drawn *= np.sqrt(columns[which])[:, np.newaxis] * wide[which]
    told = walk.oracle(boxed(points[which] + drawn, threat, places[which]), places[which])
    shape = (len(points), probes, -1)
    # Told points are rounded to the wire's types, so they say where the answers are from.
    weights = ((told.points - points[which]) / wide[which] ** 2).reshape(shape)
    weights *= free[:, np.newaxis, :]
    usable = ~told.failed.reshape(len(points), probes)
    phi = np.where(told.broken.reshape(len(points), probes), 1.0, -1.0)
    mean = np.sum(phi * usable, axis=1) / np.maximum(usable.sum(axis=1), 1)
    one_sided = np.abs(mean) == 1.0
    centred = np.where(one_sided[:, np.newaxis], phi, phi - mean[:, np.newaxis]) * usable
    normals: FloatArray = np.einsum("mp,mpd->md", centred, weights)
    return normals


def _jumped(
    walk: Approach, points: FloatArray, places: IntArray, normals: FloatArray, number: int
) -> tuple[FloatArray, BoolArray]:
    """Step along the normals, by half as much until it breaks; (m, d) and which did (m,)."""
    steps = steepest(normals, walk.threat.norm)
    distance = walk.threat.norm.of(_changes(walk, points, places))
    steps *= (distance / np.sqrt(number))[:, np.newaxis]
    ahead = points.copy()
    moved = np.zeros(len(points), dtype=np.bool_)
    for halving in range(HALVINGS):
        rows = np.flatnonzero(~moved)
        if not len(rows):
            break
        trial = boxed(points[rows] + steps[rows] * 0.5**halving, walk.threat, places[rows])
        told = walk.oracle(trial, places[rows])
        moved[rows[told.broken]] = True
        ahead[rows[told.broken]] = told.points[told.broken]
    return ahead, moved


def _nearer(walk: Approach, new: FloatArray, old: FloatArray, places: IntArray) -> FloatArray:
    own = walk.origins[places]
    better = walk.threat.distance(new, own) < walk.threat.distance(old, own)
    return np.where(better[:, np.newaxis], new, old)
