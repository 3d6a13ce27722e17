"""Relations between answers that hold whatever the truth is, so that no label is needed.

Source: Chen, Cheung and Yiu (1998), Metamorphic testing: a new approach for generating next test
cases, HKUST-CS98-01; the kinds DIR and INV of Ribeiro et al. (2020), Beyond accuracy: behavioral
testing of NLP models with CheckList, ACL.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import ClassVar, Literal, Protocol

import numpy as np

from detectors.counts import BoolArray, FloatArray
from detectors.robustness.answers import Answers, Task
from detectors.robustness.perturbations.perturbation import PerturbationError, Variant
from detectors.robustness.perturbations.selection import features_to_change, require_on
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Column, Sample

ROUNDING = 1e-6
"""What a score may be wrong by through rounding: of a probability, or as a part of a value."""


class Relation(Protocol):
    """Makes follow-up records, and tells whether their answers fit those of the sources.

    A relation is a frozen dataclass whose fields are its options. severities, unit: as of a
    Perturbation.
    """

    name: ClassVar[str]
    unit: ClassVar[str]
    severities: ClassVar[tuple[float, ...]]

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return the follow-ups; records of which none can be made are in no variant.

        Raises PerturbationError where the sample has none at all, and ValueError for a severity
        that makes no sense.
        """
        ...

    def violated(self, source: Answers, follow: Answers, task: Task) -> BoolArray:
        """Return which follow-ups' answers break the relation; (m,), false where not `valid`.

        source: the answers of the follow-ups' parents, in the same order.
        Raises PerturbationError where the task has no answer that the relation is about.
        """
        ...


def valid(source: Answers, follow: Answers) -> BoolArray:
    """Return of which follow-ups it can be told whether they break a relation; (m,)."""
    answered: BoolArray = ~source.failed & ~follow.failed
    return answered


@dataclass(frozen=True, slots=True)
class Monotone:
    """Raising a feature must not lower the score, or must not raise it.

    features: of which this is required, each a variant of its own; immutable ones too, for no
    record of the world is changed. score: what it must do as the feature rises. of_class: whose
    probability is the score; by default the second of two classes, or the value of a regression.
    The severity is the step in robust sds of the reference, at least 1 of an integer; records
    that are at the end of the range already have no follow-up.
    """

    name: ClassVar[str] = "monotone"
    unit: ClassVar[str] = "sd"
    severities: ClassVar[tuple[float, ...]] = (0.1, 0.25, 0.5, 1.0, 2.0)

    features: Sequence[str]
    score: Literal["not_falling", "not_rising"] = "not_falling"
    of_class: str = ""

    def __post_init__(self) -> None:
        """Refuse options that say nothing."""
        if not self.features or isinstance(self.features, str):
            raise ValueError(f"features: {self.features!r}, a list of one or more is needed")
        if self.score not in ("not_falling", "not_rising"):
            raise ValueError(f"score: {self.score!r}, not_falling or not_rising is needed")

    def __call__(
        self,
        sample: Sample,
        space: Space,
        severity: float,
        rng: np.random.Generator,  # noqa: ARG002 - nothing is drawn
    ) -> Sequence[Variant]:
        """Return the records with one feature raised; see Relation."""
        if not 0 < severity < np.inf:
            raise ValueError(f"severity: {severity}, a number above 0 is needed")
        found = []
        for each in features_to_change(space, self.features, Values.NUMERIC, fault=True):
            column = sample.table.columns[each.name]
            raised = _raised(each, column, severity)
            places = np.flatnonzero(raised > column)
            if len(places):
                table = sample.table.changed({each.name: raised}).take(places)
                found.append(Variant(each.name, table, places))
        if not found:
            raise PerturbationError(
                f"features: no record has a value of {', '.join(self.features)} that can rise; "
                "widen the range"
            )
        return found

    def violated(self, source: Answers, follow: Answers, task: Task) -> BoolArray:
        """Return where the score went the wrong way; see Relation."""
        before, after = (_score(each, task, self.of_class) for each in (source, follow))
        wrong = before - after if self.score == "not_falling" else after - before
        room = ROUNDING * np.maximum(1.0, np.abs(before)) if task.regression else ROUNDING
        broken: BoolArray = valid(source, follow) & (wrong > room)
        return broken


