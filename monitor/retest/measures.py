"""The measures that a requirement may be of: which kinds of trial have them, and their words."""

from dataclasses import dataclass
from enum import StrEnum


class TrialKind(StrEnum):
    """What is done with the records."""

    PERTURBED = "perturbed"
    ATTACKED = "attacked"
    BOUNDARY = "boundary"
    CERTIFIED = "certified"
    RELATED = "related"
    LOADED = "loaded"
    EDGE = "edge"


BY_SEVERITY = (TrialKind.PERTURBED, TrialKind.RELATED, TrialKind.EDGE, TrialKind.LOADED)
"""Kinds of trial whose severities have a unit of their own."""


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure.

    kinds: of trial that it is measured in. labels: whether records need one. better: "less" or
    "more". regression, classification: the tasks that have it. words: what it is, for people.
    """

    kinds: tuple[TrialKind, ...]
    labels: bool
    better: str
    words: str
    regression: bool = True
    classification: bool = True


_PERTURBED = (TrialKind.PERTURBED,)
_ATTACKED = (TrialKind.ATTACKED,)

MEASURES: dict[str, Measure] = {
    "accuracy": Measure(_PERTURBED, True, "more", "accuracy"),
    "accuracy_drop": Measure(_PERTURBED, True, "less", "fall of the accuracy"),
    "flip_ratio": Measure(_PERTURBED, False, "less", "share of changed answers"),
    "confidence_drop": Measure(
        _PERTURBED, False, "less", "mean fall of the confidence", regression=False
    ),
    "robust_accuracy": Measure(_ATTACKED, True, "more", "robust accuracy"),
    "attack_success_ratio": Measure(_ATTACKED, False, "less", "share of records broken"),
    "distance_l2_median": Measure(
        (TrialKind.BOUNDARY,), False, "more", "median L2 distance to the decision boundary"
    ),
    "distance_l2_p10": Measure(
        (TrialKind.BOUNDARY,), False, "more", "10 % quantile of the L2 distance to the boundary"
    ),
    "distance_linf_median": Measure(
        (TrialKind.BOUNDARY,), False, "more", "median L∞ distance to the decision boundary"
    ),
    "distance_linf_p10": Measure(
        (TrialKind.BOUNDARY,), False, "more", "10 % quantile of the L∞ distance to the boundary"
    ),
    "certified_accuracy": Measure(
        (TrialKind.CERTIFIED,), True, "more", "certified accuracy", regression=False
    ),
    "abstained_ratio": Measure(
        (TrialKind.CERTIFIED,),
        False,
        "less",
        "share of records without a certificate",
        regression=False,
    ),
    "relation_violation_ratio": Measure(
        (TrialKind.RELATED,), False, "less", "share of violated pairs"
    ),
    "unanswered_ratio": Measure(
        (TrialKind.EDGE,), False, "less", "share of edge cases that broke the model"
    ),
    "latency_p50": Measure((TrialKind.LOADED,), False, "less", "median latency"),
    "latency_p99": Measure((TrialKind.LOADED,), False, "less", "99 % quantile of the latency"),
    "sustained_rate": Measure(
        (TrialKind.LOADED,), False, "more", "highest rate of a ramp that is sustained"
    ),
    "knee_rate": Measure(
        (TrialKind.LOADED,), False, "more", "rate from which on throughput hardly grows"
    ),
    "hostile_ratio": Measure(
        (TrialKind.LOADED,), False, "less", "share of malformed requests taken wrongly"
    ),
    "failed_ratio": Measure((TrialKind.LOADED,), False, "less", "share of failed requests"),
}
"""By the name that a configuration gives."""

QUANTILE_OF = {"median": 0.5, "p10": 0.1, "p50": 0.5, "p99": 0.99}


def norm_of(measure: str) -> str:
    """Return the norm in the name of a measure of distance.

    >>> norm_of("distance_l2_median")
    'l2'
    """
    return measure.split("_")[1]


def quantile_of(measure: str) -> float:
    """Return the quantile in the name of a measure.

    >>> quantile_of("latency_p99")
    0.99
    """
    return QUANTILE_OF[measure.rsplit("_", 1)[1]]
