"""What must be known of a monitored model to judge it: as the daemon's configuration tells."""

import math
from dataclasses import dataclass
from pathlib import Path

from detectors.performance.known import ALL_ROWS
from detectors.performance.measures import measure
from detectors.robustness.answers import Task
from detectors.robustness.space import Space
from monitor.config import ModelConfig, Settings, load
from monitor.config.endpoint import EndpointConfig
from monitor.reference.file import Reference, read_reference
from monitor.retest.subject import space_of, task_of
from monitor.schema import REST, LabelSchema


class SubjectError(Exception):
    """A model cannot be re-evaluated as it is configured; the message says what to add."""


@dataclass(frozen=True, slots=True)
class Subject:
    """A model, its reference, and how it is asked and judged."""

    name: str
    settings: Settings
    config: ModelConfig
    reference: Reference
    endpoint: EndpointConfig
    labels: LabelSchema
    task: Task
    space: Space

    @property
    def measure(self) -> str:
        """What it is judged by: accuracy, or mae of a regression."""
        return "mae" if self.task.regression else "accuracy"

    @property
    def segments(self) -> tuple[str, ...]:
        """Names of segments, in the order of their codes."""
        return (*self.reference.segments, REST) if self.config.schema.segment else ("",)

    def at_validation(self, segment: str) -> float | None:
        """Return the measure on the reference, of a segment where it was measured there."""
        known = self.reference.performance
        if known is None:
            return None
        tally = known.tallies[known.part(segment) if segment else ALL_ROWS]
        value = float(measure(tally, known.task)[self.measure].value)
        return value if math.isfinite(value) else None


def load_subject(config: Path, name: str) -> Subject:
    """Return a model of the daemon's configuration.

    Raises SubjectError for one that cannot be asked or has no labels, and what load and
    read_reference raise.
    """
    settings = load(config)
    model = settings.models.get(name)
    if model is None:
        raise SubjectError(
            f"models.{name}: is not in {config}; it has {', '.join(settings.models)}"
        )
    labels = model.label_schema
    for key, found in (
        ("endpoint", model.endpoint),
        ("labels", labels),
        ("retests", model.retests),
    ):
        if not found:
            raise SubjectError(
                f"models.{name}.{key}: is missing in {config}, and it is needed here"
            )
    assert model.endpoint is not None
    if model.endpoint.in_process:
        raise SubjectError(
            f"models.{name}.endpoint.protocol: is {model.endpoint.protocol} in {config}, a model "
            "in the asking process; other versions have other URLs, so serve it over HTTP"
        )
    assert labels is not None
    reference = read_reference(model.reference)
    return Subject(
        name=name,
        settings=settings,
        config=model,
        reference=reference,
        endpoint=model.endpoint,
        labels=labels,
        task=task_of(model, next(iter(model.retests.values())), reference),
        space=space_of(model, reference),
    )
