"""Without drift the mean of every likelihood ratio is at most 1, with the reference's noise."""

import numpy as np
import pytest

from detectors.directions import Directions
from detectors.evidence.derived import Derivation
from detectors.evidence.detector import Detector
from detectors.evidence.evidence import LOWEST
from detectors.evidence.groups import Group
from detectors.evidence.inflation import Inflation
from detectors.evidence.scores import DELTAS
from tests.detectors.evidence.streams_of_data import Stream, draw

RUNS, REFERENCE, WINDOW = 400, 2000, 500
STEPS = np.stack([DELTAS, -DELTAS])


def effective(records, reference):
    none = Inflation.none(1, 0, 1)
    sizes = none.effective(
        none.parts, np.array([1]), np.array([float(records)]), np.array([float(reference)])
    )
    return sizes[0, 0]


@pytest.fixture(scope="module")
def runs():
    """Mean likelihood ratio of each group, in RUNS pairs of a reference and a window."""
    rng = np.random.default_rng(11)
    size = effective(WINDOW, REFERENCE)
    found = {group: [] for group in Group if group != Group.RARE}
    for _ in range(RUNS):
        stream = Stream.of(draw(rng, REFERENCE, features=2))
        ratios, block = stream.ratios, stream.block(0, draw(rng, WINDOW, features=2))
        sums = ratios.streams.sums(block.vector, block.records)
        bets = size * (STEPS * sums[:, None, None] / WINDOW - ratios.streams.psi)
        means = np.exp(bets)
        for group in {part.group for part in ratios.parts}:
            inside = np.concatenate(
                [np.arange(len(sums))[p.streams] for p in ratios.parts if p.group == group]
            )
            made = np.isfinite(ratios.streams.psi[inside])
            found[group].append(means[inside][made].mean())
        for dense in ratios.dense:
            mean = dense.whitening @ sums[dense.streams] / WINDOW
            log_best = dense.log_factors(np.array([mean @ mean]), np.array([size]))
            found[Group.DENSE].append(np.exp(log_best[0]) / 3)
    return found


@pytest.mark.parametrize("group", [group for group in Group if group != Group.RARE])
def test_the_mean_likelihood_ratio_of_a_group_is_at_most_one(runs, group):
    values = np.array(runs[group])
    assert values.mean() <= 1 + 3 * values.std() / np.sqrt(len(values))


def test_a_reference_of_two_thousand_records_never_pages_by_itself():
    rng = np.random.default_rng(5)
    highest = 0.0
    for _ in range(30):
        stream = Stream.of(draw(rng, REFERENCE))
        detector = Detector(stream.ratios)
        buckets = [stream.block(0, draw(rng, 20_000))]
        highest = max(highest, detector.step(buckets).value)
    assert LOWEST <= highest < np.log(30 * 10)


def test_directions_binned_on_other_records_than_fitted_have_unbiased_lengths():
    rng = np.random.default_rng(3)
    scores = []
    for _ in range(200):
        reference = draw(rng, 1200, features=6).numeric
        directions = Directions.fit(reference[::2])
        derivation = Derivation.of(directions, reference[1::2])
        extra = derivation.closed(directions.sums(draw(rng, 300, features=6).numeric), 300)
        scores.append(extra[-2:] / 300)
    mean, sd = np.mean(scores, axis=0), np.std(scores, axis=0)
    assert (np.abs(mean) <= 4 * sd / np.sqrt(200)).all()
