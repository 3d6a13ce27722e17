"""Columns are found where they lie, and damaged or foreign data are refused with a reason."""

import pyarrow as pa
import pytest
from pyarrow import parquet

from detectors.prediction_kind import PredictionKind
from monitor.reference.build import build_reference
from monitor.reference.data_files import open_tables
from monitor.reference.table import DataError
from monitor.schema import Field, Kind, Prediction
from tests.monitor.reference.data import MIXED, a_schema, mixed_table, write_jsonl, write_parquet

NESTED = a_schema(
    Prediction(("answer", "score"), PredictionKind.REGRESSION),
    income=Field("income", ("features", "income"), Kind.NUMERIC),
)


@pytest.mark.parametrize(
    "columns",
    [
        {"features.income": [1.0, 2.0], "answer.score": [0.1, 0.2]},
        {
            "features": [{"income": 1.0}, {"income": 2.0}],
            "answer": [{"score": 0.1}, {"score": 0.2}],
        },
        {"income": [1.0, 2.0], "prediction": [0.1, 0.2]},
        {"income": [1.0, 2.0], "score": [0.1, 0.2]},
    ],
    ids=["dotted", "nested", "named", "last key"],
)
@pytest.mark.parametrize("write", [write_parquet, write_jsonl])
def test_a_field_is_found_by_dotted_path_nesting_name_or_last_key(tmp_path, columns, write):
    suffix = "parquet" if write is write_parquet else "jsonl"
    path = write(tmp_path / f"a.{suffix}", pa.table(columns))
    total = build_reference(NESTED, [path]).total
    assert (total.low.tolist(), total.high.tolist()) == ([1.0, 0.1], [2.0, 0.2])


def test_missing_objects_make_missing_values(tmp_path):
    records = [
        {"features": {"income": 1.0}, "answer": {"score": 0.1}},
        {"features": None, "answer": {"score": 0.1}},
        {"features": [3.0], "answer": {"score": 0.1}},
        {"answer": {"score": 0.1}},
        {"features": {"income": None}, "answer": {"score": 0.1}},
    ]
    total = build_reference(NESTED, [write_jsonl(tmp_path / "a.jsonl", records)]).total
    assert total.missing.tolist() == [4, 0]
    structs = pa.table({"features": [{"income": 1.0}, None], "score": [0.1, 0.2]})
    total = build_reference(NESTED, [write_parquet(tmp_path / "a.parquet", structs)]).total
    assert total.missing.tolist() == [1, 0]


def test_a_missing_column_is_told_with_those_that_are_there(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", pa.table({"salary": [1.0], "y": [0.1]}))
    with pytest.raises(
        DataError,
        match=r"a\.parquet: no column for income \(features\.income\), prediction "
        r"\(answer\.score\); there are: salary, y$",
    ):
        build_reference(NESTED, [path])


def test_a_column_that_is_there_twice_is_an_error(tmp_path):
    path = tmp_path / "a.csv"
    path.write_text("income,income,score\n1,2,0.5\n")
    with pytest.raises(DataError, match="more than one column is named income"):
        build_reference(NESTED, [path])


def test_folders_and_globs_name_their_files_once_and_in_order(tmp_path):
    for name in ("b.csv", "a.parquet", "sub/c.jsonl", "_SUCCESS.csv", ".hidden.csv", "readme.txt"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    found = [table.path for table in open_tables([tmp_path, tmp_path / "*.csv"])]
    assert found == [tmp_path / "a.parquet", tmp_path / "b.csv", tmp_path / "sub/c.jsonl"]


def test_relative_globs_are_looked_up_from_here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write_parquet(tmp_path / "a.parquet", mixed_table(5))
    assert [table.path for table in open_tables([path.relative_to(tmp_path).with_stem("*")])]


@pytest.mark.parametrize("given", ["gone.csv", "*.csv", "empty"])
def test_a_path_that_names_nothing_is_an_error(tmp_path, given):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="there is no such file, and no data file that it names"):
        open_tables([tmp_path / given])


def test_a_file_of_an_unknown_format_is_an_error(tmp_path):
    path = tmp_path / "a.xlsx"
    path.touch()
    with pytest.raises(DataError, match=r"none of \.csv, \.jsonl, \.ndjson, \.parquet"):
        open_tables([path])


@pytest.mark.parametrize(
    ("name", "content", "problem"),
    [
        ("a.csv", b"", "no column for income"),
        ("a.csv", b"income,score\n1,0.5\n2\n", "Expected 2 columns, got 1"),
        ("a.csv", b"income,score\n1,0.5\n\xff,0.5\n", "invalid UTF8"),
        ("a.csv", b"x" * 200_000, "the header cannot be read"),
        ("a.csv", b'income,score\n"1,0.5\n' + b"2,0.5\n" * 900_000, "a quote is never closed"),
        ("a.parquet", b"income,score\n1,0.5\n", "is no sound Parquet file"),
        ("a.jsonl", b'{"income":1,"score":0.5}\n{"income":1,\n', "line 2 is no JSON object"),
        ("a.jsonl", b'{"income":1,"score":0.5}\n\n[1]\n', r"line 3 is no JSON object: it is \[1\]"),
    ],
)
def test_damaged_data_are_refused_with_where_and_why(tmp_path, name, content, problem):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DataError, match=rf"{path}: .*{problem}"):
        build_reference(NESTED, [path])


def test_a_truncated_parquet_file_is_refused(tmp_path):
    path = write_parquet(tmp_path / "a.parquet", mixed_table(500))
    content = bytearray(path.read_bytes())
    content[40:4_000] = bytes(3_960)
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"a\.parquet: cannot be read"):
        build_reference(MIXED, [path])


def test_json_with_nan_and_infinity_is_read_as_live_records_are(tmp_path):
    path = tmp_path / "a.jsonl"
    path.write_text('{"income": NaN, "score": 0.1}\n{"income": -Infinity, "score": 0.2}\n')
    total = build_reference(NESTED, [path]).total
    assert total.invalid.tolist() == [2, 0]


def test_parquet_of_pandas_categories_and_large_strings_is_read(tmp_path):
    table = pa.table(
        {
            "c": pa.array(["a", "b", "a"]).dictionary_encode(),
            "d": pa.array(["x", None, "x"], pa.large_string()),
            "score": [0.1, 0.2, 0.3],
        }
    )
    parquet.write_table(table, tmp_path / "a.parquet")
    schema = a_schema(c=Kind.CATEGORICAL, d=Kind.CATEGORICAL)
    reference = build_reference(schema, [tmp_path / "a.parquet"])
    assert reference.profile.levels == (("a", "b"), ("x",))
    assert reference.total.missing.tolist() == [0, 0, 1]
