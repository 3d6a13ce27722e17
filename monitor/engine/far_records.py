"""The records of a stream that lay farthest outside the reference's support of late."""

from dataclasses import dataclass, field

from detectors.worst import Worst


@dataclass(slots=True)
class FarRecords:
    """The worst of the period that the newest block lies in, and of the one before.

    period: in blocks; the number of a block over it tells its period.
    """

    period: int
    number: int = -1
    newest: Worst = field(default_factory=Worst.empty)
    before: Worst = field(default_factory=Worst.empty)

    def add(self, block: int, worst: Worst) -> None:
        """Take the worst of the stream's next closed block."""
        number = block // self.period
        if number != self.number:
            adjacent = number == self.number + 1
            self.before = self.newest if adjacent else Worst.empty()
            self.newest = Worst.empty()
            self.number = number
        self.newest = self.newest + worst

    @property
    def worst(self) -> Worst:
        """The worst of both periods."""
        return self.newest + self.before
