"""`driftd reference build` writes what `driftd reference show` tells."""

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from click.testing import CliRunner
from pyarrow import parquet

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
    assert cells["age"] == ["numeric", "34", "0.0%", "0.25", "0.15", "0.15", "18", "to", "90"]
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


@pytest.fixture
def _two_weeks(tmp_path):
    """Blocks of an hour, and data of two weeks with a time of day that income follows."""
    write(tmp_path, changed({"models.credit.block": "1h"}))
    rng = np.random.default_rng(1)
    hours = np.repeat(np.arange(336), 6)
    noon = np.cos(2 * np.pi * hours / 24)
    data = pa.table(
        {
            "when": pa.array(1_767_571_200_000 + hours * 3_600_000, pa.timestamp("ms", "UTC")),
            "income": rng.normal(size=len(hours)) + noon / 2,
            "plan": rng.choice(["pro", "free"], len(hours)),
            "score": rng.random(len(hours)),
        }
    )
    write_parquet(tmp_path / "weeks.parquet", data)


@pytest.mark.usefixtures("_two_weeks")
def test_a_calibration_its_check_and_what_it_can_see_are_told():
    result = build("credit", "weeks.parquet", "--time", "when")
    lines = result.stdout.splitlines()
    place = lines.index("calibrated on 14 days in blocks of 1h, 6 records a block")
    assert lines[place + 1] == (
        "  replaying the second half, 7 days, under the first half's calibration: "
        "0 pages, 0.23 were budgeted"
    )
    assert lines[place + 2].startswith("  inflation of the typical feature: block 1.")
    table = next(line for line in lines if line.startswith("feature"))
    assert table.split() == ["feature", "kind", "bins", "missing", "block", "1d", "values"]
    income = next(line.split() for line in lines if line.startswith("income"))
    assert income[4] == ">2"
    assert 0.2 < float(income[5]) < 1.5
    told = next(line for line in lines if line.startswith("Under block, 1d: "))
    assert told.endswith("in 4 of 5 cases (budget 1 page in 30d; 6 records a block).")
    assert driftd("reference", "show", "refs/credit.ref").stdout == result.stdout


@pytest.mark.usefixtures("_two_weeks")
def test_machines_get_the_calibration_too():
    told = json.loads(build("credit", "weeks.parquet", "--time", "when", "--json").stdout)
    calibration = told["calibration"]
    assert calibration["calibrated"] is True
    assert calibration["budget"] == {"pages": 1, "period": "30d", "blocks": 720}
    (part,) = calibration["parts"]
    assert part["records_per_block"] == 6
    assert part["replay"]["pages"] == 0
    assert part["replay"]["blocks"] == 168
    assert part["replay"]["budgeted"] == pytest.approx(168 / 720)
    assert set(part["inflation"]) == {"block", "1d"}
    assert set(part["smallest_shifts"]["1d"]) == {"income", "prediction"}


@pytest.mark.usefixtures("_two_weeks")
def test_a_stream_that_wanders_too_far_is_said_to_hide_drift():
    build("credit", "weeks.parquet", "--time", "when")
    told = driftd("reference", "show", "refs/credit.ref", "--traffic", "1").stdout
    assert "1 record a block (assumed, see --traffic)" in told
    notes = told[told.index("Worth knowing:") :]
    assert "  this reference cannot tell drift below " in notes
    assert " sd in `income`" in notes
    assert " within 1d: the means of such windows vary " in notes


@pytest.mark.usefixtures("_two_weeks")
def test_a_replay_that_pages_too_often_is_worth_knowing(tmp_path):
    weeks = parquet.read_table(tmp_path / "weeks.parquet")
    rng = np.random.default_rng(7)
    scores = rng.random(len(weeks)) / 2 + np.where(
        np.arange(len(weeks)) < len(weeks) * 0.75, 0, 0.5
    )
    write_parquet(tmp_path / "jump.parquet", weeks.set_column(3, "score", pa.array(scores)))
    told = build("credit", "jump.parquet", "--time", "when").stdout
    assert re.search(
        r"  the replay raised \d+ pages, 0.23 were budgeted: only more evidence than its highest, "
        r"\d+\.\d nats, will page there;",
        told,
    )


@pytest.mark.usefixtures("_two_weeks")
def test_without_a_time_what_is_seen_is_told_for_the_traffic_that_is_named():
    told = build("credit", "weeks.parquet", "--traffic", "250").stdout
    assert "\ncalibrated no\n" in told
    assert "250 records a block (assumed, see --traffic), if records are independent" in told
    assert "1,000 records a block (assumed, see" in build("credit", "weeks.parquet").stdout


