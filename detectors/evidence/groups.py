"""How the budget is shared among the kinds of change that are looked for."""

from collections.abc import Mapping
from enum import StrEnum

import numpy as np

from detectors.evidence.streams import Kind


class Group(StrEnum):
    """A family of likelihood ratios with a share of the budget of its own."""

    CONTINUOUS = "continuous"
    CATEGORICAL = "categorical"
    DERIVED = "derived"
    DENSE = "dense"
    SPIKES = "spikes"
    RARE = "rare"


SHARES: Mapping[Group, float] = {
    Group.CONTINUOUS: 0.55,
    Group.CATEGORICAL: 0.15,
    Group.DERIVED: 0.10,
    Group.DENSE: 0.10,
    Group.SPIKES: 0.10,
    Group.RARE: 0.10,
}

WEIGHTS: Mapping[Kind, float] = {Kind.LOCATION: 8.0, Kind.SCALE: 3.0}
"""Weight of one likelihood ratio within its group, 1 where not named: most drift is a shift."""

RESERVE = 0.2
"""Kept back for errors and performance, which are watched with the same budget."""


def weight_of(kind: Kind) -> float:
    """Return the weight of one likelihood ratio of a kind within its group."""
    return WEIGHTS.get(kind, 1.0)


def log_priors(bets: Mapping[Group, float], reserve: float = RESERVE) -> dict[Group, float]:
    """Return each group's log v - log |G|, the log weight of a likelihood ratio of weight 1.

    bets: likelihood ratios in each group, counted with their weights. A group without any gives
    its share to the others, so that all weights sum to 1 - reserve.
    """
    present = {group: SHARES[group] for group, count in bets.items() if count > 0}
    whole = sum(present.values())
    return {
        group: float(np.log((1 - reserve) * share / whole) - np.log(bets[group]))
        for group, share in present.items()
    }
