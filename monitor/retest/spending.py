"""How the queries of a run are divided: who may ask about how many records."""

from monitor.retest.measures import TrialKind
from monitor.retest.plan import Spec

QUERIES_PER_RECORD = {
    "random_ball": 100,
    "line_bisection": 100,
    "nearest_flip": 200,
    "coordinate_search": 400,
    "square": 500,
    "finite_difference": 500,
    "spsa": 1300,
    "nes": 1300,
    "hop_skip_jump": 3000,
    "tabular_search": 500,
    "fgsm": 1,
    "pgd": 60,
}
"""About what a search asks for one record with its default options."""


def cost_of(spec: Spec) -> int:
    """Return about how many queries one record takes in a trial."""
    match spec.kind:
        case TrialKind.ATTACKED:
            return QUERIES_PER_RECORD[spec.perturbation]
        case TrialKind.BOUNDARY:
            return QUERIES_PER_RECORD[spec.made.attack]
    return 1


def fixed_cost(spec: Spec) -> int:
    """Return the queries of a trial that takes all of them or none: the requests of a load."""
    if spec.kind is TrialKind.LOADED:
        return int(spec.made.requests(spec.severity))
    return 0
