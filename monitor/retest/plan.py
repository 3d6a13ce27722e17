"""From the requirements of a re-test to the trials that it takes, or what is wrong with them."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from detectors.prediction_kind import PredictionKind
from detectors.robustness.perturbations.perturbation import LabelRule
from detectors.robustness.perturbations.shift import SHIFTS
from detectors.robustness.threat import Norm
from monitor.config.errors import ClashError
from monitor.config.model import ModelConfig
from monitor.config.retests import Data, RequirementConfig, RetestConfig
from monitor.retest.catalogue import CATALOGUE, make
from monitor.retest.load.plan import LoadError
from monitor.retest.measures import BY_SEVERITY, MEASURES, TrialKind, norm_of
from monitor.retest.trials.loaded import caps_of

EPSILON_WORDS = {
    TrialKind.ATTACKED: "epsilon, in reference sd",
    TrialKind.CERTIFIED: "the radius, in reference sd",
}
CURVE_KINDS = (TrialKind.PERTURBED,)


@dataclass(frozen=True, slots=True)
class Spec:
    """One trial to be made.

    made: the perturbation or attack with its options. norm: of an attack. options: as configured.
    """

    kind: TrialKind
    perturbation: str
    severity: float
    unit: str
    data: Data
    features: tuple[str, ...]
    norm: Norm
    made: Any
    options: Mapping[str, str]

    @property
    def key(self) -> tuple[object, ...]:
        """What tells it from other trials."""
        told = tuple(sorted(self.options.items()))
        return self.perturbation, self.severity, self.data, self.features, self.norm, told


@dataclass(frozen=True, slots=True)
class Gate:
    """A requirement and the trial that decides it."""

    name: str
    config: RequirementConfig
    spec: Spec


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run does: trials for requirements first, then those of curves."""

    gates: Sequence[Gate]
    trials: Sequence[Spec]
    curves: Sequence[Spec]


def plan(model: ModelConfig, retest: RetestConfig) -> Plan:
    """Return the trials of a re-test.

    Raises ClashError with the key of every requirement that cannot be tested, and why.
    """
    gates: list[Gate] = []
    problems: list[tuple[str, str]] = []
    names: set[str] = set()
    for number, each in enumerate(retest.requirements):
        wrong = list(_wrong(each, model))
        problems += [(f"requirements.{number}.{key}", told) for key, told in wrong]
        if not wrong:
            try:
                gates.append(Gate(_name(each, names), each, _spec(each)))
            except ValueError as error:
                problems.append((f"requirements.{number}.options", str(error)))
    if model.endpoint is None:
        problems.append(("requirements", "there is no endpoint to ask; configure endpoint"))
    if problems:
        raise ClashError(problems)
    trials = list({gate.spec.key: gate.spec for gate in gates}.values())
    known = {each.key for each in trials}
    curves = [each for each in _curves(trials) if each.key not in known] if retest.curves else []
    return Plan(gates, trials, curves)


def _wrong(each: RequirementConfig, model: ModelConfig) -> Iterator[tuple[str, str]]:
    if each.perturbation not in CATALOGUE:
        yield "perturbation", _unknown(each.perturbation, CATALOGUE)
        return
    if each.measure not in MEASURES:
        yield "measure", _unknown(each.measure, MEASURES)
        return
    kind, made = CATALOGUE[each.perturbation]
    measure = MEASURES[each.measure]
    if kind not in measure.kinds:
        fitting = ", ".join(name for name, other in MEASURES.items() if kind in other.kinds)
        told = f"{each.measure!r} is not measured with {each.perturbation}; one of {fitting}"
        yield "measure", told
    elif made in SHIFTS and each.measure != "accuracy":
        yield "measure", f"{each.measure!r}: {each.perturbation} changes no record; use accuracy"
    yield from _wrong_severity(each, kind, made)
    if each.data is Data.EVALUATION and model.evaluation is None:
        yield "data", "is evaluation, and there is no evaluation set; configure evaluation"
    if measure.labels:
        if each.data is Data.PRODUCTION:
            yield "measure", f"{each.measure!r} needs labels, and production records have none"
        elif model.evaluation is not None and model.evaluation_labels is None:
            yield "measure", f"{each.measure!r} needs labels; name their field: evaluation.label"
        elif kind is TrialKind.PERTURBED and made.label is LabelRule.UNKNOWN:
            told = f"the truth may change with {each.perturbation}; use flip_ratio"
            yield "measure", f"{each.measure!r} needs labels, and {told}"
    if kind is TrialKind.LOADED:
        yield from _wrong_load(each, model)
    if kind is TrialKind.CERTIFIED and model.schema.prediction.kind is PredictionKind.REGRESSION:
        yield "perturbation", "smoothing certifies classes, and this model predicts a number"
    for name in each.features or ():
        if name not in model.features:
            yield "features", f"{name!r} is no feature of the model"


