"""One source reads what all models want."""

from pathlib import Path

import yaml

from monitor.config import Settings, load
from monitor.sources import open_source
from monitor.sources.files import FileSource
from monitor.sources.kafka import KafkaSource

REQUIRED = {
    "prediction": {"field": "p", "kind": "probability"},
    "time": {"field": "ts", "unit": "ms"},
}
KAFKA = {"kafka": {"bootstrap_servers": ["localhost:1"]}}


def settings(folder: Path, source: dict, **models: dict) -> Settings:
    document = {
        "state": "state",
        "source": source,
        "models": {
            name: {
                "reference": f"{name}.ref",
                "records": records | REQUIRED,
                "features": {"a": "numeric"},
            }
            for name, records in models.items()
        },
    }
    path = folder / "driftd.yaml"
    path.write_text(yaml.safe_dump(document))
    return load(path)


def test_the_file_log_gives_the_topics_of_all_models(tmp_path):
    for topic in ("a", "b", "c.x", "e", "other"):
        (tmp_path / "log" / topic).mkdir(parents=True)
    models = {
        "one": {"topics": ["a", "b"]},
        "two": {"topics": ["b"]},
        "three": {"topic_pattern": r"c\..*"},
        "four": {"topic_pattern": "d|e"},
    }
    source = open_source(settings(tmp_path, {"files": {"folder": "log"}}, **models), {}, False)
    assert isinstance(source, FileSource)
    source.poll(0)
    assert {each.topic for each in source.status().assigned} == {"a", "b", "c.x", "e"}
    source.close()


def test_a_kafka_cluster_that_is_down_can_be_opened(tmp_path):
    source = open_source(settings(tmp_path, KAFKA, one={"topics": ["a"]}), {}, False)
    assert isinstance(source, KafkaSource)
    assert not source.status().connected
    source.close()


def test_the_topics_of_labels_are_read_too(tmp_path):
    for topic in ("a", "a.labels", "other"):
        (tmp_path / "log" / topic).mkdir(parents=True)
    settings(tmp_path, {"files": {"folder": "log"}}, one={"topics": ["a"], "id": "id"})
    path = tmp_path / "driftd.yaml"
    document = yaml.safe_load(path.read_text())
    document["models"]["one"]["labels"] = {
        "topics": ["a.labels"],
        "label": "y",
        "time": {"field": "at", "unit": "ms"},
    }
    path.write_text(yaml.safe_dump(document))
    source = open_source(load(path), {}, False)
    source.poll(0)
    assert {each.topic for each in source.status().assigned} == {"a", "a.labels"}
    source.close()
