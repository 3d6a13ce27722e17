"""What a stream's windows say: the largest evidence of drift, and what it is evidence of."""

from dataclasses import dataclass
from enum import StrEnum

from detectors.evidence.groups import Group
from detectors.evidence.streams import Kind

LOWEST = 0.0
"""Evidence below this says nothing, and is not looked for."""

JOINT = -1
"""Stands for the feature where a change lies in many of them together."""


class Source(StrEnum):
    """What found a change."""

    WINDOWS = "windows"
    ADWIN = "adwin"


@dataclass(frozen=True, slots=True)
class Evidence:
    """The largest evidence of drift in any window of a stream, and what it is evidence of.

    value: in nats, at least 0; comparable with Budget.page_threshold. group, kind: None where
    there is none. feature: row in Profile.features, or JOINT. column: of the table of counts,
    or -1. first, last: blocks of the window; records: in it. effect: sd units, signed; of
    JOINT in many features the largest of a single one. psi: of the feature in the window, less
    its sampling noise; None for JOINT. source: what found it.
    """

    value: float = LOWEST
    group: Group | None = None
    kind: Kind | None = None
    feature: int = JOINT
    column: int = -1
    first: int = -1
    last: int = -1
    records: int = 0
    effect: float = 0.0
    psi: float | None = None
    source: Source = Source.WINDOWS

    @property
    def blocks(self) -> int:
        """Length of the window."""
        return self.last - self.first + 1
