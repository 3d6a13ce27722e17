import numpy as np
import pytest
from numpy.testing import assert_allclose

from detectors.evidence.ratios import continuous_streams
from detectors.evidence.streams import Kind, moved_moments
from tests.detectors.evidence.streams_of_data import Stream, count, draw

MOVED = 0.4


@pytest.fixture(scope="module")
def worlds():
    """Mean scores, by kind, of a still and of a moved block; of plain and of wandering bets."""
    rng = np.random.default_rng(1)
    reference = draw(rng, 50_000)
    still, moved = draw(rng, 20_000), draw(rng, 20_000, shift=MOVED)
    found = {}
    for wanders in (False, True):
        stream = Stream.of(reference, wanders=wanders)
        for name, records in (("still", still), ("moved", moved)):
            block = stream.block(0, records)
            means = stream.ratios.streams.sums(block.vector, block.records) / block.records
            for part in stream.ratios.parts:
                found[wanders, name, part.kind] = np.abs(means[part.streams]).max()
    return found


def test_a_moved_mean_shows_in_location(worlds):
    assert worlds[True, "still", Kind.LOCATION] < 0.03
    assert worlds[True, "moved", Kind.LOCATION] == pytest.approx(MOVED, abs=0.05)


@pytest.mark.parametrize("kind", [Kind.SCALE, Kind.SKEWNESS, Kind.SPIKE])
def test_a_moved_mean_shows_as_other_kinds_only_where_streams_are_not_to_wander(worlds, kind):
    assert worlds[True, "moved", kind] < max(0.06, worlds[False, "moved", kind] / 2)


def test_without_care_a_moved_mean_shows_as_scale_and_spikes(worlds):
    assert worlds[False, "moved", Kind.SCALE] > 0.1
    assert worlds[False, "moved", Kind.SPIKE] > 0.1


def test_moved_moments_match_the_hand_computed_values():
    # two records in the highest bin with scores g and s: z = g, S = 2 s
    rng = np.random.default_rng(2)
    reference = draw(rng, 4000, features=1)
    stream = Stream.of(reference)
    counts = count(stream.profile, reference)
    continuous = continuous_streams(stream.profile, counts)
    block = np.zeros_like(counts)
    block[:, 32] = 2
    location, scale = continuous.sums(block.ravel().astype(float), 2)[:2] / 2
    expected = [
        (2 * location**2 - 1) / np.sqrt(2),
        (6 * np.sqrt(2) * location * scale - 4 * location**3) / np.sqrt(6),
    ]
    scores = stream.closing.scores
    assert_allclose(moved_moments(scores, block, 2), expected)
    assert not moved_moments(scores, np.zeros_like(counts), 0).any()


def test_without_drift_the_mean_likelihood_ratio_of_wandering_bets_is_at_most_one():
    rng = np.random.default_rng(3)
    found = []
    for _ in range(150):
        stream = Stream.of(draw(rng, 2000, features=2), wanders=True)
        blocks = [stream.block(number, draw(rng, 50, features=2)) for number in range(6)]
        total = blocks[0]
        for block in blocks[1:]:
            total = total + block
        sums = stream.ratios.streams.sums(total.vector, total.records)
        psi = stream.ratios.streams.psi[:, 0, -2]
        bets = np.isfinite(psi)
        size = 1 / (1 + total.records / 2000)
        found.append(np.exp(size * (0.2 * sums - total.records * psi)[bets]).mean())
    values = np.array(found)
    assert values.mean() <= 1 + 3 * values.std() / np.sqrt(len(values))
