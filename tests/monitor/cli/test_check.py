"""`driftd check` tells what is wrong, or what will be monitored."""

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import monitor
from monitor.cli import main
from monitor.config import load
from tests.monitor.cli.references import write_small_reference
from tests.monitor.config.files import changed, write


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def check(*options):
    return CliRunner().invoke(main, ["check", "-c", "driftd.yaml", *options])


def test_a_right_configuration_is_explained_and_nothing_is_created(tmp_path):
    path = write(
        tmp_path,
        changed(
            {
                "models.credit.records.segment": {"field": "country"},
                "models.credit.features.face": {"kind": "embedding", "size": 3},
            }
        ),
    )
    reference = write_small_reference(load(path).models["credit"], segments=["DE", "FR"])
    before = sorted(tmp_path.rglob("*"))
    result = check()
    assert result.exit_code == 0
    assert result.stderr == ""
    digest = result.stdout.rpartition("sha256:")[2].partition("…")[0]
    assert result.stdout.splitlines() == [
        "driftd.yaml: no problems",
        "  source: Kafka at localhost:9092, group driftd",
        "  state: state; HTTP: 127.0.0.1:9477",
        "  model credit: topic credit.predictions",
        "    features: 1 numeric, 1 categorical, 1 embedding; prediction: probability",
        "    blocks of 1m, closed 30s late; windows: block, 1h, 1d",
        "    segments: DE, FR, the rest",
        f"    reference: refs/credit.ref, 0 rows, sha256:{digest}…",
        "    budget: 1 page and 10 tickets in 30d, over all segments, features and windows; "
        "effects below 0.05 sd raise none",
        "    calibration: the reference has no time order: nothing pages for the first 14d while "
        "driftd learns the stream (warm_up)",
        *(
            f"    {whose} sees no shift of up to 2 sd within 1m, 1h or 1d, at 1,000 records a "
            "block (assumed), if they are independent of one another"
            for whose in ("segment DE", "segment FR", "the rest")
        ),
    ]
    assert reference in before
    assert sorted(tmp_path.rglob("*")) == before


def test_without_retests_neither_check_nor_the_daemon_imports_what_only_they_need(tmp_path):
    path = write(tmp_path, changed({}))
    write_small_reference(load(path).models["credit"])
    loaded = (
        "import sys; from click.testing import CliRunner; from monitor.cli import main; "
        "result = CliRunner().invoke(main, ['check', '-c', 'driftd.yaml']); "
        "assert 'no problems' in result.output, result.output; "
        "print('scipy.stats' in sys.modules); import monitor.daemon; print([name for name in "
        "sys.modules if name.startswith('detectors.robustness.perturbations')])"
    )
    where = os.environ | {"PYTHONPATH": str(Path(monitor.__file__).parents[1])}
    found = subprocess.run(
        [sys.executable, "-c", loaded], capture_output=True, text=True, check=True, env=where
    )
    assert found.stdout.splitlines() == ["False", "[]"]


def test_a_right_configuration_is_told_to_machines(tmp_path):
    path = write(tmp_path, changed({}))
    write_small_reference(load(path).models["credit"])
    result = check("--json")
    told = json.loads(result.stdout)
    assert (result.exit_code, told["file"], told["problems"]) == (0, "driftd.yaml", [])
    credit = told["models"]["credit"]
    counts = {"numeric": 1, "categorical": 1, "boolean": 0, "embedding": 0, "text": 0}
    assert credit["features"] == counts
    assert credit["reference"]["created"] == "2026-01-05T00:00:00Z"
    assert credit["segments"] is None
    (stream,) = credit["streams"]
    assert stream["page_threshold"] == pytest.approx(np.log(43_200))
    assert stream["smallest_shifts"]["1h"] == {"x": None, "prediction": None}


def test_a_reference_for_another_schema_is_told_with_the_command_that_mends_it(tmp_path):
    path = write(tmp_path, changed({}))
    model = load(path).models["credit"]
    write_small_reference(model, digest="3f2a0b0b0b0b0b0b")
    result = check()
    assert result.exit_code == 2
    assert result.stdout == ""
    assert result.stderr.splitlines() == [
        "driftd.yaml: 1 problem",
        "  models.credit.reference: refs/credit.ref was built for schema 3f2a…, this file "
        f"describes {model.schema.digest[:4]}…; rebuild it:",
        "    driftd reference build -c driftd.yaml credit 'data/train set.parquet'",
    ]