@dataclass(frozen=True, slots=True)
class PermutationInvariant:
    """Features that are a set: which value is in which of them must not matter.

    features: two or more of one kind, immutable ones too. A record whose values are all the same
    has no follow-up. An answer is another one as the task tells it.
    """

    name: ClassVar[str] = "permutation_invariant"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)

    features: Sequence[str]

    def __post_init__(self) -> None:
        """Refuse sets of fewer than two."""
        if isinstance(self.features, str) or len(set(self.features)) < 2:
            raise ValueError(f"features: {self.features!r}, a list of two or more is needed")

    def __call__(
        self, sample: Sample, space: Space, severity: float, rng: np.random.Generator
    ) -> Sequence[Variant]:
        """Return the records with their values in another order; see Relation."""
        require_on(severity)
        names = [each.name for each in self._members(space)]
        old = [sample.table.columns[name] for name in names]
        shape = (len(names), len(sample), *old[0].shape[1:])
        values = np.empty(shape, dtype=np.result_type(*old))
        for row, column in zip(values, old, strict=True):
            row[...] = column
        order = np.argsort(rng.random((len(names), len(sample))), axis=0)
        new = values[order, np.arange(len(sample))]
        places = np.flatnonzero(_differs(values, new))
        if not len(places):
            raise PerturbationError(
                f"features: every record has one value in all of {', '.join(names)}, so no order "
                "is another one; drop the requirement"
            )
        table = sample.table.changed(dict(zip(names, new, strict=True))).take(places)
        return [Variant("", table, places)]

    def _members(self, space: Space) -> tuple[Feature, ...]:
        found = features_to_change(space, self.features, *Values, fault=True)
        kinds = {(each.values, each.size) for each in found}
        if len(kinds) > 1:
            told = ", ".join(f"{each.name} is {each.values}" for each in found)
            raise PerturbationError(f"features: {told}; a set has values of one kind")
        return found

    def violated(self, source: Answers, follow: Answers, task: Task) -> BoolArray:
        """Return where the answer is another one; see Relation."""
        broken: BoolArray = valid(source, follow) & ~task.same(source.outcome, follow.outcome)
        return broken


@dataclass(frozen=True, slots=True)
class BatchInvariant:
    """The other records of a request must not matter, nor a record's place among them.

    Broken by servers that scale, encode or pad over a whole request. An answer is another one as
    the task tells it.
    """

    name: ClassVar[str] = "batch_invariant"
    unit: ClassVar[str] = ""
    severities: ClassVar[tuple[float, ...]] = (1.0,)

    def __call__(
        self,
        sample: Sample,
        space: Space,  # noqa: ARG002  # no feature changes
        severity: float,
        rng: np.random.Generator,
    ) -> Sequence[Variant]:
        """Return the records in another order, so in other requests; see Relation."""
        require_on(severity)
        if len(sample) < 2:
            raise PerturbationError("one record alone has no order; raise records")
        places = rng.permutation(len(sample))
        return [Variant("", sample.table.take(places), places)]

    def violated(self, source: Answers, follow: Answers, task: Task) -> BoolArray:
        """Return where the answer is another one; see Relation."""
        broken: BoolArray = valid(source, follow) & ~task.same(source.outcome, follow.outcome)
        return broken


RELATIONS: dict[str, type[Relation]] = {
    each.name: each for each in (Monotone, PermutationInvariant, BatchInvariant)
}
"""By the name that a configuration gives."""


def _raised(feature: Feature, column: Column, severity: float) -> FloatArray:
    """Return values raised by a step within their range; nan where there is no number."""
    if column.dtype == object:
        return np.full(len(column), np.nan)
    step = severity * feature.scale
    if feature.integer:
        step = max(1.0, np.round(step))
    return np.minimum(column + step, np.fmax(feature.high, column))


def _score(answers: Answers, task: Task, of_class: str) -> FloatArray:
    """Return the number that a relation orders answers by; (n,), nan where there is no answer."""
    if task.regression:
        return answers.outcome
    if of_class and of_class not in task.classes:
        raise PerturbationError(
            f"of_class: {of_class!r} is no class; one of {', '.join(task.classes)}"
        )
    if not of_class and len(task.classes) != 2:
        raise PerturbationError(
            f"of_class is missing, and there are {len(task.classes)} classes; name one of "
            + ", ".join(task.classes)
        )
    code = task.classes.index(of_class) if of_class else 1
    if answers.scored:
        chances: FloatArray = answers.chances[:, code]
        return chances
    return np.where(answers.failed, np.nan, answers.outcome == code)


def _differs(first: Column, second: Column) -> BoolArray:
    """Return which records differ in a value; both (features, n, ...), nan is the same as nan."""
    same = (first == second) | ((first != first) & (second != second))
    other: BoolArray = ~same.astype(np.bool_).reshape(len(first), first.shape[1], -1).all(
        axis=(0, 2)
    )
    return other
