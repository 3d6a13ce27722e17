import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.robustness.answers import Answers, Task
from detectors.robustness.perturbations.perturbation import PerturbationError
from detectors.robustness.relations import RELATIONS, Monotone, PermutationInvariant, valid
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table

NAN = np.nan
SPACE = Space(
    (
        Feature("income", Values.NUMERIC, low=0, high=10, scale=2.0),
        Feature("age", Values.NUMERIC, integer=True, high=90, scale=12.0, immutable=True),
        Feature("first", Values.CATEGORICAL),
        Feature("second", Values.CATEGORICAL),
        Feature("third", Values.CATEGORICAL),
    )
)
TWO = Task(("no", "yes"))
VALUE = Task()


def sample(**columns):
    kinds = {"income": float, "age": float}
    length = len(next(iter(columns.values())))
    table = {
        each.name: np.array(columns.get(each.name, [0] * length), kinds.get(each.name, object))
        for each in SPACE.features
    }
    return Sample(np.array([str(place) for place in range(length)], dtype=object), Table(table))


def follow_ups(relation, before, severity=1.0):
    return list(relation(before, SPACE, severity, np.random.default_rng(7)))


def chances(*positive):
    second = np.array(positive)
    table = np.column_stack([1 - second, second])
    return Answers(TWO.outcome(table), table)


def values(*outcomes):
    return Answers(np.array(outcomes, dtype=float), np.zeros((len(outcomes), 0)))


def test_a_feature_is_raised_by_sds_within_its_range():
    (found,) = follow_ups(Monotone(["income"]), sample(income=[1, 9, 10, 12, NAN]), severity=0.5)
    assert found.name == "income"
    assert list(found.places) == [0, 1]
    assert list(found.table.columns["income"]) == [2, 10]


def test_an_integer_is_raised_by_whole_steps_though_it_is_immutable():
    small, large = (
        follow_ups(Monotone(["age"]), sample(age=[30, 89, 90]), severity=severity)[0]
        for severity in (0.01, 0.2)
    )
    assert list(small.table.columns["age"]) == [31, 90]
    assert list(large.table.columns["age"]) == [32, 90]


def test_a_score_that_falls_as_the_feature_rises_breaks_monotony():
    before, after = chances(0.5, 0.5, 0.5, NAN), chances(0.4, 0.6, 0.5 - 1e-9, 0.1)
    assert list(Monotone(["income"]).violated(before, after, TWO)) == [True, False, False, False]
    rising = Monotone(["income"], score="not_rising")
    assert list(rising.violated(before, after, TWO)) == [False, True, False, False]
    assert list(valid(before, after)) == [True, True, True, False]


def test_monotony_is_told_of_values_and_of_bare_labels_too():
    relation = Monotone(["income"])
    assert list(relation.violated(values(1e9, 5), values(1e9 - 1, 4.9), VALUE)) == [False, True]
    assert list(relation.violated(values(1, 0, 0), values(0, 1, 0), TWO)) == [True, False, False]


def test_the_class_whose_score_counts_can_be_named():
    task = Task(("a", "b", "c"))
    before = Answers(np.zeros(1), np.array([[0.5, 0.3, 0.2]]))
    after = Answers(np.zeros(1), np.array([[0.6, 0.1, 0.3]]))
    for name, broken in [("a", False), ("b", True), ("c", False)]:
        assert Monotone(["income"], of_class=name).violated(before, after, task) == [broken]
    with pytest.raises(PerturbationError, match="3 classes; name one of a, b, c"):
        Monotone(["income"]).violated(before, after, task)
    with pytest.raises(PerturbationError, match="'d' is no class; one of a, b, c"):
        Monotone(["income"], of_class="d").violated(before, after, task)


@given(
    weight=st.floats(-3, 3),
    incomes=st.lists(st.floats(0, 10), min_size=1, max_size=20),
    severity=st.sampled_from(Monotone.severities),
)
@settings(max_examples=50, deadline=None)
def test_a_linear_model_breaks_monotony_exactly_where_its_weight_is_negative(
    weight, incomes, severity
):
    before = sample(income=[0.0, *incomes])
    (found,) = follow_ups(Monotone(["income"]), before, severity)
    moved = found.table.columns["income"] - before.table.columns["income"][found.places]
    source = values(*(weight * before.table.columns["income"][found.places]))
    follow = values(*(weight * found.table.columns["income"]))
    broken = Monotone(["income"]).violated(source, follow, VALUE)
    clear = np.abs(weight * moved) > 1e-4
    assert (broken[clear] == (weight < 0)).all()


@given(st.lists(st.tuples(*[st.sampled_from("abc")] * 3), min_size=1, max_size=20))
@settings(max_examples=50, deadline=None)
def test_a_set_in_another_order_holds_the_same_values(rows):
    rows = [*rows, ("a", "b", "c")]
    names = ("first", "second", "third")
    before = sample(**{name: [row[place] for row in rows] for place, name in enumerate(names)})
    relation = PermutationInvariant(names)
    try:
        (found,) = follow_ups(relation, before)
    except PerturbationError:
        return
    for place, *row in zip(
        found.places, *(found.table.columns[name] for name in names), strict=True
    ):
        assert sorted(row) == sorted(rows[place])
        assert tuple(row) != rows[place]


def test_another_answer_breaks_invariance():
    relation = PermutationInvariant(("first", "second"))
    assert list(relation.violated(values(1, 0, NAN), values(0, 0, 1), TWO)) == [True, False, False]
    near = Task(tolerance=0.5)
    assert list(relation.violated(values(1, 1), values(1.4, 1.6), near)) == [False, True]


def test_relations_that_say_nothing_are_refused():
    with pytest.raises(ValueError, match="a list of one or more"):
        Monotone([])
    with pytest.raises(ValueError, match="'up', not_falling or not_rising"):
        Monotone(["income"], score="up")
    with pytest.raises(ValueError, match="a list of two or more"):
        PermutationInvariant(["first", "first"])
    with pytest.raises(ValueError, match="severity: 0"):
        follow_ups(Monotone(["income"]), sample(income=[1]), severity=0)
    with pytest.raises(PerturbationError, match="no record has a value of income that can rise"):
        follow_ups(Monotone(["income"]), sample(income=[10]))
    with pytest.raises(PerturbationError, match="a set has values of one kind"):
        follow_ups(PermutationInvariant(("income", "first")), sample(income=[1]))
    with pytest.raises(PerturbationError, match="every record has one value in all of"):
        follow_ups(PermutationInvariant(("first", "second")), sample(first=["a"], second=["a"]))


def test_relations_are_found_by_name():
    assert set(RELATIONS) == {"monotone", "permutation_invariant", "batch_invariant"}
