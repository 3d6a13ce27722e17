"""The check by replay: how often would the held-out half of a reference have paged?"""

from collections.abc import Sequence
from dataclasses import dataclass

from detectors.evidence.budget import Budget
from detectors.evidence.calibrate import calibrate
from detectors.evidence.detector import Detector
from detectors.evidence.history import History
from detectors.evidence.observed import Observed
from detectors.evidence.ratios import Ratios


@dataclass(frozen=True, slots=True)
class Replay:
    """What the held-out half of a reference did under the calibration of the other half.

    pages: raised, each one restarts the windows. blocks: replayed. highest: evidence, in nats.
    """

    pages: int
    blocks: int
    highest: float

    def threshold(self, budget: Budget) -> float:
        """Return the page threshold, raised by the excess where the replay paged too often."""
        allowed = budget.pages * self.blocks / budget.blocks
        if self.pages <= allowed:
            return budget.page_threshold
        return max(budget.page_threshold, self.highest)


def replayed(ratios: Ratios, blocks: Sequence[Observed], budget: Budget, longest: int) -> Replay:
    """Calibrate on the first half of a reference in time order and watch the second.

    ratios: not calibrated. blocks: one Observed a block, oldest first, with the season's basis.
    longest: blocks of the longest window. Raises ValueError if half is too short to calibrate.
    """
    half = len(blocks) // 2
    detector = Detector(calibrate(ratios, blocks[:half], budget.block_ms))
    history, since, pages, highest = History(longest), 0, 0, 0.0
    for block in blocks[half:]:
        evidence = detector.step(history.push(block), since)
        highest = max(highest, evidence.value)
        if evidence.value >= budget.page_threshold:
            pages += 1
            since = block.last + 1
    return Replay(pages, len(blocks) - half, highest)
