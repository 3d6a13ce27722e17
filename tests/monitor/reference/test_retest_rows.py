"""Rows that re-tests caused are left out of a reference, and told."""

import json
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from monitor.decode import compile_decoder
from monitor.reference.build import build_reference
from monitor.reference.table import DataError
from monitor.schema import Kind, Marks
from monitor.sources.source import Chunk, Partition
from tests.monitor.reference.data import (
    a_schema,
    same_summary,
    write_csv,
    write_jsonl,
    write_parquet,
)

SCHEMA = replace(
    a_schema(x=Kind.NUMERIC), id=("id",), marks=Marks("driftd-retest-", ("meta", "retest"))
)
BY_ID_OR_FLAG = replace(SCHEMA, marks=Marks("driftd-retest-", ("retest",)))
ROWS = 2_000


def _traffic() -> pa.Table:
    """Rows of users, and behind them as many of re-tests that lie far from them."""
    rng = np.random.default_rng(3)
    ids = [f"user-{row}" for row in range(ROWS)] + [f"driftd-retest-1-{row}" for row in range(ROWS)]
    flags = [None if row % 2 else False for row in range(ROWS)] + [None] * ROWS
    ids[-1], flags[-1] = None, True
    x = np.concatenate([rng.normal(size=ROWS), np.full(ROWS, 1e6)])
    columns = {"x": x, "score": rng.random(2 * ROWS), "id": ids, "retest": pa.array(flags)}
    return pa.table(columns)


@pytest.mark.parametrize(
    ("write", "ending"), [(write_parquet, "parquet"), (write_csv, "csv"), (write_jsonl, "jsonl")]
)
def test_rows_with_the_id_or_the_field_of_retests_are_left_out_and_told(tmp_path, write, ending):
    table = _traffic()
    built = build_reference(BY_ID_OR_FLAG, [write(tmp_path / f"all.{ending}", table)])
    of_users = build_reference(
        BY_ID_OR_FLAG, [write(tmp_path / f"users.{ending}", table.slice(0, ROWS))]
    )
    assert built.total.records == ROWS
    assert same_summary(built.total, of_users.total)
    assert of_users.notes == ()
    assert built.notes == (
        "rows that re-tests caused (records.marks): 2,000; they are left out, as live ones are",
    )


def test_a_dictionary_of_ids_is_looked_at_too(tmp_path):
    table = _traffic()
    encoded = table.set_column(2, "id", table["id"].dictionary_encode())
    built = build_reference(BY_ID_OR_FLAG, [write_parquet(tmp_path / "data.parquet", encoded)])
    assert built.total.records == ROWS


def test_a_field_that_only_late_records_have_marks_them_too(tmp_path):
    users = [{"x": float(row % 7), "score": 0.5} for row in range(20_000)]
    retests = [{"x": 1e6, "score": 0.5, "meta": {"retest": "nightly"}}] * 10
    path = write_jsonl(tmp_path / "data.jsonl", [*users, *retests])
    assert build_reference(SCHEMA, [path]).total.records == 20_000


def test_data_without_ids_or_marks_are_taken_as_they_are(tmp_path):
    table = _traffic().select(["x", "score"])
    path = write_parquet(tmp_path / "data.parquet", table)
    assert build_reference(SCHEMA, [path]).total.records == 2 * ROWS


def test_data_of_retests_alone_are_refused(tmp_path):
    path = write_parquet(tmp_path / "data.parquet", _traffic().slice(ROWS))
    with pytest.raises(DataError, match=r"every row bears a mark of re-tests .*; build from what"):
        build_reference(BY_ID_OR_FLAG, [path])


ids = st.sampled_from(["user-1", "driftd-retest-1-1", "driftd-retest", 5, None, ["driftd-retest-"]])
metas = st.one_of(
    st.none(),
    st.booleans(),
    st.fixed_dictionaries({"retest": st.sampled_from([None, False, True, 0, "false", "", [], {}])}),
)
records = st.fixed_dictionaries(
    {"x": st.floats(-3, 3), "score": st.just(0.5)}, optional={"id": ids, "meta": metas}
)


@given(st.lists(records, max_size=20))
@settings(max_examples=100, deadline=None)
def test_the_decoder_and_the_build_agree_on_what_is_a_retest(tmp_path_factory, drawn):
    drawn = [{"x": 0.5, "score": 0.5, "id": "user-0"}, *drawn]
    path = write_jsonl(tmp_path_factory.mktemp("marks") / "records.jsonl", drawn)
    built = build_reference(SCHEMA, [path])
    values = [json.dumps(record).encode() for record in drawn]
    places = np.arange(len(values))
    chunk = Chunk(Partition("t", 0), values, places, np.zeros_like(places), len(values))
    batch = compile_decoder(SCHEMA, built.profile, ("",)).decode(chunk, 0)
    assert built.total.records == len(drawn) - batch.retests