@pytest.mark.parametrize(
    ("segment", "told"),
    [
        ({"values": ["DE", "NL"]}, "segments DE, FR, this file lists DE, NL"),
        ({"most": 1}, "2 segments, this file allows 1"),
    ],
)
def test_a_reference_with_other_segments_is_told(tmp_path, segment, told):
    changes = {"models.credit.records.segment": {"field": "country", **segment}}
    path = write(tmp_path, changed(changes))
    write_small_reference(load(path).models["credit"], segments=["DE", "FR"])
    result = check()
    assert result.exit_code == 2
    assert f"refs/credit.ref was built for {told}; rebuild it:\n    driftd" in result.stderr


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"block": "5m"}, "blocks of 1m, this file has blocks of 5m"),
        ({"rows_per_block": 100}, "blocks of 1m, this file has blocks of 100 rows"),
    ],
)
def test_a_reference_that_is_calibrated_for_other_blocks_is_told(tmp_path, changes, told):
    path = write(tmp_path, changed({f"models.credit.{key}": changes[key] for key in changes}))
    write_small_reference(load(path).models["credit"], calibrated_for_ms=60_000)
    result = check()
    assert result.exit_code == 2
    assert f"refs/credit.ref was built for {told}; rebuild it:\n    driftd" in result.stderr


def test_a_reference_without_labels_is_told_where_there_are_some(tmp_path):
    labels = {"models.credit.labels": {"label": "truth.y"}, "models.credit.records.id": "id"}
    path = write(tmp_path, changed(labels))
    write_small_reference(load(path).models["credit"])
    result = check()
    assert result.exit_code == 2
    told = "records without labels, this file has some in 'truth.y'; its data must hold them"
    assert f"refs/credit.ref was built for {told}; rebuild it:\n    driftd" in result.stderr


def test_a_reference_without_a_calibration_is_for_blocks_of_any_length(tmp_path):
    path = write(tmp_path, changed({"models.credit.block": "5m"}))
    write_small_reference(load(path).models["credit"])
    assert check().exit_code == 0


def test_missing_references_and_rights_are_told_together(tmp_path):
    (tmp_path / "state").touch()
    write(tmp_path, changed({"quarantine": {"file": "dead"}}))
    result = check()
    assert result.exit_code == 2
    lines = result.stderr.splitlines()
    assert lines[0] == "driftd.yaml: 2 problems"
    assert lines[1] == "  state: state cannot be a folder: state is a file; name another one"
    assert lines[2].startswith("  models.credit.reference: refs/credit.ref: there is no such file")


def test_a_damaged_reference_is_told(tmp_path):
    path = write(tmp_path, changed({}))
    reference = write_small_reference(load(path).models["credit"])
    reference.write_bytes(reference.read_bytes()[:100])
    result = check()
    assert result.exit_code == 2
    assert "models.credit.reference: refs/credit.ref: " in result.stderr


def test_problems_are_told_to_machines_on_stdout(tmp_path):
    write(tmp_path, changed({"log.level": "loud"}))
    result = check("--json")
    assert (result.exit_code, result.stderr) == (2, "")
    assert json.loads(result.stdout) == {
        "file": "driftd.yaml",
        "problems": ["log.level: 'loud' is not a level; one of debug, info, warning, error"],
    }


def test_the_file_is_asked_for():
    result = CliRunner().invoke(main, ["check"])
    assert result.exit_code == 2
    assert "'-c' / '--config'" in result.stderr


def test_a_source_of_files_and_a_pattern_are_explained(tmp_path):
    (tmp_path / "log").mkdir()
    records = {
        "topic_pattern": "credit.*",
        "time": {"field": "ts", "unit": "ms"},
        "prediction": {"field": "y", "kind": "class"},
    }
    path = write(
        tmp_path,
        changed({"source": {"files": {"folder": "log"}}, "models.credit.records": records}),
    )
    write_small_reference(load(path).models["credit"])
    lines = check().stdout.splitlines()
    assert lines[1] == "  source: files in log"
    assert lines[3] == "  model credit: topics that match credit.*"
