"""Points that belong to a threat set: the nearest ones to any points, and random ones."""

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.attacks.choices import Choices
from detectors.robustness.ledger import TOLERANCE
from detectors.robustness.threat import Norm, Threat, Told

FARTHEST = 64.0
"""Radius in scaled units that stands for an infinite epsilon where a draw needs one."""
INNER = 1.0 - 1e-5
"""Share of epsilon that points are put within: a cast to float32 must not carry them out."""


def movable(threat: Threat) -> BoolArray:
    """Tell which numbers of which records move freely; (n, d)."""
    return (threat.low < threat.high) & threat.numeric


def broke(told: Told, origins: FloatArray, threat: Threat, places: IntArray) -> BoolArray:
    """Tell which answers need no better candidate: broken within a finite epsilon; (m,)."""
    if np.isinf(threat.epsilon):
        return np.zeros(len(places), dtype=np.bool_)
    inside = threat.distance(told.points, origins[places]) <= threat.epsilon * (1 + TOLERANCE)
    return told.broken & inside


def boxed(points: FloatArray, threat: Threat, places: IntArray) -> FloatArray:
    """Return the nearest points (m, d) in the boxes of their records."""
    return np.clip(points, threat.low[places], threat.high[places])


def projected(
    points: FloatArray, origins: FloatArray, threat: Threat, places: IntArray
) -> FloatArray:
    """Return points (m, d) as members of the threat set: ball first, then box.

    origins: (n, d), all records. Numbers come nearer to the record until they fit into what
    changed choices leave of epsilon; where these alone are too much, the record itself returns.
    The box only shortens a change, so what it cuts stays in the ball.
    """
    own = origins[places]
    if np.isinf(threat.epsilon):
        return boxed(points, threat, places)
    epsilon = threat.epsilon * INNER
    numeric = threat.numeric
    changes = np.where(numeric, points - own, 0.0)
    moved = Choices.of(threat).changed(points, own).sum(axis=1)
    if threat.norm is Norm.LINF:
        changes = np.clip(changes, -epsilon, epsilon)
        too_much = (moved > 0) & (threat.epsilon < 1)
    else:
        left = epsilon**2 - 2.0 * moved
        too_much = threat.epsilon**2 < 2.0 * moved
        sizes = np.maximum(Norm.L2.of(changes), np.finfo(float).tiny)
        changes *= np.minimum(1.0, np.sqrt(np.maximum(left, 0.0)) / sizes)[:, np.newaxis]
    within = np.where(numeric, own + changes, points)
    within[too_much] = own[too_much]
    return boxed(within, threat, places)


def directions(
    norm: Norm, count: int, free: BoolArray, rng: np.random.Generator, edge: BoolArray
) -> FloatArray:
    """Draw changes uniformly from the unit ball of a norm in the free columns.

    free: (count, d). edge: (count,), which lie on its edge instead: on the sphere in L2, at the
    corners in L-infinity. Shape (count, d).
    """
    if norm is Norm.LINF:
        changes = rng.uniform(-1.0, 1.0, free.shape)
        changes[edge] = np.sign(changes[edge])
        return np.where(free, changes, 0.0)
    changes = np.where(free, rng.standard_normal(free.shape), 0.0)
    sizes = np.maximum(norm.of(changes), np.finfo(float).tiny)
    powers = 1.0 / np.maximum(free.sum(axis=1), 1)
    radius = np.where(edge, 1.0, rng.random(count) ** powers)
    return changes * (radius / sizes)[:, np.newaxis]


def drawn(
    origins: FloatArray, threat: Threat, places: IntArray, rng: np.random.Generator
) -> FloatArray:
    """Draw random members of the threat set, one for each place (m,); shape (m, d).

    Half of them lie on the edge of the ball. Each changes a random number of choices, of those
    that epsilon allows, and its numbers share what is left. An infinite epsilon is drawn too: a
    radius of any order of magnitude from a thousandth of FARTHEST on.
    """
    count = len(places)
    points = origins[places].copy()
    choices = Choices.of(threat)
    most = choices.most(threat)
    if most:
        order = np.argsort(rng.random((count, len(choices))), axis=1)
        chosen = np.argsort(order, axis=1) < rng.integers(0, most + 1, count)[:, np.newaxis]
        chosen &= choices.free[places]
        for choice, options in enumerate(choices.options.tolist()):
            option = rng.integers(0, options, count)
            for each in range(options):
                choices.put(points, chosen[:, choice] & (option == each), choice, each)
    if np.isinf(threat.epsilon):
        radius = FARTHEST * 10.0 ** rng.uniform(-3.0, 0.0, count)
    elif threat.norm is Norm.LINF:
        radius = np.full(count, threat.epsilon * INNER)
    else:
        moved = choices.changed(points, origins[places]).sum(axis=1)
        radius = np.sqrt(np.maximum((threat.epsilon * INNER) ** 2 - 2.0 * moved, 0.0))
    edge = rng.random(count) < 0.5
    changes = directions(threat.norm, count, movable(threat)[places], rng, edge)
    return boxed(points + changes * radius[:, np.newaxis], threat, places)
