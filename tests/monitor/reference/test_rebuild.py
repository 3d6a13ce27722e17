"""A reference that is built anew replaces the old one whole, or not at all."""

import os
import time
from pathlib import Path

import pytest
import yaml

from monitor.config import ModelConfig, load
from monitor.reference.file import read_reference
from monitor.reference.rebuild import Rebuild
from monitor.retest.worker import NICENESS
from tests.e2e.small_model import FILES, build, configure, lines


@pytest.fixture
def config(tmp_path: Path) -> Path:
    """A configuration with its reference, and newer data to build from."""
    (tmp_path / "log").mkdir()
    (tmp_path / "new.jsonl").write_bytes(b"\n".join(lines(1_000, seed=9)))
    path = configure(tmp_path / "driftd.yaml", FILES, "t", model={"rebuild_from": "new.jsonl"})
    build(path)
    return path


def begin(config: Path, model: ModelConfig) -> Rebuild:
    return Rebuild(config, "m", model, config.parent / "said.log")


def outcome(rebuild: Rebuild) -> str:
    while (problem := rebuild.poll()) is None:
        time.sleep(0.02)
    return problem


def beside(config: Path) -> list[str]:
    return sorted(each.name for each in config.parent.iterdir() if "m.ref" in each.name)


def test_it_replaces_the_old_reference_and_leaves_nothing_beside_it(config):
    model = load(config).models["m"]
    old = read_reference(model.reference)
    (config.parent / "..m.ref.rebuilt.7.new").write_text("cut off")
    assert outcome(begin(config, model)) == ""
    new = read_reference(model.reference)
    assert (old.total.records, new.total.records) == (2_000, 1_000)
    assert beside(config) == ["m.ref"]


def test_one_that_does_not_fit_the_model_in_force_is_not_taken(config):
    model = load(config).models["m"]
    before = model.reference.read_bytes()
    document = yaml.safe_load(config.read_text())
    del document["models"]["m"]["features"]["b"]
    config.write_text(yaml.safe_dump(document))
    assert "what was built is for schema " in outcome(begin(config, model))
    assert model.reference.read_bytes() == before
    assert beside(config) == ["m.ref"]


def test_data_that_are_not_there_are_told(config):
    model = load(config).models["m"]
    (config.parent / "new.jsonl").unlink()
    assert "new.jsonl" in outcome(begin(config, model))


def test_it_yields_to_all_and_ends_when_told(config):
    model = load(config).models["m"]
    before = model.reference.read_bytes()
    rebuild = begin(config, model)
    process = rebuild._worker._process.pid
    while os.getpriority(os.PRIO_PROCESS, process) != NICENESS:
        time.sleep(0.005)
    rebuild.end()
    with pytest.raises(ProcessLookupError):
        os.kill(process, 0)
    assert model.reference.read_bytes() == before
