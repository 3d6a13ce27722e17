"""Overriding keys of the file by environment variables: DRIFTD_SOURCE__KAFKA__GROUP."""

import re
from collections.abc import Mapping, Sequence
from typing import Any

import yaml

from monitor.config.document import parse_flow
from monitor.config.places import is_open, is_secret, is_text, known_keys, type_at
from monitor.config.problems import suggest_key
from monitor.config.settings import ENVIRONMENT_PREFIX, NESTED, Settings

Keys = tuple[str, ...]


class VariableError(ValueError):
    """A variable stands for no key, or its value is not one; the message names the mend."""


def override(
    document: dict[str, Any], environ: Mapping[str, str]
) -> tuple[dict[str, Any], dict[Keys, str]]:
    """Return the document with the environment's values, and which variable set which key.

    A name's parts stand for keys whatever their case, with '_' for what a shell's variable
    cannot hold; so they meet the names that the file gives to models and features.
    Raises VariableError.
    """
    origins: dict[Keys, str] = {}
    for variable in sorted(_variables(environ), key=lambda name: (name.count(NESTED), name)):
        try:
            keys = _resolve(document, variable[len(ENVIRONMENT_PREFIX) :].split(NESTED))
            document = _with(document, keys, _read(environ[variable], type_at(Settings, keys)))
        except VariableError as error:
            raise VariableError(f"{variable}: {error}") from None
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


def _resolve(document: Any, parts: Sequence[str]) -> Keys:
    keys: Keys = ()
    key: str | None
    for part in parts:
        section = type_at(Settings, keys)
        if is_open(section):
            own = list(document) if isinstance(document, dict) else []
            key = _match(part, own) or part.lower()
        elif known_keys(section):
            key = _match(part, known_keys(section))
        else:
            whole = ENVIRONMENT_PREFIX + NESTED.join(parts[: len(keys)])
            raise VariableError(f"{'.'.join(keys)} has no keys below it; set {whole} instead")
        if not key:
            named = (*keys, part.lower())
            raise VariableError(f"{'.'.join(named)}: unknown key; {suggest_key(named)}")
        document = document.get(key) if isinstance(document, dict) else None
        keys = (*keys, key)
    return keys


def _match(part: str, keys: Sequence[str]) -> str | None:
    if part in keys:
        return part
    found = [key for key in keys if _fold(key) == _fold(part)]
    if len(found) > 1:
        raise VariableError(f"'{part}' stands for {' and '.join(found)}; change it in the file")
    return found[0] if found else None


def _fold(name: str) -> str:
    return re.sub(r"[^a-z0-9]", "_", name.lower())


def _read(text: str, section: Any) -> Any:
    """Return a variable's value: lists and mappings are written in YAML's flow style."""
    if is_text(section) or text[:1] not in ("[", "{"):
        return text
    try:
        return parse_flow(text)
    except yaml.YAMLError:
        shown = "its value" if is_secret(section) else repr(text)
        raise VariableError(
            f"{shown} is not a list or a mapping, for example [a, b] or {{a: 1}}"
        ) from None


def _with(document: Any, keys: Sequence[str], value: Any) -> dict[str, Any]:
    """Return the document with one value replaced; the given document stays as it is."""
    if document is not None and not isinstance(document, dict):
        raise VariableError(
            "sets a key of what is a single value in the file; write that as a mapping there"
        )
    first, *rest = keys
    held = document or {}
    return {**held, first: _with(held.get(first), rest, value) if rest else value}
