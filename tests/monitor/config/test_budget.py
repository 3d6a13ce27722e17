"""The budget of false alarms, ignored effects and the warm-up, as numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitor.config import ConfigError
from monitor.config.ignore_below import parse_ignore_below
from tests.monitor.config.files import settings_with

amounts = st.floats(1e-6, 1e6)


def credit_with(folder, **changes):
    model = {f"models.credit.{key}": value for key, value in changes.items()}
    return settings_with(folder, model).models["credit"]


@given(pages=amounts, tickets=st.none() | amounts, seconds=st.integers(1, 10**6))
def test_a_budget_allows_no_fewer_tickets_than_pages_and_less_than_one_a_block(
    tmp_path_factory, pages, tickets, seconds
):
    given_tickets = {} if tickets is None else {"tickets": tickets}
    budget = {"pages": pages, "per": f"{seconds}s", **given_tickets}
    try:
        model = credit_with(tmp_path_factory.getbasetemp(), budget=budget)
    except ConfigError:
        loaded = False
    else:
        loaded = True
        assert model.budget_blocks == seconds / 60
    assert loaded == (pages <= (tickets or 10 * pages) < seconds / 60)


@given(st.floats(0, 100))
def test_a_psi_stands_for_the_shift_that_shows_it(shift):
    assert parse_ignore_below({"psi": shift**2}) == pytest.approx(shift)
    assert parse_ignore_below(shift) == shift
    assert parse_ignore_below(str(shift)) == shift


def test_the_period_is_counted_in_blocks_of_time(tmp_path):
    model = credit_with(tmp_path, block="10m", budget={"pages": 2, "per": "7d"})
    assert (model.budget_blocks, model.budget_period) == (1008, "7d")
    assert model.budget.tickets == 20


def test_the_period_is_given_in_blocks_where_they_are_of_rows(tmp_path):
    model = credit_with(tmp_path, rows_per_block=500, budget={"blocks": 720})
    assert (model.budget_blocks, model.budget_period) == (720, "720 blocks")
    model = credit_with(tmp_path, rows_per_block=500)
    assert (model.budget_blocks, model.budget_period) == (4320, "4320 blocks")


@pytest.mark.parametrize(
    ("changes", "blocks"),
    [
        ({}, 20_160),
        ({"block": "7m"}, 2880),
        ({"block": "11m"}, 1833),  # 20,160 / 11 = 1832.7
        ({"warm_up": "0s"}, 0),
        ({"rows_per_block": 500}, 336),
    ],
)
def test_the_warm_up_is_counted_in_whole_blocks(tmp_path, changes, blocks):
    assert credit_with(tmp_path, **changes).warm_up_blocks == blocks
