import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.testing import assert_array_equal

from detectors.robustness.edge_cases import (
    CORNERS,
    EdgeCase,
    as_table,
    from_json,
    generate,
    to_json,
)
from detectors.robustness.space import Feature, Space, Values
from detectors.robustness.table import Sample, Table

SPACE = Space(
    (
        Feature("income", Values.NUMERIC, low=0.5, high=10, scale=2.0),
        Feature("age", Values.NUMERIC, integer=True, low=0, high=90, scale=12.0, immutable=True),
        Feature("plan", Values.CATEGORICAL, levels=("free", "pro")),
        Feature("land", Values.CATEGORICAL, levels=("DE", "FR", "AT")),
        Feature("vip", Values.BOOLEAN),
        Feature("note", Values.TEXT),
        Feature("face", Values.EMBEDDING, low=0, high=1, size=2),
        Feature("car", Values.NUMERIC, low=0, high=1, group="travel"),
        Feature("bike", Values.NUMERIC, low=0, high=1, group="travel"),
    )
)


def sample(rows=60, seed=7):
    rng = np.random.default_rng(seed)
    plans = np.array(["free", "pro"], dtype=object)[rng.integers(2, size=rows)]
    lands = np.array(["DE", "FR", "AT"], dtype=object)[rng.integers(3, size=rows)]
    # Nobody in France has the plan pro, though both are frequent.
    plans[lands == "FR"] = "free"
    car = rng.integers(2, size=rows).astype(float)
    columns = {
        "income": rng.uniform(1, 9, rows),
        "age": rng.integers(18, 80, rows).astype(float),
        "plan": plans,
        "land": lands,
        "vip": np.array([True, False], dtype=object)[rng.integers(2, size=rows)],
        "note": np.array(["so", None], dtype=object)[rng.integers(2, size=rows)],
        "face": rng.random((rows, 2)),
        "car": car,
        "bike": 1 - car,
    }
    ids = np.array([f"r{place}" for place in range(rows)], dtype=object)
    return Sample(ids, Table(columns))


def made(seed=7, odd=None):
    return generate(SPACE, sample(), np.random.default_rng(seed), odd)


def with_words(cases, words):
    return [each for each in cases if words in each.what]


@given(st.integers(0, 50))
@settings(max_examples=10, deadline=None)
def test_the_same_sample_and_seed_give_the_same_cases_with_ids_of_their_own(seed):
    cases = made(seed)
    assert [each.id for each in cases] == [each.id for each in made(seed)]
    assert len({each.id for each in cases}) == len(cases)


def test_cases_are_replayed_from_json_to_the_bit():
    odd = sample(3, seed=1)
    odd = replace(odd, table=odd.table.changed({"age": np.array([1e999, "x", 3], dtype=object)}))
    cases = made(odd=odd)
    again = from_json(to_json(cases))
    assert again == cases
    assert [each.id for each in again] == [each.id for each in cases]
    assert any(str(each.values["income"]) == "-0.0" for each in again)


def test_a_set_whose_values_were_changed_is_refused():
    told = json.loads(to_json(made()[:2]))
    told[1]["values"]["income"] = 3.25
    with pytest.raises(ValueError, match="edge case 1: its values are not those of 'edge-"):
        from_json(json.dumps(told))
    with pytest.raises(ValueError, match="edge case 0 cannot be read"):
        from_json('[{"id": "edge-1"}]')


def test_every_end_of_every_range_and_what_is_beyond_is_there():
    found = {each.what: (each.values, each.expect_answer) for each in made()}
    for what, name, value, expected in [
        ("income at its lowest", "income", 0.5, True),
        ("income just below its lowest", "income", -1.5, False),
        ("age at its highest", "age", 90, True),
        ("age just above its highest", "age", 91, False),
        ("income is 0", "income", 0.0, False),
        ("age is 0", "age", 0.0, True),
        ("plan is a level never seen", "plan", "never seen before", False),
        ("vip is missing", "vip", None, False),
        ("note is empty", "note", "", True),
        ("face has all numbers at their highest", "face", [1.0, 1.0], True),
    ]:
        values, answer = found[what]
        assert (values[name], answer) == (value, expected), what
    values, answer = found["no column of travel is 1"]
    assert (values["car"], values["bike"], answer) == (0, 0, False)


def test_all_but_the_odd_values_are_the_parents():
    before = sample()
    parents = {name: place for place, name in enumerate(before.ids)}
    for case in with_words(made(), "income is"):
        place = parents[case.parent]
        assert case.values["age"] == before.table.columns["age"][place]
        assert case.values["face"] == before.table.columns["face"][place].tolist()


def test_corners_have_every_number_at_an_end():
    corners = [each for each in made() if "at the " in each.what]
    assert 2 < len(corners) <= CORNERS
    ends = {(each.values["income"], each.values["age"]) for each in corners}
    assert ends == {(low, high) for low in (0.5, 10) for high in (0, 90)}
    assert all(each.expect_answer for each in corners)
    assert corners[0].what == "income, age at the lowest"


def test_categories_that_never_meet_come_first():
    pairs = with_words(made(), "records have")
    first = pairs[0]
    assert (first.values["plan"], first.values["land"]) == ("pro", "FR")
    assert first.what == "plan is 'pro' and land is 'FR', which 0 of 60 records have"
    assert first.expect_answer


def test_odd_records_come_as_they_are_and_with_neighbours():
    odd = sample(2, seed=1)
    broken = np.array(["much", 7.0], dtype=object)
    odd = replace(odd, table=odd.table.changed({"income": broken}))
    cases = made(odd=odd)
    came = with_words(cases, "as it came")
    assert [each.values["income"] for each in came] == ["much", 7.0]
    near = with_words(cases, "near an odd")
    assert len(near) == 4
    for case in near:
        parent = next(each for each in came if each.parent == case.parent)
        assert case.values["income"] == parent.values["income"]
        assert case.values["age"] == parent.values["age"], "age is immutable"
        moved = np.subtract(case.values["face"], parent.values["face"])
        assert 0 < np.abs(moved).max() < 0.5


def test_cases_become_a_table_in_the_types_of_the_sample():
    cases = [each for each in made() if each.expect_answer]
    table = as_table(SPACE, cases)
    for name, column in sample().table.columns.items():
        assert table.columns[name].dtype == column.dtype
        assert table.columns[name].shape[1:] == column.shape[1:]
    place = next(at for at, each in enumerate(cases) if each.what == "face is of zeros")
    assert_array_equal(table.columns["face"][place], [0, 0])


def test_values_of_another_type_are_kept_as_they_are():
    record = made()[0].values
    values = ["x", 2**53 + 1, True, None]
    cases = [EdgeCase({**record, "income": each}, "", "odd", False) for each in values]
    assert as_table(SPACE, cases).columns["income"].tolist() == values


def test_a_sample_without_a_record_is_refused():
    with pytest.raises(ValueError, match="the sample has no record"):
        generate(SPACE, sample().take(np.array([], dtype=int)), np.random.default_rng(7))
