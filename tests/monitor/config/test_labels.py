"""Labels as the configuration tells of them."""

from typing import get_args

from detectors.performance.error_detectors import REGISTRY
from detectors.prediction_kind import PredictionKind
from monitor.config.labels import DetectorName
from monitor.schema import LabelSchema, Marks, TimeField, TimeUnit
from tests.monitor.config.files import settings_with

DAY_MS = 86_400_000
MARKS = Marks("driftd-retest-")


def credit(folder, labels):
    changes = {"models.credit.records.id": "id", "models.credit.labels": labels}
    return settings_with(folder, changes).models["credit"]


def test_without_a_topic_labels_come_in_the_records_own_one_with_its_id(tmp_path):
    model = credit(tmp_path, {"label": "y"})
    assert model.label_topic == "credit.predictions"
    kind = PredictionKind.PROBABILITY
    assert model.label_schema == LabelSchema(("y",), ("id",), None, kind, None, True, MARKS)
    assert model.labels.horizon == 14 * DAY_MS
    assert model.labels.detectors == ["page_hinkley", "ddm", "eddm"]


def test_labels_of_another_topic_have_fields_of_their_own(tmp_path):
    labels = {
        "topics": ["credit.labels"],
        "id": "key.id",
        "time": {"field": "at", "unit": "s"},
        "label": "id",
        "positive": "fraud",
        "detectors": [],
    }
    model = credit(tmp_path, labels)
    assert model.label_topic == "credit.labels"
    assert model.label_schema == LabelSchema(
        path=("id",),
        id=("key", "id"),
        time=TimeField(("at",), TimeUnit.SECONDS),
        kind=PredictionKind.PROBABILITY,
        positive="fraud",
        marks=MARKS,
    )
    assert model.labels.detectors == []


def test_labels_do_not_change_what_a_reference_must_be_built_for(tmp_path):
    without = settings_with(tmp_path, {}).models["credit"]
    assert without.label_topic is without.label_schema is None
    assert credit(tmp_path, {"label": "y"}).schema.digest == without.schema.digest


def test_every_detector_of_errors_can_be_named():
    assert set(get_args(DetectorName)) == set(REGISTRY)
