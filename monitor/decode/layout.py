"""Where the fields of a schema lie in a record, as the struct that msgspec decodes into."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

import msgspec

from detectors.prediction_kind import PredictionKind
from monitor.decode.field_types import (
    ANYTHING,
    NUMBER,
    SCALAR,
    FieldType,
    chances_of,
    time_in,
    vector_of,
)
from monitor.decode.reasons import shown
from monitor.schema import (
    CONFIDENCE,
    PREDICTION,
    Field,
    Kind,
    LabelSchema,
    Marks,
    Path,
    Prediction,
    Schema,
)

_UNSUITABLE = re.compile(r'["\\\x00-\x1f]')
"""What msgspec refuses in the name of a struct's field."""

Row = Any
"""A decoded record: an instance of the struct of a layout's root."""


@dataclass(frozen=True, slots=True, eq=False)
class Leaf:
    """One field of a record that is read; a layout has one leaf for each.

    parent: the attribute of a row that holds the field's struct, names joined by dots; empty
    for the row itself. place: the field's place in that struct.
    """

    path: Path
    type: FieldType
    parent: str
    place: int

    @property
    def attribute(self) -> str:
        """The attribute of a row that holds the field, names joined by dots."""
        return f"{self.parent}.f{self.place}".lstrip(".")

    @property
    def name(self) -> str:
        """The field as error texts name it."""
        return ".".join(self.path)

    def get(self, row: Row) -> Any:
        """Return the field of a row."""
        return attrgetter(self.attribute)(row)

    def problem(self, value: object = None) -> str:
        """Return what is wrong with a record that holds ``value`` here, or nothing."""
        found = "missing" if value is None else shown(value)
        return f"field '{self.name}' is {found}, {self.type.expected} was expected"


@dataclass(frozen=True, slots=True)
class Node:
    """An object in a record: the keys that are read, in order of the struct's fields."""

    struct: type[msgspec.Struct]
    fields: tuple[tuple[str, "Leaf | Node"], ...]

    def leaves(self) -> Iterator[Leaf]:
        """Yield every field in the object and the objects in it."""
        for _, each in self.fields:
            if isinstance(each, Leaf):
                yield each
            else:
                yield from each.leaves()


@dataclass(frozen=True, slots=True)
class Layout:
    """The struct of a schema's records, and the leaf of each of its fields.

    numeric, categorical, embeddings: in the schema's order; a prediction of several
    probabilities is the same leaf in the first two.
    decoder: None where no struct can tell JSON keys apart as the schema does: it reads one
    field as two types, or reads a field and a part of it, or a key holds a quotation mark, a
    backslash or a control character.
    """

    root: Node
    decoder: msgspec.json.Decoder[Row] | None
    numeric: tuple[Leaf, ...]
    categorical: tuple[Leaf, ...]
    embeddings: tuple[Leaf, ...]
    prediction: Leaf
    id: Leaf | None
    time: Leaf | None
    version: Leaf | None
    segment: Leaf | None
    mark: Leaf | None = None


def lay_out(schema: Schema) -> Layout:
    """Return the layout of a schema's records."""
    top = _Object()
    # In the order in which producers usually write: msgspec finds keys fastest in order.
    record_id = top.leaf(schema.id, SCALAR) if schema.id else None
    time = top.leaf(schema.time.path, time_in(schema.time.unit)) if schema.time else None
    version = top.leaf(schema.version, SCALAR) if schema.version else None
    leaves = {each.name: top.leaf(each.path, _type_of(each)) for each in schema.monitored}
    prediction = top.leaf(schema.prediction.path, _prediction_type(schema.prediction))
    leaves |= {PREDICTION: prediction, CONFIDENCE: prediction}
    segment = top.leaf(schema.segment, SCALAR) if schema.segment else None
    mark = _mark_leaf(top, schema.marks)
    plain = top.is_plain()
    root = top.build(plain)
    return Layout(
        root=root,
        decoder=msgspec.json.Decoder(root.struct) if plain else None,
        numeric=tuple(leaves[each.name] for each in schema.numeric),
        categorical=tuple(leaves[each.name] for each in schema.categorical),
        embeddings=tuple(leaves[each.name] for each in schema.embeddings),
        prediction=prediction,
        id=record_id,
        time=time,
        version=version,
        segment=segment,
        mark=mark,
    )


