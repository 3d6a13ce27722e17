import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.robustness.shrink import shrink
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Table
from detectors.robustness.threat import BudgetSpentError

NUMBERS = Space(tuple(Feature(f"x{place}", Values.NUMERIC) for place in range(8)))


def numbers(values):
    return Table({f"x{place}": column for place, column in enumerate(np.array(values).T)})


def matrix(table):
    return np.column_stack(list(table.columns.values()))


def mixed(**columns):
    space = Space(
        (
            Feature("age", Values.NUMERIC, integer=True),
            Feature("note", Values.TEXT),
            Feature("a", Values.NUMERIC, group="plan"),
            Feature("b", Values.NUMERIC, group="plan"),
        )
    )
    kinds = {"note": object}
    rows = [dict(zip(columns, row, strict=True)) for row in zip(*columns.values(), strict=True)]
    tables = [
        Table({name: np.array([row[name]], kinds.get(name, float)) for name in columns})
        for row in rows
    ]
    return space, *tables


@given(
    needed=st.lists(
        st.lists(st.booleans(), min_size=8, max_size=8).filter(any), min_size=1, max_size=6
    ),
    sizes=st.lists(st.floats(0.1, 0.9), min_size=8, max_size=8),
)
@settings(max_examples=50, deadline=None)
def test_what_is_left_is_what_the_failure_needs_at_its_least_size(needed, sizes):
    needed, sizes = np.array(needed), np.array(sizes)
    origins, failing = np.zeros(needed.shape), np.ones(needed.shape)

    def fails(table, places):
        return ((matrix(table) >= sizes) | ~needed[places]).all(axis=1)

    found = shrink(NUMBERS, numbers(origins), numbers(failing), fails)
    assert found.finished
    assert (found.changed == needed).all()
    left = matrix(found.table)
    assert (left[~needed] == 0).all()
    least = np.broadcast_to(sizes, needed.shape)[needed]
    assert (left[needed] >= least).all()
    assert (left[needed] <= least + 2**-8).all()


def test_all_records_are_asked_about_together():
    origins, failing = np.zeros((50, 8)), np.ones((50, 8))
    asked = []

    def fails(table, places):
        asked.append(len(places))
        return matrix(table)[np.arange(len(places)), places % 8] == 1

    found = shrink(NUMBERS, numbers(origins), numbers(failing), fails)
    assert (found.changed.argmax(axis=1) == np.arange(50) % 8).all()
    # Halves, quarters, single features, a last look, and eight halvings for each of 8 features.
    assert len(asked) <= 2 + 4 + 8 + 8 + 8 * 8
    assert found.queries.sum() == sum(asked)
    assert found.queries.max() <= 24


def test_needing_one_of_two_features_leaves_one():
    def fails(table, _places):
        return (matrix(table)[:, :2] > 0).any(axis=1)

    found = shrink(NUMBERS, numbers(np.zeros((1, 8))), numbers(np.ones((1, 8))), fails)
    assert found.changed.sum() == 1


def test_integers_stay_whole_and_one_hot_groups_are_undone_together():
    space, parents, failing = mixed(age=[30, 90], note=["a", "b"], a=[1, 0], b=[0, 1])

    def fails(table, _places):
        assert table.columns["a"] + table.columns["b"] == [1]
        assert table.columns["age"] % 1 == 0
        return table.columns["age"] >= 47

    found = shrink(space, parents, failing, fails)
    assert {name: column.tolist() for name, column in found.table.columns.items()} == {
        "age": [47],
        "note": ["a"],
        "a": [1],
        "b": [0],
    }
    assert found.changed.tolist() == [[True, False, False, False]]


def test_edits_of_a_text_are_undone_one_by_one():
    space, parents, failing = mixed(
        age=[1, 1], note=["a good film", "q goud fylm!"], a=[1, 1], b=[0, 0]
    )

    def fails(table, _places):
        return np.array(["goud" in each for each in table.columns["note"]])

    found = shrink(space, parents, failing, fails)
    assert found.table.columns["note"].tolist() == ["a goud film"]


def test_values_of_another_type_are_undone_or_kept_as_they_are():
    space, parents, failing = mixed(age=[1, 1], note=["a", None], a=[1, 1], b=[0, 0])
    failing = failing.changed({"age": np.array(["1.0"], dtype=object)})

    def fails(table, _places):
        return np.array([isinstance(each, str) for each in table.columns["age"]])

    found = shrink(space, parents, failing, fails)
    assert found.table.columns["age"].tolist() == ["1.0"]
    assert found.table.columns["note"].tolist() == ["a"]


def test_a_spent_budget_leaves_what_was_found_so_far():
    left = [2]

    def fails(table, _places):
        if not left[0]:
            raise BudgetSpentError
        left[0] -= 1
        return matrix(table)[:, 7] == 1

    found = shrink(NUMBERS, numbers(np.zeros((1, 8))), numbers(np.ones((1, 8))), fails)
    assert not found.finished
    assert found.queries.tolist() == [2]
    assert matrix(found.table).tolist() == [[0, 0, 0, 0, 0, 0, 1, 1]]


def test_a_record_that_does_not_fail_any_more_stays_as_it_is():
    origins, failing = np.zeros((1, 8)), np.ones((1, 8))

    def fails(_table, places):
        return np.zeros(len(places), dtype=bool)

    found = shrink(NUMBERS, numbers(origins), numbers(failing), fails)
    assert (matrix(found.table) == failing).all()


@pytest.mark.parametrize("records", [0, 1])
def test_what_was_not_changed_is_not_asked_about(records):
    def fails(*_):
        raise AssertionError("there is nothing to ask about")

    same = numbers(np.zeros((records, 8)))
    found = shrink(NUMBERS, same, same, fails)
    assert not found.changed.any()


def test_an_embedding_that_became_something_else_is_undone():
    space = Space((Feature("face", Values.EMBEDDING, size=2), Feature("x", Values.NUMERIC)))
    parents = Table({"face": np.zeros((2, 2)), "x": np.zeros(2)})
    failing = Table({"face": np.array(["[0, 0]", None], dtype=object), "x": np.ones(2)})

    def fails(table, places):
        broken = np.array([isinstance(each, str) for each in table.columns["face"]])
        return np.where(places == 0, broken, table.columns["x"] > 0)

    found = shrink(space, parents, failing, fails)
    assert found.table.columns["face"].tolist() == ["[0, 0]", [0.0, 0.0]]
    assert found.table.columns["x"].tolist() == [0, 2**-8]
