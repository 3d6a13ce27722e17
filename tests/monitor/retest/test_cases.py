import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from detectors.robustness.perturbations.perturbation import LabelRule
from monitor.retest.cases import Case, CaseKind, write_cases


def a_case(**changes) -> Case:
    """Return a record whose income was changed, and whose answer changed with it."""
    told = {
        "run": "20260105T030000-1a2b",
        "trial": "gaussian_noise at 0.1 sd",
        "parent_id": "a1",
        "label": "yes",
        "label_rule": LabelRule.KEPT,
        "severity": 0.1,
        "perturbation": "gaussian_noise",
        "variant": "",
        "answer": "no",
        "expected": "yes",
        "features": {"income": 5200.5, "age": 41, "plan": "pro", "member": True},
        "changed": ("income",),
    }
    return Case(**(told | changes))


def read(path, cases) -> pa.Table:
    write_cases(path, cases)
    return parquet.read_table(path)


def test_a_case_is_a_row_ready_to_learn_from(tmp_path):
    (row,) = read(tmp_path / "cases.parquet", [a_case()]).to_pylist()
    assert (row["income"], row["age"], row["plan"], row["member"]) == (5200.5, 41, "pro", True)
    assert (row["retest_parent_id"], row["retest_label"]) == ("a1", "yes")
    assert (row["retest_label_rule"], row["retest_severity"]) == ("kept", 0.1)
    assert (row["retest_answer"], row["retest_expected"]) == ("no", "yes")
    assert (row["retest_changed"], row["retest_kind"]) == (["income"], "failing")


def test_values_of_numpy_and_missing_ones_are_written_as_they_are(tmp_path):
    features = {"income": np.float64(1.5), "age": None, "face": np.array([0.5, 0.25])}
    cases = [a_case(features=features), a_case(features={"age": np.int64(3)})]
    table = read(tmp_path / "cases.parquet", cases)
    assert table["age"].to_pylist() == [None, 3]
    assert table["income"].to_pylist() == [1.5, None]
    assert table["face"].to_pylist() == [[0.5, 0.25], None]
    assert table.schema.field("age").type == pa.int64()


def test_a_column_of_several_types_holds_json(tmp_path):
    cases = [a_case(features={"age": value}) for value in (41, "41", 2**53 + 1, None)]
    table = read(tmp_path / "cases.parquet", cases)
    assert table.schema.field("age").metadata == {b"driftd": b"json"}
    told = table["age"].to_pylist()
    assert [None if each is None else json.loads(each) for each in told] == [
        41,
        "41",
        2**53 + 1,
        None,
    ]


@pytest.mark.parametrize("kind", list(CaseKind))
def test_a_case_tells_why_it_is_kept(tmp_path, kind):
    table = read(tmp_path / "cases.parquet", [a_case(kind=kind, parent_id="")])
    assert table["retest_kind"].to_pylist() == [str(kind)]


@given(
    st.lists(
        st.one_of(
            st.none(),
            st.booleans(),
            st.integers(),
            st.floats(allow_nan=False),
            st.text(st.characters(codec=None)),
        ),
        min_size=1,
        max_size=5,
    )
)
def test_whatever_was_sent_can_be_written(tmp_path_factory, values):
    path = tmp_path_factory.getbasetemp() / "any.parquet"
    cases = [a_case(features={"any": value}, answer=value, label=value) for value in values]
    table = read(path, cases)
    assert table.num_rows == len(values)
    assert [each is None for each in table["any"].to_pylist()] == [each is None for each in values]


def test_a_feature_with_the_name_of_a_column_about_the_case_is_refused(tmp_path):
    with pytest.raises(ValueError, match="'retest_run' has the name of a column about the case"):
        write_cases(tmp_path / "cases.parquet", [a_case(features={"retest_run": 1})])


def test_a_file_replaces_an_older_one_whole(tmp_path):
    read(tmp_path / "cases.parquet", [a_case(), a_case()])
    assert read(tmp_path / "cases.parquet", []).num_rows == 0
    assert [each.name for each in tmp_path.iterdir()] == ["cases.parquet"]