def _wrong_load(each: RequirementConfig, model: ModelConfig) -> Iterator[tuple[str, str]]:
    if each.features is not None:
        yield "features", "load changes no record; remove them"
    if model.endpoint is None:
        return
    if model.endpoint.load is None:
        told = "loads only hosts that are named; configure endpoint.load, as {hosts: [HOST:PORT]}"
        yield "perturbation", f"load: driftd {told}"
    elif each.severity is not None:
        try:
            load = make(each.perturbation, each.options)
        except ValueError:
            return  # told as one of the options
        try:
            caps_of(model.endpoint.load).require_plan(load.plan(each.severity, model.endpoint))
        except LoadError as error:
            yield "severity", str(error)


def _wrong_severity(
    each: RequirementConfig, kind: TrialKind, made: Any
) -> Iterator[tuple[str, str]]:
    if kind in BY_SEVERITY and made.unit == "":
        return
    if kind is TrialKind.BOUNDARY:
        if each.severity is not None:
            yield "severity", "a boundary is looked for at any distance; remove it"
    elif each.severity is None:
        wanted = made.unit if kind in BY_SEVERITY else EPSILON_WORDS[kind]
        yield "severity", f"is missing; {each.perturbation} needs one: {wanted}"


def _unknown(name: str, known: Mapping[str, object]) -> str:
    near = get_close_matches(name, known, 1)
    if near:
        return f"{name!r} is not known; did you mean {near[0]}?"
    return f"{name!r} is not known; one of {', '.join(known)}"


def _name(each: RequirementConfig, taken: set[str]) -> str:
    severity = "" if each.severity is None else f"_{each.severity:g}"
    first = each.name or f"{each.perturbation}{severity}_{each.measure}"
    name, number = first, 2
    while name in taken:
        name, number = f"{first}_{number}", number + 1
    taken.add(name)
    return name


def _spec(each: RequirementConfig) -> Spec:
    """Return the trial of a requirement; raises ValueError for options that do not fit."""
    kind, made = CATALOGUE[each.perturbation]
    options = dict(each.options)
    norm = Norm.LINF
    if kind is TrialKind.BOUNDARY:
        norm = Norm(norm_of(each.measure))
    elif kind is TrialKind.ATTACKED and "norm" in options:
        norm = _norm(options.pop("norm"))
    if kind in BY_SEVERITY and each.features and "features" in made.__dataclass_fields__:
        options["features"] = tuple(each.features)
    return Spec(
        kind=kind,
        perturbation=each.perturbation,
        severity=float("inf") if kind is TrialKind.BOUNDARY else (each.severity or 1.0),
        unit=made.unit if kind in BY_SEVERITY else "sd",
        data=each.data,
        features=tuple(each.features or ()),
        norm=norm,
        made=make(each.perturbation, options),
        options={name: str(value) for name, value in each.options.items()},
    )


def _norm(given: object) -> Norm:
    try:
        return Norm(str(given))
    except ValueError:
        raise ValueError(f"norm: {given!r} is not a norm; one of {', '.join(Norm)}") from None


def _curves(trials: Sequence[Spec]) -> Iterator[Spec]:
    """Yield each perturbation at all five of its severities."""
    for each in trials:
        if each.kind in CURVE_KINDS and len(each.made.severities) > 1:
            for severity in each.made.severities:
                yield Spec(
                    each.kind,
                    each.perturbation,
                    severity,
                    each.unit,
                    each.data,
                    each.features,
                    each.norm,
                    each.made,
                    each.options,
                )
