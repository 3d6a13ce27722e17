"""What a reference can see before any drift has come: the smallest detectable shifts."""

import math
from collections.abc import Mapping

import numpy as np

from detectors.counts import FloatArray
from detectors.evidence.budget import Budget
from detectors.evidence.smallest_effect import smallest_shifts
from monitor.reference.file import Reference

ASSUMED_RECORDS = 1_000
"""Records a block where a reference knows nothing of the traffic."""


def sight(
    reference: Reference,
    segment: str,
    page_blocks: float,
    pages: float,
    windows: Mapping[str, int],
    records_per_block: float,
    ignore_below: float,
) -> Mapping[str, FloatArray]:
    """Return the shift of each feature that would page within a window, in 4 of 5 cases.

    segment: "" for all rows. page_blocks, pages: the budget, so many pages in so many blocks.
    windows: lengths in blocks, by name. records_per_block: the stream's traffic. ignore_below:
    effects in sd that page no one. Returns shape (features,) for each window, in sd of the
    reference; nan for features without an order, inf where not even 2 sd would do.
    """
    counts = reference.summary_for(segment).counts
    learned = reference.learned_for(segment)
    ratios = learned.ratios(reference.profile, counts, wanders=False, ignore_below=ignore_below)
    threshold = page_threshold(reference, segment, page_blocks, pages)
    powers = [2**power for power in range(max(windows.values()).bit_length())]
    with np.errstate(divide="ignore"):  # a listed segment may have no row, and then sees nothing
        found = {
            length: smallest_shifts(ratios, threshold, length, records_per_block)
            for length in {*powers, *windows.values()}
        }
    # Where long windows wander, shorter ones may see more.
    return {
        name: np.minimum.reduce([found[length] for length in found if length <= blocks])
        for name, blocks in windows.items()
    }


def page_threshold(reference: Reference, segment: str, page_blocks: float, pages: float) -> float:
    """Return the evidence at which the stream of a segment pages, in nats.

    The streams of a model, here those of one version, share its budget alike; a reference whose
    replay paged more often than that raises the threshold.
    """
    budget = Budget(pages, per_ms=math.ceil(page_blocks), block_ms=1)
    streams = len(reference.segments) + 1 if segment else 1
    return budget.shared_threshold(streams, reference.learned_for(segment).floor(budget))
