"""Certified robustness by randomised smoothing."""

from dataclasses import dataclass

import numpy as np

from detectors.counts import FloatArray, IntArray
from detectors.robustness.measured import Share
from detectors.robustness.points import Points
from detectors.robustness.smoothing import ABSTAINED, certify
from detectors.robustness.space import Feature, Values
from detectors.robustness.threat import BudgetSpentError
from monitor.retest.model import LiveModel
from monitor.retest.trials.allowance import FEWEST, Allowance
from monitor.retest.trials.outcome import Kept, Outcome
from monitor.retest.trials.prepared import Prepared

NO_ANSWER = -1
NUMBERS = (Values.NUMERIC, Values.EMBEDDING)


@dataclass(frozen=True, slots=True)
class Smoothing:
    """Noise on all numbers, and the majority of the model's answers under it.

    sigma: of the noise, in reference sd. choose, prove: draws that choose an answer and that
    prove it; too few prove nothing: with n of them no radius is above that of n equal answers.
    alpha: the chance that a record's radius is too large. What is certified is the answer of this
    majority, not that of the model alone.

    Source: Cohen, Rosenfeld and Kolter (2019), Certified adversarial robustness via randomized
    smoothing, algorithm 2.
    """

    sigma: float = 0.25
    choose: int = 100
    prove: int = 1000
    alpha: float = 0.001

    def __post_init__(self) -> None:
        """Refuse options that certify nothing."""
        if not self.sigma > 0:
            raise ValueError(f"sigma: {self.sigma}, a number above 0 is needed")
        if min(self.choose, self.prove) < 1 or not 0 < self.alpha < 1:
            raise ValueError("choose and prove are at least 1, alpha is between 0 and 1")

    @property
    def queries(self) -> int:
        """What a record costs."""
        return self.choose + self.prove


@dataclass(slots=True)
class _Asked:
    """Answers for noisy points of records, as codes."""

    points: Points
    places: IntArray
    model: LiveModel
    failed: int = 0

    def __call__(self, points: FloatArray) -> IntArray:
        table = self.model.cast(self.points.table(points, self.places[: len(points)]))
        answers = self.model.predict(table)
        self.failed += int(answers.failed.sum())
        return np.where(answers.failed, NO_ANSWER, np.nan_to_num(answers.outcome)).astype(np.int64)


def certified(
    smoothing: Smoothing,
    radius: float,
    prepared: Prepared,
    features: tuple[Feature, ...] | None,
    model: LiveModel,
    allowance: Allowance,
    rng: np.random.Generator,
) -> Outcome:
    """Certify as many labelled records as the allowance suffices for.

    radius: in reference sd, L2. Raises what the model raises, BudgetSpentError where the allowance
    is too small for a few records.
    """
    labelled = np.flatnonzero(~np.isnan(prepared.labels))
    some = min(len(labelled), allowance.left // smoothing.queries)
    if some < min(FEWEST, len(labelled)):
        raise BudgetSpentError(
            f"{allowance.queries:,} queries are too few: a certificate takes {smoothing.queries:,} "
            "of each record"
        )
    chosen = np.sort(rng.permutation(labelled)[:some])
    parents = prepared.take(chosen)
    movable = prepared.space.mutable(*NUMBERS) if features is None else features
    points = Points.of(prepared.space, parents.sample.table, movable)
    codes = np.full(some, ABSTAINED)
    radii = np.zeros(some)
    failed = 0
    # One record at a time: its draws are one batch, all of one parent.
    for place in range(some):
        asked = _Asked(points, np.full(smoothing.queries, place), model)
        codes[place : place + 1], radii[place : place + 1] = certify(
            asked,
            points.origins[place : place + 1],
            smoothing.sigma,
            smoothing.choose,
            smoothing.prove,
            smoothing.alpha,
            len(prepared.task.classes),
            rng,
        )
        failed += asked.failed
        allowance.take(smoothing.queries)
    nothing = np.zeros(some, dtype=np.bool_)
    right = codes == parents.labels
    lost = np.zeros(len(prepared.sample), dtype=np.int64)
    lost[chosen] = ~(right & (radii >= radius))
    return Outcome(
        variants={
            "": {
                "certified_accuracy": Share.of(right & (radii >= radius), nothing),
                "abstained_ratio": Share.of(codes == ABSTAINED, nothing),
            }
        },
        lost=lost,
        failing=(),
        by_feature={},
        failed=failed,
        kept={"": Kept(chosen, right & (radii >= radius))},
    )