def lay_out_label(schema: LabelSchema) -> Layout:
    """Return the layout of a record that holds a label, which stands in the prediction's place."""
    top = _Object()
    record_id = top.leaf(schema.id, SCALAR)
    time = top.leaf(schema.time.path, time_in(schema.time.unit)) if schema.time else None
    label = top.leaf(schema.path, NUMBER if schema.kind is PredictionKind.REGRESSION else SCALAR)
    mark = _mark_leaf(top, schema.marks)
    plain = top.is_plain()
    root = top.build(plain)
    return Layout(
        root=root,
        decoder=msgspec.json.Decoder(root.struct) if plain else None,
        numeric=(),
        categorical=(),
        embeddings=(),
        prediction=label,
        id=record_id,
        time=time,
        version=None,
        segment=None,
        mark=mark,
    )


def _mark_leaf(top: "_Object", marks: Marks | None) -> Leaf | None:
    return None if marks is None or marks.field is None else top.leaf(marks.field, ANYTHING)


def _type_of(feature: Field) -> FieldType:
    match feature.kind:
        case Kind.NUMERIC:
            return NUMBER
        case Kind.EMBEDDING:
            return vector_of(feature.size)
    return SCALAR


def _prediction_type(prediction: Prediction) -> FieldType:
    match prediction.kind:
        case PredictionKind.CLASS:
            return SCALAR
        case PredictionKind.PROBABILITIES:
            return chances_of(len(prediction.classes))
    return NUMBER


class _Object:
    """An object in a record while the layout is drawn."""

    def __init__(self, attribute: str = "") -> None:
        self._attribute = attribute
        self._fields: dict[tuple[str, FieldType | None], Leaf | _Object] = {}

    def leaf(self, path: Path, type: FieldType) -> Leaf:
        """Return the leaf at a path from the record's object, a new one if there is none."""
        *objects, key = path
        place = self
        for each in objects:
            place = place._object(each)
        found = place._fields.get((key, type))
        if not isinstance(found, Leaf):
            found = Leaf(path, type, place._attribute, len(place._fields))
            place._fields[key, type] = found
        return found

    def _object(self, key: str) -> "_Object":
        found = self._fields.get((key, None))
        if not isinstance(found, _Object):
            found = _Object(f"{self._attribute}.f{len(self._fields)}".lstrip("."))
            self._fields[key, None] = found
        return found

    def is_plain(self) -> bool:
        """Tell whether msgspec can find every field by its key."""
        keys = [key for key, _ in self._fields]
        inner = [each for each in self._fields.values() if isinstance(each, _Object)]
        return (
            len(set(keys)) == len(keys)
            and not any(map(_UNSUITABLE.search, keys))
            and all(each.is_plain() for each in inner)
        )

    def build(self, renamed: bool) -> Node:
        """Return the node with its struct, whose fields bear the record's keys if ``renamed``."""
        fields: list[tuple[str, Leaf | Node]] = []
        attributes: list[tuple[str, Any, Any]] = []
        keys: dict[str, str] = {}
        for place, ((key, _), each) in enumerate(self._fields.items()):
            attribute = f"f{place}"
            keys[attribute] = key
            if isinstance(each, _Object):
                node = each.build(renamed)
                fields.append((key, node))
                default = msgspec.field(default_factory=node.struct)
                attributes.append((attribute, node.struct, default))
            else:
                fields.append((key, each))
                attributes.append((attribute, each.type.annotation, each.type.missing))
        struct = msgspec.defstruct("Row", attributes, gc=False, rename=keys if renamed else None)
        return Node(struct, tuple(fields))
