"""The registry of attacks: a new one is a file and a line here."""

from detectors.robustness.threat import Attack

ATTACKS: dict[str, type[Attack]] = {each.name: each for each in list[type[Attack]]()}
"""By the name that a configuration gives."""
