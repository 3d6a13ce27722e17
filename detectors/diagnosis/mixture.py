"""Whether other shares of the labels explain how the features moved."""

from dataclasses import dataclass

import numpy as np
from scipy.optimize import nnls

from detectors.counts import BoolArray, FloatArray, IntArray
from detectors.diagnosis.bayes_factors import shares_changed
from detectors.diagnosis.movement import Scores

SUM_TO_ONE = 1e4
"""How much more a sum of shares other than 1 weighs than any misfit, in its fit."""

SMALLEST_SHARE = 1e-3


@dataclass(frozen=True, slots=True)
class Mixture:
    """The reference's records of each label in other shares, as near the window as can be.

    before, after: (L,), shares of the labels in the reference and in the mixture. explained: part
    of the features' movement that the mixture explains, in [0, 1]. gain: nats by which it is
    likelier than labels that moved while features did not. labels: evidence that the labels
    themselves moved, in nats, 0 where there are none.
    """

    before: FloatArray
    after: FloatArray
    explained: float = 0.0
    gain: float = 0.0
    labels: float = 0.0

    @classmethod
    def fit(
        cls,
        scores: Scores,
        means: FloatArray,
        by_label: IntArray,
        looked_at: BoolArray,
        labels: FloatArray | None,
        label_windows: int = 1,
    ) -> "Mixture":
        """Fit shares to the mean scores of a window, and to the labels in it where there are any.

        means: (R,), less their season. by_label: (L, features, WIDTH), of the reference.
        looked_at: (features,), those to explain. labels: (L,), counts in the
        one of ``label_windows`` windows where they moved most.
        """
        known = by_label[:, :1].sum(axis=(1, 2)).astype(np.float64)
        before = known / known.sum()
        some = known > 0
        used = looked_at[scores.feature] & (scores.sizes > 0)
        of_label = np.array([scores.means(each.astype(np.float64)) for each in by_label[some]])
        weight = np.sqrt(scores.sizes[used])
        start = before[some] @ of_label
        rows = [of_label[:, used].T * weight[:, None], np.full((1, some.sum()), SUM_TO_ONE)]
        goal = [(means + start)[used] * weight, [SUM_TO_ONE]]
        told = None if labels is None or not labels.sum() else labels
        if told is not None:
            pull = np.sqrt(told.sum() / np.maximum(before[some], SMALLEST_SHARE))
            rows.append(np.diag(pull))
            goal.append(pull * told[some] / told.sum())
        shares, _ = nnls(np.concatenate(rows), np.concatenate(goal))
        after = np.zeros_like(before)
        after[some] = shares / max(shares.sum(), SMALLEST_SHARE)
        rest = np.where(used, means - (after - before)[some] @ of_label, 0.0)
        moved = scores.by_feature(np.where(used, means, 0.0)).max(initial=0.0)
        left = scores.by_feature(rest).max(initial=0.0)
        misfit = 0.0
        if told is not None:
            off = told / told.sum() - after
            misfit = told.sum() * float((off**2 / np.maximum(before, SMALLEST_SHARE)).sum()) / 2
        nearer = float(scores.nats(np.where(used, means, 0.0)).sum() - scores.nats(rest).sum())
        return cls(
            before=before,
            after=after,
            explained=float(1 - min(1.0, left / moved)) if moved > 0 else 0.0,
            gain=nearer - misfit,
            labels=0.0
            if told is None
            else max(0.0, shares_changed(told, known) - np.log(label_windows)),
        )
