"""Which driftd this is."""

import json
import platform
from dataclasses import dataclass
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution


@dataclass(frozen=True, slots=True)
class Build:
    """The version of the package, the revision that it was installed from, Python's version.

    revision is empty unless the package was installed from a repository.
    """

    version: str
    revision: str
    python_version: str


@cache
def read_build() -> Build:
    """Return what the installed package says of itself; "unknown" where it is not installed."""
    python = platform.python_version()
    try:
        package = distribution("driftd")
    except PackageNotFoundError:
        return Build("unknown", "", python)
    origin = json.loads(package.read_text("direct_url.json") or "{}")
    revision = origin.get("vcs_info", {}).get("commit_id", "")
    return Build(package.version, revision, python)
