"""What a run of a re-test found, as it is stored, served and printed."""

from collections.abc import Mapping, Sequence
from enum import StrEnum

import msgspec

from detectors.robustness.verdict import Verdict


class State(StrEnum):
    """How far a run is."""

    RUNNING = "running"
    FINISHED = "finished"
    INTERRUPTED = "interrupted"


class Figure(msgspec.Struct, frozen=True):
    """A measured number with its 95 % interval; None where undefined (or infinite)."""

    value: float | None
    low: float | None = None
    high: float | None = None


class Share(msgspec.Struct, frozen=True):
    """A part of the loss: how much of it lies with a feature, a segment or a perturbation."""

    name: str
    share: float
    records: int


class Trial(msgspec.Struct, frozen=True):
    """One perturbation (or attack, relation, certificate, load) at one severity.

    perturbation: its name in the registry. severity: in ``unit``. data: evaluation or production.
    options: as configured. records: that the figures rest on. failed: without a usable answer.
    figures: by measure, in the names of the configuration. worst: the variant that did worst, ""
    where there is one only. features, segments: where the loss is, the most first.
    words: one sentence for people.
    """

    perturbation: str
    severity: float
    unit: str
    data: str
    records: int
    failed: int
    queries: int
    figures: Mapping[str, Figure]
    options: Mapping[str, str] = {}
    worst: str = ""
    features: Sequence[Share] = ()
    segments: Sequence[Share] = ()
    words: str = ""


class Requirement(msgspec.Struct, frozen=True):
    """A requirement and whether the model meets it.

    name: unique in its re-test. limit: "at most 0.02" in words; most, least: the number. value,
    low, high: the measure and the interval that decided. alpha: the chance of a false failure
    that this verdict was allowed. needed: records that a verdict would take, None where decided
    or not known. reason: why it is inconclusive, "" otherwise. words: one sentence for people.
    """

    name: str
    perturbation: str
    severity: float
    data: str
    measure: str
    limit: str
    most: float | None
    least: float | None
    verdict: Verdict
    value: float | None
    low: float | None
    high: float | None
    alpha: float
    records: int
    needed: int | None = None
    reason: str = ""
    words: str = ""


class Clean(msgspec.Struct, frozen=True):
    """The model on unchanged records: its accuracy, and what it answers when asked twice."""

    data: str
    records: int
    failed: int
    figures: Mapping[str, Figure]
    control_flip_ratio: Figure


class Run(msgspec.Struct, frozen=True):
    """One run of a re-test of a model.

    id: sorts by time. cause: schedule, alarm, request, alert or gate. version: of the model, as the
    endpoint tells it. started, ended: ISO 8601, UTC. seed: that replays it. reason: why the run
    as a whole is inconclusive, "" otherwise. errors: failed requests by reason. cases: the
    Parquet file of failing cases, relative to the run's folder, "" where there is none.
    done, total: trials, for progress.
    """

    id: str
    model: str
    retest: str
    cause: str
    endpoint: str
    version: str
    state: State
    started: str
    ended: str = ""
    seed: int = 0
    verdict: Verdict = Verdict.INCONCLUSIVE
    reason: str = ""
    queries: int = 0
    budget: int = 0
    done: int = 0
    total: int = 0
    doing: str = ""
    clean: Sequence[Clean] = ()
    trials: Sequence[Trial] = ()
    requirements: Sequence[Requirement] = ()
    errors: Mapping[str, int] = {}
    latency_s: Mapping[str, float] = {}
    cases: str = ""
