"""The failing cases of a run, gathered over its trials for the export."""

from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from detectors.robustness.answers import Task
from detectors.robustness.edge_cases import EdgeCase, to_json
from detectors.robustness.perturbations.perturbation import LabelRule
from detectors.robustness.space import Space
from detectors.robustness.table import Table
from monitor.retest.cases import Case, CaseKind, write_cases
from monitor.retest.measures import BY_SEVERITY, TrialKind
from monitor.retest.plan import Spec
from monitor.retest.trials.outcome import Failing, Outcome
from monitor.retest.trials.prepared import Prepared
from monitor.retest.wording import trial_words

MOST_CASES = 1_000
"""Kept of each trial, the nearest first; the counts of the trial tell of all."""

EDGE_CASES = "edge_cases.json"
"""Beside the failing cases: all edge cases that were asked, to be asked again."""


@dataclass(slots=True)
class CaseBook:
    """Cases of one run; edges: all edge cases that were asked."""

    run: str
    task: Task
    space: Space
    cases: list[Case] = field(default_factory=list)
    edges: list[EdgeCase] = field(default_factory=list)

    def add(self, spec: Spec, outcome: Outcome, prepared: Prepared) -> None:
        """Take the failing cases of a trial."""
        room = MOST_CASES
        for failing in outcome.failing:
            order = np.argsort(failing.distance, kind="stable")[:room]
            room -= len(order)
            for at in order.tolist():
                self.cases.append(self._case(spec, failing, at, prepared, _kind(spec)))

    def add_smallest(self, spec: Spec, failing: Failing, prepared: Prepared) -> Counter[str]:
        """Take the smallest changes of some failing cases of a trial; count their features."""
        added = [
            self._case(spec, failing, at, prepared, CaseKind.MINIMAL)
            for at in range(len(failing.places))
        ]
        self.cases += added
        return Counter(name for case in added for name in case.changed)

    def write(self, path: Path) -> bool:
        """Write the cases, and the edge cases beside them; tell whether any failed."""
        if self.edges:
            path.with_name(EDGE_CASES).write_text(to_json(self.edges))
        if self.cases:
            write_cases(path, self.cases)
        return bool(self.cases)

    def _case(
        self, spec: Spec, failing: Failing, at: int, prepared: Prepared, kind: CaseKind
    ) -> Case:
        place = int(failing.places[at])
        parent = _record(prepared.sample.table, place)
        record = _record(failing.table, at)
        label = prepared.labels[place]
        by_severity = spec.kind in BY_SEVERITY
        return Case(
            run=self.run,
            trial=trial_words(spec),
            parent_id=str(prepared.sample.ids[place]),
            label=self._answer(float(label)),
            label_rule=_label_rule(spec),
            severity=spec.severity if by_severity else float(failing.distance[at]),
            perturbation=spec.perturbation,
            variant=failing.variant,
            answer=self._answer(float(failing.outcome[at])),
            expected=None
            if spec.kind is TrialKind.EDGE
            else self._answer(float(prepared.answers.outcome[place])),
            features=record,
            changed=tuple(name for name in record if _differ(record[name], parent[name])),
            kind=kind,
        )

    def _answer(self, outcome: float) -> object:
        if np.isnan(outcome):
            return None
        if self.task.regression:
            return outcome
        code = int(outcome)
        return self.task.classes[code] if code < len(self.task.classes) else None


def _label_rule(spec: Spec) -> LabelRule:
    if spec.kind is TrialKind.EDGE:
        return LabelRule.UNKNOWN  # another record than its parent
    rule: LabelRule = spec.made.label if spec.kind is TrialKind.PERTURBED else LabelRule.KEPT
    return rule


def _kind(spec: Spec) -> CaseKind:
    if spec.kind is TrialKind.EDGE:
        return CaseKind.EDGE
    return CaseKind.FAILING if spec.kind in BY_SEVERITY else CaseKind.MINIMAL


def _record(table: Table, at: int) -> dict[str, Any]:
    return {name: column[at] for name, column in table.columns.items()}


def _differ(first: Any, second: Any) -> bool:
    return not np.array_equal(
        np.asarray(first), np.asarray(second), equal_nan=isinstance(first, (float, np.ndarray))
    )
