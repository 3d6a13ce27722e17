from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.prediction_kind import PredictionKind
from monitor.config import ConfigError, KafkaConfig, Window, load
from monitor.config.load import pack, unpack
from monitor.config.model import TIME_KEYS
from monitor.schema import Field, Kind, Marks, Prediction, Schema, TimeField, TimeUnit
from tests.monitor.config.files import REMOVED, changed, settings_with, write

DEPLOYED = Path(__file__).parents[3] / "deploy" / "driftd.yaml"

DOCUMENTED = """
state: state/
listen: 127.0.0.1:9477
log: {level: info, format: logfmt}
quarantine: {kafka_topic: driftd.dlq}
source:
  kafka:
    bootstrap_servers: [localhost:9092]
    group: driftd
    instance: driftd-0
    start: earliest
    security: {protocol: SASL_SSL, mechanism: SCRAM-SHA-512, username: u,
               password_file: /run/secrets/kafka, ca_file: ca.pem}
models:
  credit:
    reference: refs/credit.ref
    records:
      topics: [credit.predictions]
      format: json
      id: id
      time: {field: ts, unit: ms}
      version: model_version
      segment: {field: country, most: 20}
      features_under: features
      prediction: {field: score, kind: probability, threshold: 0.5}
    features:
      income: numeric
      age: {kind: numeric, integer: true, range: [0, 120]}
      plan: categorical
      embedding: {kind: embedding, size: 384}
    block: 1m
    lateness: 30s
    longest_window: 7d
    budget: {pages: 1, per: 30d}
    ignore_below: 0.05
    warm_up: 14d
"""


def test_the_deployed_example_says_what_is_the_default_anyway(tmp_path):
    example = load(DEPLOYED, {}).models["credit"]
    default = settings_with(tmp_path, {}).models["credit"]
    for key in TIME_KEYS:
        assert getattr(example, key) == getattr(default, key)
    assert (example.budget, example.ignore_below) == (default.budget, default.ignore_below)


def test_the_documented_example_loads(tmp_path):
    settings = load(write(tmp_path, DOCUMENTED), {})
    assert settings.address == ("127.0.0.1", 9477)
    assert settings.quarantine.kafka_topic == "driftd.dlq"
    assert settings.source.kafka.security.ca_file == tmp_path / "ca.pem"
    assert settings.source.kafka.security.password_file == Path("/run/secrets/kafka")
    credit = settings.models["credit"]
    assert (credit.block, credit.lateness, credit.longest_window) == (60_000, 30_000, 604_800_000)
    assert credit.schema == Schema(
        features=(
            Field("income", ("features", "income"), Kind.NUMERIC),
            Field("age", ("features", "age"), Kind.NUMERIC, integer=True, low=0.0, high=120.0),
            Field("plan", ("features", "plan"), Kind.CATEGORICAL),
            Field("embedding", ("features", "embedding"), Kind.EMBEDDING, size=384),
        ),
        prediction=Prediction(("score",), PredictionKind.PROBABILITY),
        id=("id",),
        time=TimeField(("ts",), TimeUnit.MILLISECONDS),
        version=("model_version",),
        segment=("country",),
        marks=Marks("driftd-retest-"),
    )


def test_a_schema_is_resolved_once(tmp_path):
    model = settings_with(tmp_path, {}).models["credit"]
    assert model.schema is model.schema


def test_what_is_left_out_has_its_default(tmp_path):
    settings = settings_with(tmp_path, {})
    assert settings.listen == "127.0.0.1:9477"
    assert settings.snapshot_every == 10_000
    assert settings.state == tmp_path / "state"
    assert settings.quarantine.file == tmp_path / "state" / "quarantine"
    assert settings.quarantine.max_bytes == 100_000_000
    assert (settings.log.level, settings.log.format) == ("info", "logfmt")
    assert settings.source.kafka.start == "earliest"
    credit = settings.models["credit"]
    assert (credit.future, credit.idle_after) == (300_000, 30_000)
    assert credit.records.time is None
    assert (credit.budget.pages, credit.budget.tickets) == (1, 10)
    assert (credit.budget_period, credit.budget_blocks) == ("30d", 43_200)
    assert (credit.ignore_below, credit.warm_up_blocks) == (0.05, 20_160)


