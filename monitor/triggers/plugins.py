"""Receivers that other installed packages bring, by entry points."""

from collections.abc import Callable, Mapping
from importlib.metadata import entry_points
from typing import Any

from monitor.triggers.trigger import Trigger

GROUP = "driftd.triggers"

MakeTrigger = Callable[[Mapping[str, Any], float], Trigger]
"""What an entry point is: makes a Trigger of the configured options and the time limit in s; it
connects to nothing, and raises ValueError with the mend for options that it cannot use."""


class PluginError(ValueError):
    """A receiver of another package cannot be made; the message names the mend."""


def make_plugin(name: str, options: Mapping[str, Any], timeout_s: float) -> Trigger:
    """Return the receiver of a name among the entry points. Raises PluginError."""
    installed = {each.name: each for each in entry_points(group=GROUP)}
    if name not in installed:
        known = ", ".join(sorted(installed)) or "none is installed"
        raise PluginError(
            f"name: {name!r} is no entry point of the group {GROUP}; install the package that "
            f"brings it, or use one of: {known}"
        )
    try:
        make: MakeTrigger = installed[name].load()
    except (ImportError, AttributeError) as error:
        raise PluginError(
            f"name: {name!r} cannot be imported: {error}; mend its package"
        ) from error
    try:
        return make(options, timeout_s)
    except ValueError as error:
        raise PluginError(f"options: {error}") from error
