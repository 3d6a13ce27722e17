"""What a record decodes to, written down as plainly as possible: the decoder must agree."""

import json
import math
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np

from detectors.cells import MISSING, OTHER, UNSEEN
from detectors.prediction_kind import PredictionKind
from detectors.profile import Profile
from monitor.schema import CONFIDENCE, PREDICTION, Field, Kind, Schema, TimeUnit

YEAR_2200_MS = 7_258_118_400_000
PER_SECOND = {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}


class Rejected(Exception):  # noqa: N818
    """The record is rejected; the message is the reason."""


@dataclass
class Decoded:
    """One record as Batch holds it; numbers and embeddings hold nan where missing."""

    time: int
    id: object
    version: str
    segment: int
    numeric: list[float]
    codes: list[int]
    embeddings: list[list[float]]
    invalid: list[int]
    score: float


@dataclass
class PlainDecoder:
    """Decodes one record at a time with json.loads."""

    schema: Schema
    profile: Profile
    segments: tuple[str, ...]
    future_ms: int

    def decode(self, value: bytes, stamp: int | None, now: int) -> Decoded:
        record = parse(value)
        schema, profile = self.schema, self.profile
        numeric, codes, embeddings, invalid = [], [], [], []
        fields = schema.numeric + schema.categorical + schema.embeddings
        answer = read_prediction(schema, record)
        for feature, field in enumerate(fields):
            found = (
                answer[field.name]
                if field.name in (PREDICTION, CONFIDENCE)
                else read(field, lookup(record, field.path))
            )
            if isinstance(found, Unusable):
                invalid.append(feature)
                found = None
            if field.kind is Kind.NUMERIC:
                numeric.append(math.nan if found is None else float(found))
            elif field.kind is Kind.EMBEDDING:
                embeddings.append([math.nan] * field.size if found is None else found)
            else:
                codes.append(code(profile, field.name, found))
        return Decoded(
            time=self.time(record, stamp, now),
            id=scalar_at(record, schema.id),
            version=text_or(scalar_at(record, schema.version), ""),
            segment=self.segment(record),
            numeric=numeric,
            codes=codes,
            embeddings=embeddings,
            invalid=invalid,
            score=score(schema, profile, numeric, codes),
        )

    def time(self, record: Any, stamp: int | None, now: int) -> int:
        if self.schema.time is None:
            found, clock = stamp, now
        else:
            value = lookup(record, self.schema.time.path)
            if value is None:
                raise Rejected("missing_time")
            found = read_time(value, self.schema.time.unit)
            clock = now if stamp is None else stamp
        if found is None:
            raise Rejected("missing_time")
        if not 0 <= found < YEAR_2200_MS:
            raise Rejected("invalid_time")
        if found > clock + self.future_ms:
            raise Rejected("future_time")
        return found

    def segment(self, record: Any) -> int:
        if self.schema.segment is None:
            return 0
        text = text_or(scalar_at(record, self.schema.segment), None)
        return self.segments.index(text) if text in self.segments else len(self.segments)


class Unusable:
    """Stands for a value that is there and cannot be used."""


UNUSABLE = Unusable()


def parse(value: bytes) -> dict[str, Any]:
    if not value.strip():
        raise Rejected("empty_value")
    try:
        text = value.decode()
    except UnicodeDecodeError:
        raise Rejected("not_utf8") from None
    try:
        record = json.loads(text, parse_int=whole)
    except (ValueError, RecursionError):
        raise Rejected("malformed_json") from None
    if not isinstance(record, dict):
        raise Rejected("not_an_object")
    return record


def whole(digits: str) -> int | float:
    return int(digits) if len(digits) < 4300 else math.copysign(math.inf, float(digits))


def lookup(record: Any, path: tuple[str, ...]) -> Any:
    """The value at a path, None where there is none, Unusable behind what is no object."""
    for key in path:
        if record is None:
            return None
        if not isinstance(record, dict):
            return UNUSABLE
        record = record.get(key)
    return record


