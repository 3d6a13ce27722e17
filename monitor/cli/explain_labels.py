"""What is told of a model's labels before they come."""

from collections.abc import Mapping
from typing import Any

from detectors.performance.known import ALL_ROWS
from detectors.performance.measures import measure
from monitor.config import ModelConfig
from monitor.config.durations import format_duration
from monitor.performance_documents import HEADLINES
from monitor.reference.file import Reference


def outline_labels(model: ModelConfig, reference: Reference) -> dict[str, Any] | None:
    """Return where labels come from and what they are compared with, as JSON; None without any."""
    known = reference.performance
    if model.labels is None or known is None:
        return None
    tally = known.tallies[ALL_ROWS]
    measures = measure(tally, known.task)
    return {
        "topic": model.label_topic,
        "own_topic": not model.labels.topics,
        "horizon": format_duration(model.labels.horizon),
        "detectors": list(model.labels.detectors),
        "reference_rows": tally.records,
        "reference": {name: each.value for name, each in measures.items()},
        "estimated": known.estimation is not None,
        "no_estimate": known.no_estimate,
        "calibrated": ALL_ROWS in known.calibrations,
    }


def explain_labels(told: Mapping[str, Any]) -> list[str]:
    """Return the same in lines."""
    where = "later copies of the records" if told["own_topic"] else f"topic {told['topic']}"
    name = next(name for name in HEADLINES if name in told["reference"])
    estimate = (
        "estimated meanwhile" if told["estimated"] else f"not estimated: {told['no_estimate']}"
    )
    watched = ", ".join(["adwin", *told["detectors"]])
    return [
        f"labels: {where}, up to {told['horizon']} after their records; performance is {estimate}",
        f"reference performance: {name} {told['reference'][name]:.4g} of "
        f"{told['reference_rows']} labelled rows; detectors of errors: {watched}",
    ]
