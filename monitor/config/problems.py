"""Telling users what pydantic found wrong: key, value, what is allowed, the mend."""

from collections.abc import Iterable, Iterator, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from monitor.config.errors import ClashError, show_value
from monitor.config.places import field_at, is_secret, known_keys, type_at
from monitor.config.settings import Settings

Location = tuple[str | int, ...]

TEXT = "is not a text; put it in quotes"
WHOLE = "is not a whole number"
NUMBER = "is not a number"
TRUTH = "is not true or false"
LIST = "is not a list; write it in brackets, for example [a, b]"
MAPPING = "is not a mapping of keys to values"

WRONG_TYPES = {
    "string_type": TEXT,
    "int_type": WHOLE,
    "int_parsing": WHOLE,
    "int_from_float": WHOLE,
    "float_type": NUMBER,
    "float_parsing": NUMBER,
    "finite_number": NUMBER,
    "bool_type": TRUTH,
    "bool_parsing": TRUTH,
    "list_type": LIST,
    "tuple_type": LIST,
    "dict_type": MAPPING,
    "model_type": MAPPING,
    "model_attributes_type": MAPPING,
    "path_type": "is not a path",
}
"""What a value is not, by pydantic's name of the error."""


def tell_problems(error: ValidationError, origins: Mapping[tuple[str, ...], str]) -> list[str]:
    """Return one line for each thing wrong, without a secret in any.

    origins: the environment variable that set a key, by the key.
    """
    return list(dict.fromkeys(_lines(error.errors(include_url=False), origins)))


def tell_unknown_key(location: Location) -> str:
    """Return what is wrong with a key that the configuration does not have."""
    return f"{_dotted(location)}: unknown key; {suggest_key(location)}"


def suggest_key(location: Location) -> str:
    """Return which keys may be meant by an unknown one, all of that place where none is near."""
    *section, name = location
    known = known_keys(type_at(Settings, section))
    below = [key for key in known if name in known_keys(type_at(Settings, [*section, key]))]
    near = [f"{key}.{name}" for key in below] or get_close_matches(str(name).lower(), known)
    return f"did you mean {' or '.join(near)}?" if near else f"known here: {', '.join(known)}"


def _lines(errors: Iterable[ErrorDetails], origins: Mapping[tuple[str, ...], str]) -> Iterator[str]:
    for error in errors:
        location = error["loc"]
        clash = error.get("ctx", {}).get("error")
        if isinstance(clash, ClashError):
            for key, wrong in clash.problems:
                where = (*location, key) if key else location
                yield f"{_dotted(where)}: {wrong}{_origin(where, origins)}"
        elif error["type"] == "extra_forbidden":
            yield tell_unknown_key(location) + _origin(location, origins)
        else:
            yield f"{_dotted(location)}: {_tell(error)}{_origin(location, origins)}"


def _tell(error: ErrorDetails) -> str:
    kind, context, location = error["type"], error.get("ctx", {}), error["loc"]
    shown = _show(error["input"], location)
    match kind:
        case "missing":
            return _tell_missing(location)
        case _ if error["input"] is None:
            return "is empty; give it a value or leave it out"
        case "value_error":
            return str(context["error"])
        case "enum" | "literal_error":
            allowed = str(context["expected"]).replace("'", "").replace(" or ", ", ")
            name = _name(location).removesuffix("s" if isinstance(location[-1], int) else "")
            return f"{shown} is not a {name}; one of {allowed}"
        case "greater_than":
            return f"{shown} is too small; more than {context['gt']:g}"
        case "greater_than_equal":
            return f"{shown} is too small; at least {context['ge']:g}"
        case "less_than_equal":
            return f"{shown} is too large; at most {context['le']:g}"
        case "string_too_short":
            return "is empty; give it a value or leave it out"
        case "too_short":
            return f"has {context['actual_length']} values; at least {context['min_length']}"
        case "too_long":
            return f"has {context['actual_length']} values; at most {context['max_length']}"
        case _ if kind in WRONG_TYPES:
            return f"{shown} {WRONG_TYPES[kind]}"
        case _:
            return error["msg"]


def _tell_missing(location: Location) -> str:
    field = field_at(Settings, location)
    if field is None or field.description is None:
        return "missing; a value is needed"
    wanted = field.description[0].lower() + field.description[1:].rstrip(".")
    example = f", for example {field.examples[0]!r}" if field.examples else ""
    return f"missing; needed: {wanted}{example}"


def _show(value: Any, location: Location) -> str:
    """Return a value as errors show it, without what may be a secret."""
    if is_secret(type_at(Settings, location)):
        return "the value"
    return show_value(value)


def _name(location: Location) -> str:
    names = [key for key in location if isinstance(key, str)]
    return names[-1]


def _dotted(location: Location) -> str:
    keys = map(str, location)
    return ".".join(key if key.isprintable() else repr(key) for key in keys)


def _origin(location: Location, origins: Mapping[tuple[str, ...], str]) -> str:
    for length in range(len(location), 0, -1):
        variable = origins.get(tuple(map(str, location[:length])))
        if variable is not None:
            return f" (set by {variable})"
    return ""