def read(field: Field, value: Any) -> Any:
    if value is None:
        return None
    match field.kind:
        case Kind.NUMERIC:
            if not is_number(value) or (field.integer and float(value) % 1):
                return UNUSABLE
            return float(value)
        case Kind.EMBEDDING:
            if not isinstance(value, list) or len(value) != field.size:
                return UNUSABLE
            return [float(x) for x in value] if all(map(is_number, value)) else UNUSABLE
        case Kind.BOOLEAN:
            if value in ("true", "false"):
                return value
            if is_number(value) or isinstance(value, bool):
                return {1: "true", 0: "false"}.get(value, UNUSABLE)
            return UNUSABLE
    return text_of(value)


def is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def text_of(value: Any) -> Any:
    """The text of a category, Unusable for what is none."""
    if isinstance(value, str):
        return value.encode(errors="replace").decode()
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float) and math.isfinite(value):
        return str(int(value)) if value == int(value) else repr(value)
    return UNUSABLE


def scalar_at(record: Any, path: tuple[str, ...] | None) -> Any:
    value = None if path is None else lookup(record, path)
    if value is None or isinstance(text_of(value), Unusable):
        return None
    return text_of(value) if isinstance(value, str) else value


def text_or(value: Any, otherwise: Any) -> Any:
    return otherwise if value is None else text_of(value)


def code(profile: Profile, name: str, text: str | None) -> int:
    column = profile.categorical.index(name)
    levels, others = profile.levels[column], profile.others[column]
    if text is None:
        return MISSING
    if text in levels:
        return levels.index(text)
    return OTHER if others is None or text in others else UNSEEN


def read_prediction(schema: Schema, record: Any) -> dict[str, Any]:
    prediction = schema.prediction
    value = lookup(record, prediction.path)
    if value is None:
        raise Rejected("missing_prediction")
    kind = Kind.CATEGORICAL if prediction.kind is PredictionKind.CLASS else Kind.NUMERIC
    if prediction.kind is PredictionKind.PROBABILITIES:
        if isinstance(value, list) and value and len(value) == len(prediction.classes):
            value = dict(zip(prediction.classes, value, strict=True))
        if not isinstance(value, dict) or not value or not all(map(is_number, value.values())):
            raise Rejected("invalid_prediction")
        likeliest = max(value, key=lambda name: float(value[name]))
        return {PREDICTION: text_of(likeliest), CONFIDENCE: value[likeliest]}
    found = read(Field(PREDICTION, prediction.path, kind), value)
    if isinstance(found, Unusable):
        raise Rejected("invalid_prediction")
    return {PREDICTION: found}


def read_time(value: Any, unit: TimeUnit) -> int:
    """Whole milliseconds since 1970; -1 for what is no time."""
    if unit is TimeUnit.ISO8601:
        try:
            moment = datetime.fromisoformat(value)
        except (TypeError, ValueError):
            return -1
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(milliseconds=1)
    if isinstance(value, int) and not isinstance(value, bool):
        return value * 1000 // PER_SECOND[unit]
    if isinstance(value, float) and abs(value) < 1e20:
        return round(value * (1e6 / PER_SECOND[unit])) // 1000
    return -1


def score(schema: Schema, profile: Profile, numeric: list[float], codes: list[int]) -> float:
    if schema.prediction.kind is PredictionKind.CLASS:
        levels = len(profile.levels[-1])
        place = {OTHER: levels, UNSEEN: levels + 1}.get(codes[-1], codes[-1])
        return (place + 0.5) / (levels + 2)
    if schema.prediction.kind is PredictionKind.REGRESSION:
        edges = [edge for edge in profile.edges[len(numeric) - 1] if np.isfinite(edge)]
        return (sum(numeric[-1] > edge for edge in edges) + 0.5) / (len(edges) + 1)
    return min(1.0, max(0.0, numeric[-1]))
