"""Configuration files for tests: a small right one, and changes to it."""

import copy
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml

from monitor.config import ConfigError, Settings, load

DOCUMENT: dict[str, Any] = {
    "source": {"kafka": {"bootstrap_servers": ["localhost:9092"]}},
    "models": {
        "credit": {
            "reference": "refs/credit.ref",
            "records": {
                "topics": ["credit.predictions"],
                "prediction": {"field": "score", "kind": "probability"},
            },
            "features": {"income": "numeric", "plan": "categorical"},
        }
    },
}
"""The least that a configuration says."""

REMOVED = "(removed)"
"""Stands for a key that is taken away."""


def changed(changes: Mapping[str, Any], document: Mapping[str, Any] = DOCUMENT) -> dict[str, Any]:
    """Return a document with the values at some dotted keys replaced."""
    new: dict[str, Any] = copy.deepcopy(dict(document))
    for key, value in changes.items():
        *outer, last = key.split(".")
        section = new
        for part in outer:
            section = section.setdefault(part, {})
        if value == REMOVED:
            del section[last]
        else:
            section[last] = value
    return new


def write(folder: Path, document: Mapping[str, Any] | str) -> Path:
    """Write a document, or a text as it is, to a file in ``folder``."""
    path = folder / "driftd.yaml"
    text = document if isinstance(document, str) else yaml.safe_dump(document, sort_keys=False)
    path.write_text(text)
    return path


def settings_with(
    folder: Path, changes: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> Settings:
    """Load the small configuration with changes."""
    return load(write(folder, changed(changes)), environ or {})


def problems_with(
    folder: Path, changes: Mapping[str, Any], environ: Mapping[str, str] | None = None
) -> list[str]:
    """Return what is wrong with the small configuration after changes; it must be something."""
    try:
        settings_with(folder, changes, environ)
    except ConfigError as error:
        return error.problems
    raise AssertionError(f"nothing is wrong with {changes}")
