"""Which series rules are about, and by which labels they tell them apart."""

from dataclasses import dataclass

DAEMON = "cluster, namespace, job, instance"
"""Labels of one daemon; where Prometheus knows no cluster or namespace, those two are not there."""

MODEL = "cluster, namespace, job, model"
"""Labels of one model: whichever of a job's daemons tells of it, it is the same."""

STREAM = f"{MODEL}, version, segment"


@dataclass(frozen=True, slots=True)
class Scope:
    """The series that rules are about.

    job: as Prometheus names the daemons, "" for any. model: "" for all.
    """

    job: str = ""
    model: str = ""

    def of(self, metric: str, *matchers: str) -> str:
        """Return a selector of a metric's series in the scope.

        >>> Scope(model="credit").of("driftd_labels_total", 'outcome="joined"')
        'driftd_labels_total{model="credit",outcome="joined"}'
        >>> Scope().of("driftd_labels_total")
        'driftd_labels_total'
        """
        named = (("job", self.job), ("model", self.model))
        own = [equal(name, value) for name, value in named if value]
        inside = ",".join([*own, *matchers])
        return f"{metric}{{{inside}}}" if inside else metric

    def of_daemons(self, metric: str, *matchers: str) -> str:
        """Return the same for a metric that has no model."""
        return Scope(self.job).of(metric, *matchers)


def equal(label: str, value: str) -> str:
    r"""Return the matcher of a label that has a value.

    >>> print(equal("retest", 'a "nightly" one'))
    retest="a \"nightly\" one"
    """
    escaped = value.replace("\\", r"\\").replace('"', r"\"").replace("\n", r"\n")
    return f'{label}="{escaped}"'
