"""Texts are in the records for re-tests to change; nothing else looks at them."""

import json
from dataclasses import asdict, replace

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from numpy.testing import assert_equal

from monitor.cli import main
from monitor.config import load
from monitor.decode import compile_decoder
from monitor.schema import Field, Kind
from tests.monitor.cli.references import write_small_reference
from tests.monitor.config.files import changed, write
from tests.monitor.decode.raw_records import NOW_MS, chunk_of
from tests.monitor.decode.schemas import CREDIT, SEGMENTS, profile_for
from tests.monitor.reference.data import MIXED, build_from, mixed_table, same_summary

NOTE = Field("note", ("features", "note"), Kind.TEXT)
PROFILE = profile_for(CREDIT)


@pytest.mark.parametrize("note", ["so be it", "é" * 20_000, 7, None, ["a"], {"a": 1}, "\ud800"])
def test_a_record_decodes_as_it_would_without_its_text(note):
    schema = replace(CREDIT, features=(NOTE, *CREDIT.features))
    features = {"note": note, "income": 0.5, "plan": "pro", "age": 30, "vip": 1, "vector": [1, 2]}
    record = {"id": "a", "ts": NOW_MS, "score": 0.5, "country": "DE", "features": features}
    found, wanted = (
        compile_decoder(each, PROFILE, SEGMENTS).decode(
            chunk_of([json.dumps(record).encode()], None), NOW_MS
        )
        for each in (schema, CREDIT)
    )
    assert len(found) == 1
    assert_equal(asdict(found), asdict(wanted))


@pytest.mark.parametrize("told", [True, False], ids=["told", "left out"])
def test_a_reference_is_the_same_with_texts_or_without(tmp_path, told):
    table = dict(zip(mixed_table(200).column_names, mixed_table(200).columns, strict=True))
    notes = pa.array(np.random.default_rng(7).permutation(200).astype(str))
    note = Field("note", ("note",), Kind.TEXT)
    schema = replace(MIXED, features=(note, *MIXED.features))
    wanted = build_from(tmp_path, MIXED, table)
    found = build_from(tmp_path, schema, table | ({"note": notes} if told else {}))
    assert found.schema_digest == wanted.schema_digest
    assert found.columns == wanted.columns
    assert same_summary(found.total, wanted.total)


def test_check_says_that_texts_are_not_monitored(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = write(tmp_path, changed({"models.credit.features.note": "text"}))
    write_small_reference(load(path).models["credit"])
    result = CliRunner().invoke(main, ["check", "-c", "driftd.yaml"])
    assert result.exit_code == 0, result.output
    assert "features: 1 numeric, 1 categorical, 1 text (not monitored, for re-tests);" in (
        result.stdout
    )


def test_a_text_may_come_and_go_without_another_reference(tmp_path):
    without = load(write(tmp_path, changed({}))).models["credit"].schema.digest
    path = write(tmp_path, changed({"models.credit.features.note": "text"}))
    assert load(path).models["credit"].schema.digest == without
