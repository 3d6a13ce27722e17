"""Whether other shares of the labels explain how the features moved."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.diagnosis.label_shift import LabelShift
from detectors.diagnosis.movement import Scores

SUM_TO_ONE = 100.0
"""How much more a sum of shares other than 1 weighs than any misfit."""

SMALLEST_SHARE = 1e-3


@dataclass(frozen=True, slots=True)
class Mixture:
    """The reference's records of each label in other shares, as near the window as can be.

    before, after: (L,), shares of the labels in the reference and in the mixture. told: (L,), in
    the labels that came, and without any those of the mixture. explained: part
    of the features' movement that the mixture explains, in [0, 1]. gain: nats by which it is
    likelier than labels that moved while features did not. single: nats that the strongest score
    of a single feature explains. labels: evidence that the labels themselves moved, in nats, 0
    where there are none.
    """

    before: FloatArray
    after: FloatArray
    told: FloatArray
    explained: float = 0.0
    gain: float = 0.0
    single: float = 0.0
    labels: float = 0.0

    @classmethod
    def fit(
        cls,
        scores: Scores,
        means: FloatArray,
        by_label: IntArray,
        looked_at: BoolArray,
        labels: LabelShift | None,
    ) -> "Mixture":
        """Fit shares to the mean scores of a window, and to the labels in it where there are any.

        means: (R,). by_label: (L, features, WIDTH), of the reference. looked_at: (features,),
        those to explain.
        """
        known = by_label[:, :1].sum(axis=(1, 2)).astype(np.float64)
        before = known / known.sum() if labels is None else labels.before / labels.before.sum()
        of_label = np.array([scores.means(each.astype(np.float64)) for each in by_label])
        used = looked_at[scores.feature] & (scores.sizes > 0)
        moved = np.where(used, means, 0.0)
        after = _shares(scores, moved, np.where(used, of_label, 0.0), before, labels)
        rest = np.where(used, means - (after - before) @ of_label, 0.0)
        largest = scores.by_feature(moved).max(initial=0.0)
        left = scores.by_feature(rest).max(initial=0.0)
        nats = scores.nats(moved)
        return cls(
            before=before,
            after=after,
            told=after if labels is None else labels.now / labels.now.sum(),
            explained=float(1 - min(1.0, left / largest)) if largest > 0 else 0.0,
            gain=float(nats.sum() - scores.nats(rest).sum()) - _misfit(after, before, labels),
            single=float(nats.max(initial=0.0)),
            labels=0.0 if labels is None else labels.evidence,
        )


def _shares(
    scores: Scores,
    moved: FloatArray,
    of_label: FloatArray,
    before: FloatArray,
    labels: LabelShift | None,
) -> FloatArray:
    """Return the shares of labels that fit best, by least squares in standard errors; (L,)."""
    weight = np.sqrt(scores.sizes)
    pull = np.zeros(len(before))
    now = before
    if labels is not None:
        now = labels.now / labels.now.sum()
        pull = np.sqrt(labels.now.sum() / np.maximum(before, SMALLEST_SHARE))
    whole = SUM_TO_ONE * max(1.0, float(weight.max(initial=0.0)), float(pull.max()))
    rows = [of_label.T * weight[:, None], np.diag(pull), np.full((1, len(before)), whole)]
    goal: list[FloatArray] = [
        (moved + before @ of_label) * weight,
        pull * now,
        np.array([whole]),
    ]
    possible = (before > 0) | (now > 0)
    after = np.zeros(len(before))
    try:
        after[possible], _ = nnls(np.concatenate(rows)[:, possible], np.concatenate(goal))
    except RuntimeError:  # no solution in the iterations that it allows itself
        return before
    return after / max(float(after.sum()), SMALLEST_SHARE)


def _misfit(after: FloatArray, before: FloatArray, labels: LabelShift | None) -> float:
    """Return by how many nats the labels speak against the mixture."""
    if labels is None:
        return 0.0
    off = labels.now / labels.now.sum() - after
    squares = (off**2 / np.maximum(before, SMALLEST_SHARE)).sum()
    return float(labels.now.sum() * squares / 2)
