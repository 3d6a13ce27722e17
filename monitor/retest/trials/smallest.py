"""The smallest changes that still make a perturbed record fail."""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from detectors.counts import BoolArray, IntArray
from detectors.robustness.perturbations.perturbation import LabelRule
from detectors.robustness.shrink import shrink
from detectors.robustness.table import Table
from monitor.retest.model import LiveModel
from monitor.retest.trials.allowance import Allowance
from monitor.retest.trials.outcome import Failing
from monitor.retest.trials.perturbed import turned
from monitor.retest.trials.prepared import Prepared

MOST_RECORDS = 20
QUERIES_PER_RECORD = 100


def smallest(
    rule: LabelRule,
    failing: Sequence[Failing],
    prepared: Prepared,
    model: LiveModel,
    queries: int,
) -> list[Failing]:
    """Return some of a trial's failing records, from all its variants, with less of a change.

    Where the queries do not suffice, a change is as small as it was made by then, and a record
    that was not asked about is left out. Raises EndpointError.
    """
    allowance = Allowance(min(queries, MOST_RECORDS * QUERIES_PER_RECORD))
    return [
        _shrunk(rule, each, prepared, model, allowance)
        for each in _some(failing)
        if each.places.size
    ]


def _some(failing: Sequence[Failing]) -> list[Failing]:
    """Return records at even steps through all that failed."""
    sizes = [len(each.places) for each in failing]
    whole = sum(sizes)
    steps = np.unique(np.linspace(0, whole - 1, min(whole, MOST_RECORDS)).astype(np.int64))
    starts = np.cumsum([0, *sizes])
    return [
        _taken(each, steps[(steps >= start) & (steps < end)] - start)
        for each, start, end in zip(failing, starts[:-1], starts[1:], strict=True)
    ]


def _taken(failing: Failing, at: IntArray) -> Failing:
    return Failing(
        failing.variant,
        failing.places[at],
        failing.table.take(at),
        failing.outcome[at],
        failing.distance[at],
    )


def _shrunk(
    rule: LabelRule, failing: Failing, prepared: Prepared, model: LiveModel, allowance: Allowance
) -> Failing:
    outcome = failing.outcome.copy()

    def fails(candidates: Table, at: IntArray) -> BoolArray:
        allowance.take(len(candidates))
        answers = model.predict(model.cast(candidates))
        still = turned(rule, failing.places[at], prepared, answers)
        outcome[at[still]] = answers.outcome[still]
        return still

    parents = prepared.sample.table.take(failing.places)
    found = shrink(prepared.space, parents, failing.table, fails)
    least = replace(failing, table=model.cast(found.table), outcome=outcome)
    return least if found.finished else _taken(least, np.flatnonzero(found.queries))
