"""The ledger keeps the nearest candidate that broke a record within its threat set."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from detectors.robustness.ledger import Ledger
from detectors.robustness.threat import Norm, Threat, Told


def box(origins, epsilon):
    wide = np.full(origins.shape, 2.0)
    columns = origins.shape[1]
    return Threat(
        Norm.L2, epsilon, -wide, wide, np.zeros(columns), np.zeros(columns, dtype=np.int64)
    )


def half_space(points, _):
    """Break whatever has a positive sum; say nothing where the first column is very negative."""
    failed = points[:, 0] < -1.5
    margin = -points.sum(axis=1)
    return Told(points, (margin < 0) & ~failed, margin, failed)


@given(st.integers(0, 2**32), st.floats(0.1, 4.0))
def test_the_nearest_is_that_of_all_candidates_in_the_threat_set(seed, epsilon):
    rng = np.random.default_rng(seed)
    origins = rng.uniform(-2, 0, (4, 3))
    ledger = Ledger(origins, box(origins, epsilon), half_space)
    asked, of = [], []
    for _ in range(3):
        places = rng.integers(0, 4, 30)
        points = origins[places] + rng.normal(size=(30, 3))
        ledger(points, places)
        asked.append(points)
        of.append(places)
    points, places = np.concatenate(asked), np.concatenate(of)
    told = half_space(points, places)
    sizes = np.linalg.norm(points - origins[places], axis=1)
    counts = told.broken & (sizes <= epsilon) & (np.abs(points) <= 2).all(axis=1)
    for record in range(4):
        own = counts & (places == record)
        expected = sizes[own].min() if own.any() else np.inf
        assert np.isclose(ledger.distance[record], expected)
        assert ledger.queries[record] == (places == record).sum()
        assert ledger.failed[record] == (told.failed & (places == record)).sum()
    nearest = np.linalg.norm(ledger.nearest - origins, axis=1)
    assert np.allclose(nearest[ledger.broken], ledger.distance[ledger.broken])
    assert (ledger.nearest[~ledger.broken] == origins[~ledger.broken]).all()


def test_a_candidate_counts_as_it_was_sent_and_not_as_it_was_asked():
    origins = np.zeros((1, 1)) - 0.25

    def rounded(points, places):
        return half_space(np.round(points), places)

    ledger = Ledger(origins, box(origins, 1.0), rounded)
    ledger(np.array([[0.6]]), np.array([0]))
    assert not ledger.broken[0], "rounded to 1, it lies 1.25 away"
