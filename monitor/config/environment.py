"""Overriding keys of the file by environment variables: DRIFTD_SOURCE__KAFKA__GROUP."""

import re
from collections.abc import Mapping
from typing import Any

import yaml

from monitor.config.document import parse_flow
from monitor.config.places import is_open, is_secret, is_text, known_keys, type_at
from monitor.config.settings import ENVIRONMENT_PREFIX, NESTED, Settings

Keys = tuple[str, ...]


class VariableError(ValueError):
    """A variable cannot be applied; the message names it and the mend."""


def override(
    document: dict[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[Keys, str]]:
    """Return the document with the environment's values, and which variable set which key.

    A name's parts stand for keys whatever their case, with '_' for what a shell's variable
    cannot hold: for the file's own keys first, then for the configuration's.
    Raises VariableError for a variable that stands for no key.
    """
    origins: dict[Keys, str] = {}
    for variable in sorted(_variables(environ), key=lambda name: (name.count(NESTED), name)):
        parts = variable[len(ENVIRONMENT_PREFIX) :].split(NESTED)
        keys = _resolve(document, parts, variable)
        value = _read(environ[variable], type_at(Settings, keys), variable)
        document = _with(document, keys, value, variable)
        origins[keys] = variable
    return document, origins


def _variables(environ: Mapping[str, str]) -> list[str]:
    """Return the variables that are meant for the configuration.

    One without '__' whose name is no key is left alone: Kubernetes sets DRIFTD_PORT and others
    for a service called driftd.
    """
    top = {_fold(key) for key in known_keys(Settings)}
    return [
        name
        for name in environ
        if name.upper().startswith(ENVIRONMENT_PREFIX)
        and (NESTED in name or _fold(name[len(ENVIRONMENT_PREFIX) :]) in top)
    ]


def _resolve(document: dict[str, Any], parts: list[str], variable: str) -> Keys:
    keys: Keys = ()
    held: Any = document
    for part in parts:
        section = type_at(Settings, keys)
        fixed = known_keys(section)
        if not part or not (fixed or is_open(section)):
            where = ".".join(keys)
            raise VariableError(
                f"{variable}: {where or 'the configuration'} has no key below it named "
                f"'{part.lower()}'; set {ENVIRONMENT_PREFIX}{NESTED.join(keys).upper()} as a whole"
                if keys
                else f"{variable}: names no key"
            )
        own = list(held) if isinstance(held, dict) else []
        key = _match(part, own, variable) or _match(part, fixed, variable) or part.lower()
        held = held.get(key) if isinstance(held, dict) else None
        keys = (*keys, key)
    return keys


def _match(part: str, keys: list[str], variable: str) -> str | None:
    if part in keys:
        return part
    found = [key for key in keys if _fold(key) == _fold(part)]
    if len(found) > 1:
        raise VariableError(
            f"{variable}: '{part}' stands for {' and '.join(found)}; change it in the file"
        )
    return found[0] if found else None


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def _read(text: str, section: Any, variable: str) -> Any:
    """Return a variable's value: lists and mappings are written in YAML's flow style."""
    if is_text(section) or text[:1] not in ("[", "{"):
        return text
    try:
        return parse_flow(text)
    except yaml.YAMLError:
        shown = "its value" if is_secret(section) else repr(text)
        raise VariableError(
            f"{variable}: {shown} is not a list or mapping, for example [a, b] or {{a: 1}}"
        ) from None


def _with(document: Any, keys: Keys, value: Any, variable: str) -> dict[str, Any]:
    """Return the document with one value replaced; the given document stays as it is."""
    if not isinstance(document, dict) and document is not None:
        raise VariableError(
            f"{variable}: the file gives '{document}' where this sets one key of a mapping; "
            "write the mapping in the file"
        )
    first, *rest = keys
    held = document or {}
    return {**held, first: _with(held.get(first), tuple(rest), value, variable) if rest else value}
