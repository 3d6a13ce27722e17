"""The units of a reference as blocks that the evidence observes, made one at a time."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import overload

from detectors.counts import IntArray
from detectors.evidence.closing import Closing
from detectors.evidence.observed import Observed
from monitor.reference.unit_sums import UnitSums


@dataclass(frozen=True, slots=True)
class UnitBlocks(Sequence[Observed]):
    """The units in which some segments together have a row, oldest first.

    Each is made when it is asked for: all of them would take many times the memory of the sums.
    """

    sums: UnitSums
    segments: tuple[int, ...]
    closing: Closing
    places: IntArray

    @classmethod
    def of(cls, sums: UnitSums, segments: tuple[int, ...], closing: Closing) -> "UnitBlocks":
        """Return all units that hold rows."""
        return cls(sums, segments, closing, sums.held(segments))

    def __len__(self) -> int:
        return len(self.places)

    @overload
    def __getitem__(self, at: int) -> Observed: ...

    @overload
    def __getitem__(self, at: slice) -> "UnitBlocks": ...

    def __getitem__(self, at: int | slice) -> "Observed | UnitBlocks":
        if isinstance(at, slice):
            return replace(self, places=self.places[at])
        place = int(self.places[at])
        units = self.sums.units
        summary = self.sums.summary(self.segments, place)
        return self.closing.observed(units.first + place, units.middle_ms(place), summary)
