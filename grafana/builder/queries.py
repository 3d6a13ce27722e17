"""Queries of panels, and the selectors in them, which obey the dashboard's variables."""

from dataclasses import dataclass

DATASOURCE = "${datasource}"
RATE = "$__rate_interval"

STREAM = "version, segment"
STREAM_NAME = "stream {{version}} {{segment}}"
"""Labels of a model's streams, and how a legend names one; both may be empty."""

MANY = ("job", "instance", "version", "segment", "retest", "perturbation")
"""Variables that may hold several values; any other one holds a single value."""


@dataclass(frozen=True, slots=True)
class Query:
    """What one line, or one set of lines, of a panel shows.

    legend: its name; ``{{label}}`` stands for a label's value. bound: drawn dashed, as what the
    others are compared with.
    """

    expr: str
    legend: str
    bound: bool = False


@dataclass(frozen=True, slots=True)
class Selector:
    """Writes selectors that match the variables of a dashboard.

    variables: names of variables that are labels too. many: those that may hold several values.

    >>> Selector(("job", "model"))("driftd_alarms_total", severity="page")
    'driftd_alarms_total{job=~"$job", model="$model", severity="page"}'
    """

    variables: tuple[str, ...]
    many: tuple[str, ...] = MANY

    def __call__(self, metric: str, **labels: str) -> str:
        """Return the selector of a metric's series; labels: further ones that must be equal."""
        matchers = [
            f'{name}=~"${name}"' if name in self.many else f'{name}="${name}"'
            for name in self.variables
        ]
        matchers += [f'{name}="{value}"' for name, value in labels.items()]
        return f"{metric}{{{', '.join(matchers)}}}"


def rate(selector: str) -> str:
    """Return how fast a counter grows, a second."""
    return f"rate({selector}[{RATE}])"


def increase(selector: str) -> str:
    """Return by how much a counter grew from one point of the graph to the next."""
    return f"increase({selector}[{RATE}])"


def largest(by: str, expr: str) -> str:
    """Return the largest value over all labels but those in ``by``.

    One daemon watches a model, so that there is one value; after it moved to another instance
    there are two for a while.
    """
    return f"max by ({by}) ({expr})"


def total(by: str, expr: str) -> str:
    """Return the sum over all labels but those in ``by``."""
    return f"sum by ({by}) ({expr})"


def quantile(share: float, by: str, buckets: str) -> str:
    """Return a quantile of a histogram's newest observations; buckets: a selector."""
    labels = f"le, {by}" if by else "le"
    return f"histogram_quantile({share:g}, sum by ({labels}) ({rate(buckets)}))"


def loudness(alarm: str) -> str:
    """Return 0 for no alarm, 1 for a ticket and 2 for a page; alarm: a selector of 0 or 1.

    A page counts as a ticket too, so that both are added.
    """
    return f"sum without (severity) ({alarm})"


def share_of_page(evidence: str, threshold: str) -> str:
    """Return evidence over that of a page; both: selectors, the second of one severity."""
    return f"{evidence} / ignoring (severity) {threshold}"