@pytest.mark.usefixtures("_two_weeks")
def test_the_time_of_the_configuration_is_used_if_the_data_have_it(tmp_path):
    field = {"field": "event.when", "unit": "ms"}
    write(tmp_path, changed({"models.credit.block": "1h", "models.credit.records.time": field}))
    assert "calibrated on 14 days" in build("credit", "weeks.parquet").stdout
    assert "\ncalibrated no\n" in build("credit", "train.parquet").stdout


@pytest.mark.usefixtures("_two_weeks")
def test_segments_are_calibrated_one_by_one(tmp_path):
    segment = {"field": "plan", "values": ["pro"]}
    write(tmp_path, changed({
        "models.credit.block": "1h",
        "models.credit.records.segment": segment,
        "models.credit.features": {"income": "numeric"},
    }))  # fmt: skip
    lines = build("credit", "weeks.parquet", "--time", "when").stdout.splitlines()
    found = {line.split(":")[0].strip(): line for line in lines if line.startswith("  ")}
    # Half of the budget each, but for the hours in which one of them had no record.
    for name in ("segment pro", "the rest"):
        assert "records a block; 0 pages, 0.11 were budgeted; inflation block" in found[name]


@pytest.mark.usefixtures("_two_weeks")
def test_blocks_of_rows_need_no_time(tmp_path):
    write(tmp_path, changed({"models.credit.rows_per_block": 10}))
    told = build("credit", "weeks.parquet").stdout
    assert "calibrated on the order of the rows in blocks of 10 rows, 9.98 records a block" in told
    assert "replaying the second half, 101 blocks, under" in told
    wrong = build("credit", "weeks.parquet", "--time", "when")
    assert wrong.exit_code == 2
    assert "model credit has blocks of rows (rows_per_block)" in wrong.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (["credit", "train.csv", "--time", "when"], "train.csv: no column when; there are: age, "),
        (["credit", "train.csv", "--traffic", "0"], "0 is not in the range x>0"),
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


@pytest.fixture
def _labels(tmp_path):
    """Half of the rows of two weeks have a label, which is positive as often as the score says."""
    write(
        tmp_path,
        changed(
            {
                "models.credit.block": "1h",
                "models.credit.records.id": "id",
                "models.credit.labels": {"label": "outcome.y"},
            }
        ),
    )
    weeks = parquet.read_table(tmp_path / "weeks.parquet")
    rng = np.random.default_rng(3)
    happened = rng.random(len(weeks)) < weeks["score"].to_numpy()
    labels = pa.array(happened, mask=np.arange(len(weeks)) % 2 == 1)
    write_parquet(tmp_path / "labelled.parquet", weeks.append_column("y", labels))


@pytest.mark.usefixtures("_two_weeks", "_labels")
def test_the_performance_of_a_labelled_reference_is_told():
    result = build("credit", "labelled.parquet", "--time", "when")
    lines = result.stdout.splitlines()
    place = lines.index("labels   of 1,008 rows")
    accuracy = re.match(
        r"  accuracy (0\.\d+) \((0\.\d+) to (0\.\d+)\), precision ", lines[place + 1]
    )
    value, low, high = map(float, accuracy.groups())
    # A calibrated model of uniform scores is right in 3 of 4 cases; sd sqrt(0.19 / 1008) = 0.014.
    assert value == pytest.approx(0.75, abs=0.05)
    assert low < value < high
    assert lines[place + 2].startswith(
        "  estimated before labels come by confidence-based performance estimation, whose errors "
    )
    assert lines[place + 3] == "  errors calibrated"
    assert any("rows without a usable label: 1,008;" in line for line in lines)
    assert driftd("reference", "show", "refs/credit.ref").stdout == result.stdout


@pytest.mark.usefixtures("_two_weeks", "_labels")
def test_machines_get_the_performance_too():
    told = json.loads(build("credit", "labelled.parquet", "--time", "when", "--json").stdout)
    performance = told["performance"]
    assert performance["labelled"] == 1_008
    assert performance["estimate"]["method"] == "confidence-based performance estimation"
    assert performance["estimate"]["dispersion"] >= 1
    value, low, high = performance["measures"]["roc_auc"]
    assert low < value < high
    (part,) = performance["parts"]
    assert part["errors_calibrated"] is True
    assert part["error_replay"]["pages"] == 0


@pytest.mark.usefixtures("_two_weeks", "_labels")
def test_a_reference_without_labels_says_so():
    told = build("credit", "weeks.parquet", "--time", "when").stdout
    assert "\nlabels   none\n" in told
    assert "  no column outcome.y: performance is not compared and not estimated" in told
