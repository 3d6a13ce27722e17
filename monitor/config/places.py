"""What the configuration allows at a place in it, told from the types of the sections."""

from collections.abc import Iterator, Sequence
from enum import StrEnum
from pathlib import Path
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo


def type_at(section: Any, keys: Sequence[str | int]) -> Any:
    """Return the type of what lies at ``keys`` below a section, None where nothing may."""
    for key in keys:
        section = _step(section, key)
    return section


def field_at(section: Any, keys: Sequence[str | int]) -> FieldInfo | None:
    """Return the description of the key that ``keys`` ends with, None where it is none."""
    if not keys:
        return None
    for kind in _alternatives(type_at(section, keys[:-1])):
        if _is_section(kind) and keys[-1] in kind.model_fields:
            field: FieldInfo = kind.model_fields[keys[-1]]
            return field
    return None


def known_keys(section: Any) -> list[str]:
    """Return the keys that a section has, none for a type that has no fixed ones."""
    return [
        key for kind in _alternatives(section) if _is_section(kind) for key in kind.model_fields
    ]


def is_open(section: Any) -> bool:
    """Tell whether a type is a mapping whose keys the user names."""
    return any(get_origin(kind) is dict for kind in _alternatives(section))


def is_text(section: Any) -> bool:
    """Tell whether a value is a text, whatever stands in it."""
    return any(
        isinstance(kind, type) and issubclass(kind, (str, Path, SecretStr, StrEnum))
        for kind in _alternatives(section)
    )


def is_secret(section: Any) -> bool:
    """Tell whether a value must not be shown, as it is a secret or holds one."""
    return any(
        kind is SecretStr
        or (_is_section(kind) and any(is_secret(field.annotation) for field in _fields(kind)))
        for kind in _alternatives(section)
    )


def _step(section: Any, key: str | int) -> Any:
    for kind in _alternatives(section):
        if _is_section(kind) and key in kind.model_fields:
            return kind.model_fields[key].annotation
        if get_origin(kind) is dict:
            return get_args(kind)[1]
        if get_origin(kind) in (list, tuple):
            return get_args(kind)[0]
    return None


def _alternatives(section: Any) -> Iterator[Any]:
    origin = get_origin(section)
    if origin is Annotated:
        yield from _alternatives(get_args(section)[0])
    elif origin in (Union, UnionType):
        for kind in get_args(section):
            yield from _alternatives(kind)
    else:
        yield section


def _is_section(kind: Any) -> bool:
    return isinstance(kind, type) and issubclass(kind, BaseModel)


def _fields(kind: type[BaseModel]) -> Iterator[FieldInfo]:
    yield from kind.model_fields.values()
