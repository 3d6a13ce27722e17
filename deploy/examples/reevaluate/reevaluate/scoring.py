"""Asking models about records, through their endpoints."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from detectors.counts import FloatArray
from detectors.robustness.table import Sample
from monitor.retest.endpoints import open_model
from monitor.retest.model import EndpointError
from monitor.retest.samples import production_sample
from reevaluate.records import Named
from reevaluate.subject import Subject

ATTEMPTS = 4
"""Records may be sent so often, retries included."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a model answered.

    role: live, candidate or previous. version: as the endpoint tells it. outcome: (n,), the code
    of a class or the value of a regression, nan without an answer. problem: why it could not be
    asked at all, "" where it was.
    """

    role: str
    url: str
    version: str
    outcome: FloatArray
    problem: str = ""


def inputs_of(named: Named, file: Path, subject: Subject) -> Sample:
    """Write the records to a file, one a line, and return them as inputs of a model.

    Raises DataError where a feature is in none of them.
    """
    # In JSON a newline is only ever between the parts of a value.
    lines = [each.value.replace(b"\n", b" ") + b"\n" for each in named.records.values()]
    file.write_bytes(b"".join(lines))
    return production_sample(
        file, subject.config, subject.task, len(lines), np.random.default_rng(0)
    )


def ask(role: str, url: str | None, sample: Sample, subject: Subject, run_id: str) -> Asked:
    """Ask a model about records; url: None for the live model's. A model that is gone is told."""
    live = open_model(
        subject.endpoint,
        subject.name,
        subject.config.schema,
        subject.space,
        subject.task,
        ATTEMPTS * len(sample),
        f"{run_id}-{role}",
        url,
        subject.config.records.marks,
    )
    told = url or subject.endpoint.url
    try:
        live.open()
        outcome = live.predict(sample.table).outcome
    except EndpointError as error:
        nothing = np.full(len(sample), np.nan)
        return Asked(role, told, live.version, nothing, f"{error.reason}: {error}")
    finally:
        live.close()
    return Asked(role, told, live.version, outcome)
