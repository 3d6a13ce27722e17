"""Where a field lies in a record: `features.income`, or `[features, income]`."""

from typing import Annotated, Any

from pydantic import BeforeValidator, WithJsonSchema

from monitor.schema import Path


def parse_path(value: Any) -> Path:
    """Return the keys to follow from the record's object inwards.

    A text is split at its dots; a list is taken as it is, for keys that hold a dot.
    Raises ValueError, in words for the user, for anything else.
    """
    if isinstance(value, str):
        value = value.split(".")
    if (
        not isinstance(value, (list, tuple))
        or not value
        or not all(isinstance(key, str) and key for key in value)
    ):
        shown = ".".join(value) if _is_texts(value) else value
        raise ValueError(
            f"{shown!r} is not a path into a record; keys joined by dots, for example "
            "'features.income', or a list of keys"
        )
    return tuple(value)


def show_path(path: Path) -> str:
    """Return a path as the configuration writes it."""
    return repr(list(path)) if any("." in key for key in path) else ".".join(path)


def _is_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(key, str) for key in value)


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