def test_relative_paths_are_relative_to_the_file(tmp_path):
    settings = settings_with(
        tmp_path,
        {
            "state": "../state",
            "source": {"files": {"folder": "log"}},
            "models.credit.records.time": {"field": "ts", "unit": "ms"},
            "quarantine.file": "/var/dead",
            "models.credit.reference": "refs/a.ref",
        },
    )
    assert settings.state == tmp_path / "../state"
    assert settings.source.files.folder == tmp_path / "log"
    assert settings.quarantine.file == Path("/var/dead")
    assert settings.models["credit"].reference == tmp_path / "refs" / "a.ref"


def test_paths_beside_a_file_in_this_folder_read_as_they_are_written(tmp_path, monkeypatch):
    write(tmp_path, changed({}))
    monkeypatch.chdir(tmp_path)
    assert str(load(Path("driftd.yaml"), {}).models["credit"].reference) == "refs/credit.ref"


def test_a_key_that_holds_a_dot_is_written_in_a_list(tmp_path):
    model = settings_with(
        tmp_path,
        {
            "models.credit.records.features_under": ["in.puts"],
            "models.credit.records.id": "meta.id",
            "models.credit.features.income": {"kind": "numeric", "path": ["a.b", "c"]},
        },
    ).models["credit"]
    assert model.schema.id == ("meta", "id")
    assert [field.path for field in model.schema.features] == [("a.b", "c"), ("in.puts", "plan")]


@pytest.mark.parametrize(
    ("times", "names"),
    [
        ({}, ["block", "1h", "1d"]),
        ({"block": "1h"}, ["block", "1d"]),
        ({"block": "2h"}, ["block", "1d"]),
        ({"longest_window": "12h"}, ["block", "1h"]),
        ({"block": "2d", "longest_window": "2d"}, ["block"]),
    ],
)
def test_the_default_windows_are_those_that_fit(tmp_path, times, names):
    changes = {f"models.credit.{key}": value for key, value in times.items()}
    windows = settings_with(tmp_path, changes).models["credit"].windows
    assert [window.name for window in windows] == names


def test_windows_keep_the_names_that_the_owner_gave(tmp_path):
    windows = ["block", "60m", "7d"]
    found = settings_with(tmp_path, {"models.credit.windows": windows}).models["credit"].windows
    assert found == (Window("block", 60_000), Window("60m", 3_600_000), Window("7d", 604_800_000))


def test_two_models_may_share_a_topic(tmp_path):
    credit = changed({})["models"]["credit"]
    settings = settings_with(tmp_path, {"models.second": credit})
    assert all(model.records.reads("credit.predictions") for model in settings.models.values())


def test_a_pattern_reads_the_topics_that_it_matches_whole(tmp_path):
    records = {
        "models.credit.records.topics": REMOVED,
        "models.credit.records.topic_pattern": r"credit\.[a-z]+",
    }
    reads = settings_with(tmp_path, records).models["credit"].records.reads
    assert reads("credit.eu")
    assert not reads("credit.eu.labels")
    assert not reads("old-credit.eu")


@given(st.integers(0, 2**41), st.sampled_from(["Z", "+00:00"]))
def test_a_start_in_time_is_read_in_ms(moment_ms, zone):
    moment = datetime.fromtimestamp(moment_ms // 1000, UTC)
    text = f"{moment:%Y-%m-%dT%H:%M:%S}.{moment_ms % 1000:03d}{zone}"
    found = KafkaConfig(bootstrap_servers=["localhost:9092"], start=text)
    assert found.start_ms == moment_ms


def test_a_start_may_stand_unquoted_in_the_file(tmp_path):
    text = DOCUMENTED.replace("start: earliest", "start: 2026-01-05T00:00:00Z")
    assert load(write(tmp_path, text), {}).source.kafka.start_ms == 1_767_571_200_000


def test_a_file_that_cannot_be_read_is_told(tmp_path):
    with pytest.raises(ConfigError, match="cannot be read: No such file or directory"):
        load(tmp_path / "absent.yaml", {})


def test_packed_settings_are_the_same_in_another_process(tmp_path):
    settings = load(write(tmp_path, DOCUMENTED), {"DRIFTD_LISTEN": "127.0.0.1:9"})
    again = unpack(pack(settings))
    assert again == settings
    assert again.address == ("127.0.0.1", 9)
