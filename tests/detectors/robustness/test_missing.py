import numpy as np
import pytest

from detectors.robustness.perturbations.missing import (
    MissingAtRandom,
    MissingNotAtRandom,
    MissingOne,
)
from tests.detectors.robustness.tabular import SPACE, applied, mixed, numbers, same


def absent(column):
    if column.dtype == object:
        return np.array([value is None for value in column.tolist()])
    return np.isnan(column).reshape(len(column), -1).all(axis=1)


def test_each_feature_is_missing_in_a_variant_of_its_name_and_only_there():
    sample = mixed(20, 0)
    variants = applied(MissingOne(), sample, SPACE, 1.0)
    assert [each.name for each in variants] == [each.name for each in SPACE.mutable()]
    for variant in variants:
        for key, column in variant.table.columns.items():
            if key == variant.name:
                assert absent(column).all()
            else:
                assert same(column, sample.table.columns[key]).all()


def test_a_sentinel_stands_for_what_is_missing():
    sample = mixed(4, 0, missing=0.0)
    columns = {
        each.name: each.table.columns[each.name].tolist()
        for each in applied(MissingOne(sentinel=-999.0), sample, SPACE, 1.0)
    }
    assert columns["amount"] == [-999.0] * 4
    assert columns["colour"] == [-999.0] * 4
    empty = applied(MissingOne(features=("vector", "count"), sentinel=""), sample, SPACE, 1.0)
    assert [each.table.columns[each.name].tolist() for each in empty] == [[""] * 4] * 2


def test_numbers_beside_an_empty_text_are_written_as_json_would_hold_them():
    sample, _ = numbers({"count": [3.0, np.nan, 4.0] * 20})
    (variant,) = applied(MissingAtRandom(features=("count",), sentinel=""), sample, SPACE, 0.5)
    assert {type(value) for value in variant.table.columns["count"].tolist()} == {
        int,
        str,
        type(None),
    }


def test_at_random_is_the_share_of_every_feature_whatever_its_values():
    sample = mixed(5000, 1, missing=0.0)
    (variant,) = applied(MissingAtRandom(), sample, SPACE, 0.2)
    for each in SPACE.mutable():
        assert absent(variant.table.columns[each.name]).mean() == pytest.approx(0.2, abs=0.025)
    lost = absent(variant.table.columns["amount"])
    amounts = sample.table.columns["amount"]
    assert amounts[lost].mean() == pytest.approx(amounts[~lost].mean(), abs=4)


def test_not_at_random_is_exactly_the_share_and_hides_high_numbers():
    sample, space = numbers({"x": np.random.default_rng(0).permutation(20_000)})
    (variant,) = applied(MissingNotAtRandom(), sample, space, 0.01)
    lost = np.isnan(variant.table.columns["x"])
    assert lost.sum() == 200
    # The first to go have a chance in proportion to the rank: a mean rank of 2/3, sd 0.2357.
    rank = sample.table.columns["x"][lost].mean() / 20_000
    assert rank == pytest.approx(2 / 3, abs=4 * 0.2357 / np.sqrt(200))


def test_not_at_random_hides_rare_categories_and_true_more_often():
    sample = mixed(4000, 2, missing=0.0)
    (variant,) = applied(MissingNotAtRandom(), sample, SPACE, 0.2)
    colours, flags = sample.table.columns["colour"], sample.table.columns["flag"]
    lost = absent(variant.table.columns["colour"])
    shares = [lost[colours == level].mean() for level in SPACE["colour"].levels]
    assert shares == sorted(shares)
    lost = absent(variant.table.columns["flag"])
    assert lost[flags == True].mean() > 1.5 * lost[flags == False].mean()  # noqa: E712 - of objects
