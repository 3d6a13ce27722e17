"""`driftd reference build` writes what `driftd reference show` tells."""

import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner

import monitor
from monitor.cli import main
from monitor.config import load
from monitor.reference.file import read_reference
from tests.monitor.config.files import changed, write
from tests.monitor.reference.data import write_csv, write_parquet

ROWS = 2_000


@pytest.fixture(autouse=True)
def _a_configuration_and_data(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(
        tmp_path,
        changed(
            {
                "models.credit.records.segment": {"field": "country", "most": 1},
                "models.credit.features.age": {"kind": "numeric", "range": [0, 80]},
                "models.credit.features.face": {"kind": "embedding", "size": 2},
            }
        ),
    )
    rng = np.random.default_rng(0)
    data = pa.table(
        {
            "income": pa.array(rng.normal(size=ROWS), mask=rng.random(ROWS) < 0.25),
            "age": np.linspace(18, 90, ROWS),
            "plan": rng.choice(["pro", "free", "[bold]"], ROWS),
            "face": pa.array(rng.normal(size=(ROWS, 2)).tolist()),
            "score": rng.random(ROWS),
            "country": ["DE"] * 1_500 + ["FR"] * 500,
        }
    )
    write_parquet(tmp_path / "train.parquet", data)
    write_csv(tmp_path / "train.csv", data)


def driftd(*arguments):
    return CliRunner().invoke(main, list(arguments))


def build(*arguments):
    return driftd("reference", "build", "-c", "driftd.yaml", *arguments)


def test_building_writes_the_reference_that_the_configuration_names(tmp_path):
    result = build("credit", "train.parquet")
    assert result.exit_code == 0
    assert result.stderr == "wrote refs/credit.ref\n"
    reference = read_reference(tmp_path / "refs" / "credit.ref")
    assert reference.total.records == ROWS
    assert list(reference.segments) == ["DE"]
    assert reference.schema_digest == load(tmp_path / "driftd.yaml").models["credit"].schema.digest
    assert reference.source == "train.parquet"
    assert reference.created.startswith("20")


def test_what_was_built_is_told_in_a_table_and_in_words():
    lines = build("credit", "train.parquet").stdout.splitlines()
    assert lines[0] == "2,000 rows from train.parquet"
    assert "segments DE 1,500, the rest 500" in lines
    cells = {line.split()[0]: line.split()[1:] for line in lines if line}
    assert cells["age"] == ["numeric", "34", "0.0%", "0.26", "0.16", "0.16", "18", "to", "90"]
    assert cells["plan"][:6] == ["categorical", "3", "0.0%", "-", "-", "-"]
    assert sorted(each.strip(",") for each in cells["plan"][6:]) == ["[bold]", "free", "pro"]
    assert cells["face"] == ["embedding", "-", "0.0%", "-", "-", "-", "-"]
    notes = lines[lines.index("Worth knowing:") + 1 :]
    assert notes[0].startswith("  no time order: nothing pages for the first 14d (warm_up) while")
    assert notes[1] == "  rows of other segments, which share one stream: 500"
    assert notes[2].startswith(
        "  age: values outside the configured range [0, 80]: 278 (all go from 18 to 90)"
    )


def test_show_tells_the_same_as_build():
    built = build("credit", "train.parquet")
    assert driftd("reference", "show", "refs/credit.ref").stdout == built.stdout


def test_machines_get_json_from_both():
    built = json.loads(build("credit", "train.parquet", "--json").stdout)
    shown = json.loads(driftd("reference", "show", "refs/credit.ref", "--json").stdout)
    assert built == {**shown, "replaced": False}
    assert shown["rows"] == ROWS
    assert shown["segments"] == {"DE": 1_500}
    assert shown["rest"] == 500
    features = {each["name"]: each for each in shown["features"]}
    assert features["income"]["missing"] == pytest.approx(0.25, abs=0.03)
    assert features["age"]["range"] == [18, 90]
    assert set(features["plan"]["levels"]) == {"pro", "free", "[bold]"}
    assert features["prediction"]["column"] == "score"


def test_a_reference_is_replaced_and_that_is_said():
    build("credit", "train.parquet")
    again = build("credit", "train.csv")
    assert again.stderr == "wrote refs/credit.ref, in place of the old one\n"
    assert json.loads(build("credit", "train.csv", "--json").stdout)["replaced"] is True


def test_out_names_another_file_and_globs_are_data(tmp_path):
    result = build("credit", "train.*", "--out", "other/a.ref")
    assert result.exit_code == 0
    assert read_reference(tmp_path / "other" / "a.ref").total.records == 2 * ROWS
    assert not (tmp_path / "refs").exists()


def test_check_accepts_what_was_built():
    build("credit", "train.parquet")
    result = driftd("check", "-c", "driftd.yaml")
    assert result.exit_code == 0, result.stderr
    assert "refs/credit.ref, 2000 rows" in result.stdout


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["debit", "train.parquet"], "'debit' is no model of driftd.yaml, which has: credit"),
        (["credit", "gone.csv"], "gone.csv: there is no such file"),
        (["credit", "driftd.yaml"], "the format is told by the name's end"),
        (["credit"], "Missing argument 'DATA...'"),
    ],
)
def test_wrong_use_exits_with_2_and_the_mend(tmp_path, arguments, problem):
    result = build(*arguments)
    assert result.exit_code == 2
    assert problem in result.stderr
    assert not (tmp_path / "refs").exists()


def test_showing_what_is_no_reference_exits_with_2():
    result = driftd("reference", "show", "train.csv")
    assert result.exit_code == 2
    assert result.stderr.startswith("train.csv: is no file of driftd")


def test_help_needs_none_of_the_heavy_modules():
    loaded = (
        "import sys; from click.testing import CliRunner; from monitor.cli import main; "
        "result = CliRunner().invoke(main, ['reference', 'build', '--help']); "
        "assert 'Example' in result.output; "
        "print(sorted({'pyarrow', 'scipy', 'numpy', 'rich', 'pydantic'} & set(sys.modules)))"
    )
    found = subprocess.run(
        [sys.executable, "-c", loaded],
        capture_output=True,
        text=True,
        check=True,
        cwd=Path(monitor.__file__).parents[1],
    )
    assert found.stdout == "[]\n"
