"""What is known of a reference's performance comes back from its parts, bit for bit."""

import json

import numpy as np
import pytest

from detectors.cells import WIDTH
from detectors.estimation.calibration import calibrate
from detectors.estimation.losses import learned_of_numbers
from detectors.estimation.score_counts import LabelledCounts
from detectors.evidence.learned import Calibration
from detectors.evidence.observed import Observed
from detectors.performance.error_evidence import error_ratios
from detectors.performance.error_stream import Errors
from detectors.performance.known import ALL_ROWS, KnownPerformance
from detectors.performance.known_parts import performance_from, performance_parts
from detectors.performance.pairs import Pairs
from detectors.performance.tally import Tally
from detectors.performance.task import Task
from detectors.prediction_kind import PredictionKind
from tests.detectors.performance.joined import bits, draw, task_of

HOUR_MS = 3_600_000


def estimation_of(task: Task, pairs: Pairs):
    """What the kinds that need nothing but pairs teach an estimator."""
    part = np.arange(len(pairs)) * 10 // len(pairs)
    if task.kind is PredictionKind.PROBABILITY:
        scores, positive = pairs.predicted, pairs.actual == 1
        cut = [part == each for each in range(10)]
        return calibrate(
            [LabelledCounts.of(scores[at], scores[at] >= 0.5, positive[at]) for at in cut]
        )
    if task.kind is PredictionKind.REGRESSION:
        cells = (np.argsort(np.argsort(pairs.predicted)) * 8 // len(pairs))[:, None]
        return learned_of_numbers(cells, 1, pairs.predicted, pairs.actual, part)
    return None


def known_of(kind: PredictionKind) -> KnownPerformance:
    """What 1,000 pairs teach, as if 20 of them came in each hour, with a segment of a few."""
    pairs = draw(kind, np.random.default_rng(1), 1_000)
    task = task_of(kind, pairs)
    few = pairs.chosen(slice(0, 30))
    errors = {ALL_ROWS: Errors.of(task, pairs).counts, "DE": Errors.of(task, few).counts}
    hours = [Errors.of(task, pairs.chosen(slice(at, at + 20))).counts for at in range(0, 1_000, 20)]
    blocks = [Observed.block(hour, 20, counts) for hour, counts in enumerate(hours)]
    estimation = estimation_of(task, pairs)
    return KnownPerformance(
        task=task,
        tallies={ALL_ROWS: Tally.of(task, pairs), "DE": Tally.of(task, few)},
        errors=errors,
        calibrations={
            ALL_ROWS: Calibration.of(error_ratios(task, errors[ALL_ROWS]), blocks, HOUR_MS)
        },
        by_label=np.arange(3 * 2 * WIDTH).reshape(3, 2, WIDTH),
        label_edges=() if task.classes else (0.5, 2.0),
        estimation=estimation,
        no_estimate="" if estimation else "too few records",
    )


@pytest.mark.parametrize("kind", PredictionKind)
def test_what_is_known_comes_back_from_its_parts_and_json(kind):
    known = known_of(kind)
    meta, arrays = performance_parts(known)
    found = performance_from(json.loads(json.dumps(meta)), arrays)
    again, same = performance_parts(found)
    assert json.dumps(again) == json.dumps(meta)
    assert bits(found.task) == bits(known.task)
    assert {name: bits(each) for name, each in found.tallies.items()} == {
        name: bits(each) for name, each in known.tallies.items()
    }
    assert list(same) == list(arrays)
    assert all(np.array_equal(same[name], arrays[name]) for name in arrays)
    assert (found.label_edges, found.no_estimate) == (known.label_edges, known.no_estimate)


def test_the_parts_hold_no_objects():
    for kind in PredictionKind:
        arrays = performance_parts(known_of(kind))[1]
        assert all(array.dtype.kind in "iufb" for array in arrays.values())
