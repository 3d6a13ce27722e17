"""From the records and features of a model to its schema: where each field lies."""

from collections.abc import Mapping

from monitor import schema
from monitor.config.features import Feature
from monitor.config.labels import LabelsConfig
from monitor.config.record_path import show_path
from monitor.config.records import RecordsConfig

Features = Mapping[str, Feature]


def resolve_schema(records: RecordsConfig, features: Features) -> schema.Schema:
    """Return the schema of a model's records."""
    prediction, time, segment = records.prediction, records.time, records.segment
    return schema.Schema(
        features=tuple(
            _resolve(name, feature, _path_of(name, feature, records))
            for name, feature in features.items()
        ),
        prediction=schema.Prediction(
            prediction.field,
            prediction.kind,
            tuple(prediction.classes or ()),
            prediction.threshold,
        ),
        id=records.id,
        time=None if time is None else schema.TimeField(time.field, time.unit),
        version=records.version,
        segment=None if segment is None else segment.field,
        marks=records.marks.resolved,
    )


def clashing_paths(records: RecordsConfig, features: Features) -> list[tuple[str, str]]:
    """Return the fields that cannot lie where they are said to, with what is wrong.

    Two features, or a feature and the prediction, would count the same values twice; and what
    holds a value holds no further field.
    """
    problems = []
    owners = {records.prediction.field: "records.prediction.field"}
    for name, feature in features.items():
        path, key = _path_of(name, feature, records), f"features.{name}"
        if path in owners:
            wrong = f"lies at {show_path(path)!r}, and so does {owners[path]}; give it its own path"
            problems.append((key, wrong))
        owners.setdefault(path, key)
    for key, path in _other_fields(records).items():
        owners.setdefault(path, key)
    for path, key in owners.items():
        for outer in (path[:length] for length in range(1, len(path))):
            if outer in owners:
                wrong = (
                    f"lies at {show_path(path)!r}, inside {show_path(outer)!r}, which is a value "
                    f"({owners[outer]}); correct one of the paths"
                )
                problems.append((key, wrong))
    return problems


def clashing_label(
    labels: LabelsConfig, records: RecordsConfig, features: Features
) -> list[tuple[str, str]]:
    """Return why the label cannot lie where it is said to.

    In the records' own topic a label that lay where another field does would make labels of
    records that are none.
    """
    label = labels.label
    owners = {"labels.id" if labels.id else "records.id": labels.id or records.id}
    owners["labels.time.field"] = None if labels.time is None else labels.time.field
    if not labels.topics:
        owners |= {"records.prediction.field": records.prediction.field, **_other_fields(records)}
        owners |= {f"features.{name}": _path_of(name, features[name], records) for name in features}
    problems = []
    for key, path in owners.items():
        if not path:
            continue
        shown = f"lies at {show_path(label)!r}"
        if path == label:
            problems.append(f"{shown}, and so does {key}; give it its own path")
        elif path == label[: len(path)]:
            inside = f"inside {show_path(path)!r}, which is a value ({key})"
            problems.append(f"{shown}, {inside}; correct one of the paths")
        elif label == path[: len(label)]:
            problems.append(f"{shown}, which holds {key}; correct one of the paths")
    return [("labels.label", wrong) for wrong in problems]


def _resolve(name: str, feature: Feature, path: schema.Path) -> schema.Field:
    low, high = feature.range or (None, None)
    return schema.Field(
        name=name,
        path=path,
        kind=feature.kind,
        integer=feature.integer,
        low=low,
        high=high,
        size=feature.size or 0,
    )


def _path_of(name: str, feature: Feature, records: RecordsConfig) -> schema.Path:
    return feature.path or (*(records.features_under or ()), name)


def _other_fields(records: RecordsConfig) -> dict[str, schema.Path]:
    fields = {
        "records.id": records.id,
        "records.time.field": records.time and records.time.field,
        "records.version": records.version,
        "records.segment.field": records.segment and records.segment.field,
        "records.marks.field": records.marks.field,
    }
    return {key: path for key, path in fields.items() if path}
