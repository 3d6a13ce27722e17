"""What the records of a model look like, resolved from its configuration once."""

import json
from dataclasses import asdict, dataclass
from enum import StrEnum
from hashlib import sha256

from detectors.prediction_kind import PredictionKind

Path = tuple[str, ...]
"""Where a field lies in a record: the keys to follow from the record's object inwards."""

PREDICTION = "prediction"
CONFIDENCE = "prediction_confidence"
REST = "__other__"
"""Segment (or version) of the records whose own one is not monitored separately."""


class Kind(StrEnum):
    """What a feature's values are."""

    NUMERIC = "numeric"
    CATEGORICAL = "categorical"
    BOOLEAN = "boolean"
    EMBEDDING = "embedding"
    TEXT = "text"
    """Not compared with the reference; re-tests perturb it."""


class TimeUnit(StrEnum):
    """How a timestamp field is written."""

    SECONDS = "s"
    MILLISECONDS = "ms"
    MICROSECONDS = "us"
    NANOSECONDS = "ns"
    ISO8601 = "iso8601"


@dataclass(frozen=True, slots=True)
class Field:
    """One feature: its name in metrics, where it lies in a record, and what it may be.

    low and high bound the range that the owner states, if any; integer forbids fractions;
    size is the length of an embedding.
    """

    name: str
    path: Path
    kind: Kind
    integer: bool = False
    low: float | None = None
    high: float | None = None
    size: int = 0


@dataclass(frozen=True, slots=True)
class Prediction:
    """Where the prediction lies and what it is.

    classes: names of the probabilities' classes, in their order; empty where the record
    holds an object of class: probability. threshold: the probability from which on the answer is
    positive.
    """

    path: Path
    kind: PredictionKind
    classes: tuple[str, ...] = ()
    threshold: float = 0.5


@dataclass(frozen=True, slots=True)
class TimeField:
    """Where a record's event time lies, and its unit."""

    path: Path
    unit: TimeUnit


@dataclass(frozen=True, slots=True)
class Marks:
    """What tells records of re-tests in the log.

    id_prefix: what their ids begin with. field: one that is there, and neither null nor false.
    """

    id_prefix: str
    field: Path | None = None


@dataclass(frozen=True, slots=True)
class LabelSchema:
    """Where the label of a record lies, and what it may be.

    path, id, time: in a label's record; the log's time where time is None. kind: of the
    prediction that it judges. positive: the label that is positive, all others are negative; None
    where labels are 1 and 0, or true and false. own_topic: labels come in later copies of the
    records, in the records' own topic.
    """

    path: Path
    id: Path
    time: TimeField | None
    kind: PredictionKind
    positive: str | None = None
    own_topic: bool = False
    marks: Marks | None = None


@dataclass(frozen=True, slots=True)
class Schema:
    """The fields of a model's records.

    features: in the order of the configuration, without the prediction.
    """

    features: tuple[Field, ...]
    prediction: Prediction
    id: Path | None = None
    time: TimeField | None = None
    version: Path | None = None
    segment: Path | None = None
    marks: Marks | None = None

    @property
    def monitored(self) -> tuple[Field, ...]:
        """Features that are compared with the reference: all but texts."""
        return tuple(field for field in self.features if field.kind is not Kind.TEXT)

    @property
    def numeric(self) -> tuple[Field, ...]:
        """Numeric rows of a table of counts: numeric features, then a numeric prediction."""
        found = [field for field in self.features if field.kind is Kind.NUMERIC]
        path = self.prediction.path
        match self.prediction.kind:
            case PredictionKind.PROBABILITY:
                found.append(Field(PREDICTION, path, Kind.NUMERIC, low=0.0, high=1.0))
            case PredictionKind.REGRESSION:
                found.append(Field(PREDICTION, path, Kind.NUMERIC))
            case PredictionKind.PROBABILITIES:
                found.append(Field(CONFIDENCE, path, Kind.NUMERIC, low=0.0, high=1.0))
        return tuple(found)

    @property
    def categorical(self) -> tuple[Field, ...]:
        """Categorical rows: categorical and boolean features, then a class prediction."""
        kinds = (Kind.CATEGORICAL, Kind.BOOLEAN)
        found = [field for field in self.features if field.kind in kinds]
        if self.prediction.kind in (PredictionKind.CLASS, PredictionKind.PROBABILITIES):
            found.append(Field(PREDICTION, self.prediction.path, Kind.CATEGORICAL))
        return tuple(found)

    @property
    def embeddings(self) -> tuple[Field, ...]:
        """Embedding features."""
        return tuple(field for field in self.features if field.kind is Kind.EMBEDDING)

    @property
    def digest(self) -> str:
        """What a reference must have been built for, as a short hash.

        Names, kinds, sizes, ranges and the prediction's kind count; where a field lies in a
        record does not, for a reference's file may be laid out otherwise, nor do texts.
        """
        told = {
            "features": [
                {key: value for key, value in asdict(field).items() if key != "path"}
                for field in self.monitored
            ],
            "prediction": [self.prediction.kind, self.prediction.classes],
            "segment": self.segment is not None,
        }
        return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()[:16]
