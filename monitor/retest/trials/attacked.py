"""Attacks within a threat set, and the distance to the decision boundary."""

from collections.abc import Mapping
from contextlib import suppress

import numpy as np

from detectors.counts import BoolArray, IntArray
from detectors.robustness.boundary import flipping_features
from detectors.robustness.ledger import Ledger
from detectors.robustness.measured import Measured, Quantile, Share
from detectors.robustness.points import Points
from detectors.robustness.space import Feature
from detectors.robustness.threat import Attack, BudgetSpentError, LossGradient, Norm
from monitor.retest.model import LiveModel
from monitor.retest.trials.allowance import Allowance, Limited
from monitor.retest.trials.oracle import ModelOracle
from monitor.retest.trials.outcome import Failing, Outcome
from monitor.retest.trials.prepared import Prepared


def attacked(
    attack: Attack,
    norm: Norm,
    epsilon: float,
    prepared: Prepared,
    features: tuple[Feature, ...] | None,
    model: LiveModel,
    allowance: Allowance,
    rng: np.random.Generator,
    gradient: LossGradient | None = None,
) -> Outcome:
    """Attack the records that are answered rightly, or at all where there are no labels.

    epsilon: in reference sd; inf looks for the nearest change of all. allowance: of queries; an
    attack that runs out of them keeps what it found. Raises what the model raises, and ValueError
    where the attack cannot be made of such records.
    """
    told = prepared.sample.labels is not None
    begun = np.flatnonzero(prepared.right if told else ~prepared.answers.failed)
    parents = prepared.take(begun)
    points = Points.of(prepared.space, parents.sample.table, features)
    oracle = Limited(ModelOracle(points, prepared.task, parents.answers.outcome, model), allowance)
    threat = points.threat(norm, epsilon)
    ledger = Ledger(points.origins, threat, oracle)
    with suppress(BudgetSpentError):
        attack(points.origins, threat, ledger, rng, gradient)
    flipping = flipping_features(points.origins, ledger.nearest, threat, oracle)
    lost = np.zeros(len(prepared.sample), dtype=np.int64)
    lost[begun] = ledger.broken
    return Outcome(
        variants={"": _measured(prepared, begun, ledger, norm, told)},
        places=begun,
        lost=lost,
        failing=[_failing(points, begun, ledger, model)],
        by_feature=_by_feature(points, flipping),
        failed=int(ledger.failed.sum()),
    )


def _measured(
    prepared: Prepared, begun: IntArray, ledger: Ledger, norm: Norm, told: bool
) -> Mapping[str, Measured]:
    """Return the measures; a record that was not broken and got no answer at all is unknown."""
    unknown = ~ledger.broken & (ledger.failed == ledger.queries) & (ledger.queries > 0)
    found: dict[str, Measured] = {"attack_success_ratio": Share.of(ledger.broken, unknown)}
    if told:
        known = np.flatnonzero(~np.isnan(prepared.labels))
        robust, silent = prepared.right.copy(), prepared.answers.failed.copy()
        robust[begun] &= ~ledger.broken
        silent[begun] |= unknown
        found["robust_accuracy"] = Share.of(robust[known], silent[known])
    distance = np.where(unknown, np.nan, ledger.distance)
    for name, quantile in (("median", 0.5), ("p10", 0.1)):
        found[f"distance_{norm}_{name}"] = Quantile(distance, quantile)
    return found


def _failing(points: Points, begun: IntArray, ledger: Ledger, model: LiveModel) -> Failing:
    broken = np.flatnonzero(ledger.broken)
    table = model.cast(points.table(ledger.nearest[broken], broken))
    outcome = np.full(len(broken), np.nan)
    return Failing("", begun[broken], table, outcome, ledger.distance[broken])


def _by_feature(points: Points, flipping: BoolArray) -> dict[str, int]:
    """Return how many records each feature takes part in flipping."""
    found: dict[str, int] = {}
    for name, count in zip(points.columns, flipping.sum(axis=0).tolist(), strict=True):
        if count:
            found[name] = found.get(name, 0) + count
    return found
