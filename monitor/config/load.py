"""Loading the configuration: one YAML file, overridden by the environment."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import msgspec
from pydantic import BaseModel, ValidationError

from monitor.config.document import read_document
from monitor.config.environment import VariableError, override
from monitor.config.errors import ConfigError
from monitor.config.problems import tell_problems, tell_unknown_key
from monitor.config.settings import Settings

Part = TypeVar("Part")


def load(path: Path, environ: Mapping[str, str] = os.environ) -> Settings:
    """Return the configuration in the file at ``path``, overridden by DRIFTD_ variables.

    Relative paths in it are relative to the file's folder. Raises ConfigError with everything
    that is wrong.
    """
    document = read_document(path)
    try:
        merged, origins = override(document, environ)
    except VariableError as error:
        raise ConfigError(path, [str(error)]) from None
    # pydantic-settings would take these for arguments of its own
    unknown = [key for key in merged if key.startswith("_")]
    if unknown:
        raise ConfigError(path, [tell_unknown_key((key,)) for key in unknown])
    try:
        settings = Settings(**merged)
    except ValidationError as error:
        raise ConfigError(path, tell_problems(error, origins)) from None
    return _loaded(settings, merged, path.parent)


def pack(settings: Settings) -> bytes:
    """Return loaded settings as JSON, secrets included, for another process of this program."""
    assert settings._loaded_from is not None, "settings are loaded from a file"
    document, folder = settings._loaded_from
    return msgspec.json.encode({"document": document, "folder": str(folder.absolute())})


def unpack(packed: bytes) -> Settings:
    """Return the settings that were packed."""
    told = msgspec.json.decode(packed)
    return _loaded(Settings(**told["document"]), told["document"], Path(told["folder"]))


def _loaded(settings: Settings, document: dict[str, Any], folder: Path) -> Settings:
    anchored = _anchor(settings, folder)
    anchored._loaded_from = (document, folder)
    return anchored


def _anchor(part: Part, folder: Path) -> Part:
    """Return a part of the configuration with its relative paths taken from ``folder``."""
    found: Any = part
    if isinstance(part, Path):
        found = folder / part
    elif isinstance(part, BaseModel):
        old = {name: getattr(part, name) for name in type(part).model_fields}
        new = {name: _anchor(value, folder) for name, value in old.items()}
        found = part.model_copy(update={name: new[name] for name in old if new[name] != old[name]})
    elif isinstance(part, dict):
        found = {key: _anchor(value, folder) for key, value in part.items()}
    return found  # type: ignore[no-any-return]
