"""Attacks within a threat set, and the distance to the decision boundary."""

from collections import Counter
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass

import numpy as np

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.robustness.boundary import flipping_features
from detectors.robustness.gradients.inputs import ColumnGradient, PointsGradient
from detectors.robustness.ledger import Ledger
from detectors.robustness.measured import Measured, Quantile, Share
from detectors.robustness.points import Points
from detectors.robustness.space import Feature
from detectors.robustness.threat import Attack, BudgetSpentError, Norm, Threat
from monitor.retest.model import LiveModel
from monitor.retest.trials.allowance import FEWEST, Allowance, Limited
from monitor.retest.trials.oracle import ModelOracle
from monitor.retest.trials.outcome import Failing, Kept, Outcome
from monitor.retest.trials.prepared import Prepared


@dataclass(frozen=True, slots=True)
class _Found:
    """What an attack on some records found; arrays as in Ledger, ``begun`` in the sample."""

    begun: IntArray
    distance: FloatArray
    unknown: BoolArray
    failing: Failing
    by_feature: Mapping[str, int]
    failed: int


def attacked(
    attack: Attack,
    norm: Norm,
    epsilon: float,
    prepared: Prepared,
    features: tuple[Feature, ...] | None,
    model: LiveModel,
    allowance: Allowance,
    cost: int,
    rng: np.random.Generator,
    gradient: ColumnGradient | None = None,
) -> Outcome:
    """Attack the records that are answered rightly, or at all where there are no labels.

    epsilon: in reference sd; inf looks for the nearest change of all. allowance: of queries. cost:
    about how many a record takes; as many records as it suffices for are attacked, in random
    order, and where they took fewer, more. Raises what the model raises, ValueError where the
    attack cannot be made of such records, and BudgetSpentError where no record can be attacked.
    """
    told = prepared.sample.labels is not None
    order = rng.permutation(np.flatnonzero(prepared.right if told else ~prepared.answers.failed))
    found: list[_Found] = []
    at = 0
    while at < len(order):
        some = min(len(order) - at, allowance.left // cost)
        if some < min(FEWEST, len(order) - at):
            break
        before, chosen = allowance.spent, order[at : at + some]
        parents = prepared.take(chosen)
        points = Points.of(prepared.space, parents.sample.table, features)
        oracle = Limited(
            ModelOracle(points, prepared.task, parents.answers.outcome, model), allowance
        )
        threat = points.threat(norm, epsilon)
        slopes = None
        if gradient is not None:
            slopes = PointsGradient(points, gradient, parents.answers.outcome)
        found.append(_attack(attack, points, threat, oracle, chosen, rng, slopes))
        at += some
        cost = max(1, -(-(allowance.spent - before) // some))
    if not found and len(order):
        raise BudgetSpentError(f"{allowance.queries:,} queries are too few for {attack.name}")
    return _outcome(prepared, norm, told, found)


def _attack(
    attack: Attack,
    points: Points,
    threat: Threat,
    oracle: Limited,
    begun: IntArray,
    rng: np.random.Generator,
    slopes: PointsGradient | None,
) -> _Found:
    ledger = Ledger(points.origins, threat, oracle)
    with suppress(BudgetSpentError):
        attack(points.origins, threat, ledger, rng, slopes)
    flipping = flipping_features(points.origins, ledger.nearest, threat, oracle)
    broken = np.flatnonzero(ledger.broken)
    unanswered = (ledger.failed == ledger.queries) & (ledger.queries > 0)
    return _Found(
        begun=begun,
        distance=ledger.distance,
        unknown=~ledger.broken & unanswered,
        failing=Failing(
            "",
            begun[broken],
            points.table(ledger.nearest[broken], broken),
            np.full(len(broken), np.nan),
            ledger.distance[broken],
        ),
        by_feature=_by_feature(points, flipping),
        failed=int(ledger.failed.sum()),
    )


def _outcome(prepared: Prepared, norm: Norm, told: bool, found: list[_Found]) -> Outcome:
    begun = np.concatenate([np.zeros(0, np.int64), *(each.begun for each in found)])
    distance = np.concatenate([np.zeros(0), *(each.distance for each in found)])
    unknown = np.concatenate([np.zeros(0, np.bool_), *(each.unknown for each in found)])
    broken = np.isfinite(distance)
    by_feature: Counter[str] = Counter()
    for each in found:
        by_feature.update(each.by_feature)
    lost = np.zeros(len(prepared.sample), dtype=np.int64)
    lost[begun] = broken
    measured: dict[str, Measured] = {"attack_success_ratio": Share.of(broken, unknown)}
    if told:
        measured["robust_accuracy"] = _robust_accuracy(prepared, begun, broken, unknown)
    with_unknown = np.where(unknown, np.nan, distance)
    for name, quantile in (("median", 0.5), ("p10", 0.1)):
        measured[f"distance_{norm}_{name}"] = Quantile(with_unknown, quantile)
    return Outcome(
        variants={"": measured},
        lost=lost,
        failing=[each.failing for each in found],
        by_feature=by_feature,
        failed=sum(each.failed for each in found),
        kept={"": Kept(begun[~unknown], ~broken[~unknown])},
    )


def _robust_accuracy(
    prepared: Prepared, begun: IntArray, broken: BoolArray, unknown: BoolArray
) -> Share:
    """Return the share of records that are right and were not broken.

    Records that are answered wrongly count in proportion to the part of the right ones that was
    attacked, so that the share is that of a plain sample.
    """
    known = ~np.isnan(prepared.labels) & ~prepared.answers.failed
    wrong = int((known & ~prepared.right).sum())
    right = max(1, int(prepared.right.sum()))
    counted = int((~broken & ~unknown).sum())
    among = len(begun) + round(wrong * len(begun) / right)
    return Share(counted, int(unknown.sum()), among)


def _by_feature(points: Points, flipping: BoolArray) -> dict[str, int]:
    """Return how many records each feature takes part in flipping."""
    found: dict[str, int] = {}
    for name, count in zip(points.columns, flipping.sum(axis=0).tolist(), strict=True):
        if count:
            found[name] = found.get(name, 0) + count
    return found
