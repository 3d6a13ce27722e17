"""A budget of false alarms, as a threshold of evidence."""

import math
from dataclasses import dataclass

TICKETS_PER_PAGE = 10
"""How often tickets may be false for each false page, where nothing else is said."""


@dataclass(frozen=True, slots=True)
class Budget:
    """At most ``pages`` false pages in ``per_ms`` milliseconds of blocks of ``block_ms``.

    tickets_per_page: tickets may be false so many times as often. Where blocks are of rows,
    ``per_ms`` is in blocks, of which each is 1.
    A page at evidence log A or more is false at most blocks / A times in that many blocks,
    whatever the dependence between features: by Ville's inequality for each start of a window
    and the union over all of them.

    Source: Ville (1939); Shin, Ramdas and Rinaldo (2024), E-detectors.
    """

    pages: float
    per_ms: int
    block_ms: int
    tickets_per_page: float = TICKETS_PER_PAGE

    def __post_init__(self) -> None:
        if not 0 < self.pages < self.blocks:
            raise ValueError(
                f"{self.pages} pages in {self.blocks:g} blocks is no budget; "
                "allow more than 0 and fewer than one a block"
            )

    @property
    def blocks(self) -> float:
        """Blocks in the period."""
        return self.per_ms / self.block_ms

    @property
    def page_threshold(self) -> float:
        """Evidence at which a page is raised, log A, in nats."""
        return math.log(self.blocks / self.pages)

    def shared_threshold(self, streams: int, floor: float) -> float:
        """Return the evidence at which one of so many streams pages, in nats.

        They share the budget alike. floor: evidence below which there is no page in any case.
        """
        return max(floor, self.page_threshold + math.log(streams))

    @property
    def ticket_threshold(self) -> float:
        """Evidence at which a ticket is raised, in nats."""
        return self.page_threshold - math.log(self.tickets_per_page)

    def p_value(self, evidence: float) -> float:
        """Return a bound on the chance of so much evidence anywhere in the period."""
        return min(1.0, self.blocks * math.exp(-max(evidence, -700.0)))
