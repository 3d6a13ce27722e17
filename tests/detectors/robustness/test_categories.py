import numpy as np
import pytest

from detectors.robustness.perturbations.categories import CategorySwap, RareCategory
from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table
from tests.detectors.robustness.tabular import COLOURS, SPACE, applied, mixed, objects


def changed(perturbation, severity, values, levels, shares):
    feature = Feature("x", Values.CATEGORICAL, levels=levels, shares=np.array(shares))
    sample = Sample(objects(["id"] * len(values)), Table({"x": objects(values)}))
    (variant,) = applied(perturbation, sample, Space((feature,)), severity)
    return variant.table.columns["x"]


def test_a_swap_draws_the_other_levels_by_their_frequency_in_the_reference():
    new = changed(CategorySwap(), 1.0, ["a"] * 20_000, ("a", "b", "c"), [0.6, 0.3, 0.1])
    assert (new == "a").sum() == 0
    # b and c without a: 0.3 / 0.4 and 0.1 / 0.4.
    assert (new == "b").mean() == pytest.approx(0.75, abs=0.0125)


def test_a_swap_of_all_is_another_level_for_every_value_that_is_not_missing():
    sample = mixed(300, 0)
    (variant,) = applied(CategorySwap(), sample, SPACE, 1.0)
    for key in ("colour", "flag"):
        old, new = sample.table.columns[key], variant.table.columns[key]
        missing = np.array([value is None for value in old.tolist()])
        assert (old[~missing] != new[~missing]).all()
        assert (new[missing] == None).all()  # noqa: E711 - of objects


def test_a_swapped_boolean_is_the_other_one():
    sample = mixed(50, 0, missing=0.0)
    (variant,) = applied(CategorySwap(features=("flag",)), sample, SPACE, 1.0)
    old, new = sample.table.columns["flag"].tolist(), variant.table.columns["flag"].tolist()
    assert new == [not value for value in old]


def test_a_one_hot_group_is_swapped_as_the_category_that_it_is():
    sample = mixed(5000, 0)
    (variant,) = applied(CategorySwap(), sample, SPACE, 0.4)
    old = np.column_stack([sample.table.columns[key] for key in "abc"])
    new = np.column_stack([variant.table.columns[key] for key in "abc"])
    assert (new.sum(axis=1) == 1).all()
    assert (old != new).any(axis=1).mean() == pytest.approx(0.4, abs=0.03)


def test_a_level_that_the_reference_does_not_know_is_swapped_for_one_that_it_does():
    new = changed(CategorySwap(), 1.0, ["new"] * 50, ("a", "b"), [0.5, 0.5])
    assert set(new.tolist()) == {"a", "b"}


def test_the_only_level_there_is_stays():
    assert changed(CategorySwap(), 1.0, ["a"] * 5, ("a",), [1.0]).tolist() == ["a"] * 5


def test_part_of_a_one_hot_group_is_not_swapped():
    with pytest.raises(PerturbationError, match=r"'a' is no category; name .* all columns"):
        applied(CategorySwap(features=("a", "colour")), mixed(5, 0), SPACE, 0.1)


def test_a_number_is_not_swapped():
    with pytest.raises(PerturbationError, match="'amount' is no category"):
        applied(CategorySwap(features=("amount",)), mixed(5, 0), SPACE, 0.1)


def test_a_table_of_numbers_has_no_category_to_swap():
    with pytest.raises(PerturbationError, match="no mutable feature is a category"):
        applied(CategorySwap(), mixed(5, 0), Space((SPACE["amount"],)), 0.1)


def test_a_rare_category_has_less_than_a_twentieth_of_the_reference():
    new = changed(RareCategory(), 1.0, ["red"] * 50, COLOURS, SPACE["colour"].shares)
    assert set(new.tolist()) == {"grey"}
    new = changed(RareCategory(below=0.1), 1.0, ["red"] * 50, COLOURS, SPACE["colour"].shares)
    assert set(new.tolist()) == {"grey", "blue"}


def test_where_no_category_is_rare_the_least_frequent_counts_as_rare():
    new = changed(RareCategory(), 1.0, ["a", "b"], ("a", "b"), [0.6, 0.4])
    assert new.tolist() == ["b", "b"]


def test_the_share_of_rare_categories_is_the_severity():
    new = changed(RareCategory(), 0.2, ["red"] * 5000, COLOURS, SPACE["colour"].shares)
    assert (new == "grey").mean() == pytest.approx(0.2, abs=0.025)
