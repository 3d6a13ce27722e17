"""Where a field lies in a record: `features.income`, or `[features, income]`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from monitor.config.errors import show_value
from monitor.schema import Path


def parse_path(given: Any) -> Path:
    """Return the keys to follow from the record's object inwards.

    A text is split at its dots; a list is taken as it is, for keys that hold a dot.
    Raises ValueError, in words for the user, for anything else.
    """
    keys = given.split(".") if isinstance(given, str) else given
    if not isinstance(keys, (list, tuple)) or not keys or not all(map(_is_key, keys)):
        raise ValueError(
            f"{show_value(given)} is not a path into a record; keys joined by dots, for example "
            "'features.income', or a list of keys"
        )
    return tuple(keys)


def show_path(path: Path) -> str:
    """Return a path as the configuration writes it."""
    return repr(list(path)) if any("." in key for key in path) else ".".join(path)


def _is_key(value: Any) -> bool:
    return isinstance(value, str) and value != ""


RecordPath = Annotated[
    Path,
    BeforeValidator(parse_path),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "minLength": 1},
                {"type": "array", "minItems": 1, "items": {"type": "string", "minLength": 1}},
            ]
        }
    ),
]
"""Keys from the record's object inwards."""
