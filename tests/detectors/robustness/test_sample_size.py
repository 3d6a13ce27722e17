"""How many records a verdict takes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binom

from detectors.robustness.intervals import upper_bound
from detectors.robustness.sample_size import chance_below, records_needed

COMPUTED = {
    (0.7, 0.05): 524,
    (0.7, 0.03): 1409,
    (0.7, 0.02): 3249,
    (0.8, 0.05): 398,
    (0.8, 0.03): 1083,
    (0.8, 0.02): 2465,
    (0.9, 0.05): 203,
    (0.9, 0.03): 593,
    (0.9, 0.02): 1359,
    (0.95, 0.03): 286,
    (0.95, 0.02): 696,
}
"""Records for an 80 % chance to pass at least .7 .. .95 where the truth is .02 to .05 above."""


@given(
    st.integers(1, 200),
    st.floats(0.001, 0.999),
    st.floats(0.001, 0.999),
    st.sampled_from([0.05, 0.001]),
)
def test_the_chance_of_a_proof_sums_all_counts_whose_bound_is_below_the_limit(
    n, share, limit, alpha
):
    counts = np.arange(n + 1)
    bounds = upper_bound(counts, n, alpha)
    chance = float(chance_below(share, limit, n, alpha))
    # The rounding of the bound must not decide.
    surely = binom.pmf(counts, n, share)[bounds < limit - 1e-9].sum()
    perhaps = binom.pmf(counts, n, share)[bounds <= limit + 1e-9].sum()
    assert surely - 1e-9 <= chance <= perhaps + 1e-9


@pytest.mark.parametrize(("case", "records"), COMPUTED.items())
def test_records_needed_are_those_from_which_on_the_chance_never_falls_below(case, records):
    limit, above = case
    found = records_needed(limit + above, limit, False, 0.001, 0.05)
    assert found == pytest.approx(records, rel=0.04)
    chances = chance_below(1 - limit - above, 1 - limit, np.arange(found - 1, 3 * found), 0.05)
    assert chances[0] < 0.8 <= chances[1:].min()
    assert chance_below(1 - limit - above, 1 - limit, records, 0.05) >= 0.8


@settings(max_examples=40)
@given(st.floats(0.0, 0.4), st.floats(0.01, 0.4), st.sampled_from([0.05, 0.0017, 1e-5]))
def test_that_many_records_decide_with_80_per_cent(share, limit, alpha):
    needed = records_needed(share, limit, True, alpha, alpha)
    if needed is None:
        assert abs(share - limit) < 0.01
    elif share < limit:
        assert chance_below(share, limit, needed, alpha) >= 0.8
    else:
        assert chance_below(1 - share, 1 - limit, needed, alpha) >= 0.8


def test_no_failure_proves_one_per_cent_with_299_records():
    # 1 - 0.05^(1/n) <= 0.01 from n = 299 on.
    assert records_needed(0.0, 0.01, True, 0.001, 0.05) == 299


def test_a_share_at_its_limit_takes_more_records_than_there_are():
    assert records_needed(0.05, 0.05, True, 0.001, 0.05) is None
    assert records_needed(0.05, 0.0501, True, 0.001, 0.05) is None
    assert records_needed(0.0, 0.0, False, 0.001, 0.05) is None
