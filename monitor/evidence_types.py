"""The shapes of evidence, and of what it rests on, in JSON."""

from typing import Literal

import msgspec

CalibrationState = Literal["reference", "warming_up", "learned", "independent"]


class Span(msgspec.Struct, frozen=True):
    """Event time from one moment to another; null where blocks are of rows."""

    start: str | None = msgspec.field(name="from")
    end: str | None = msgspec.field(name="to")


class Evidence(msgspec.Struct, frozen=True):
    """How strongly the newest windows of a stream speak for drift, and for which.

    value: on a logarithmic scale; 2.3 more says ten times as much. share_of_page: of what raises
    a page, 1 and more is one. chance_without_drift: at most so probable anywhere in the budget's
    period if nothing has drifted. kind: what changed: location (the values went up or down),
    scale (their spread), skewness, tails (how many are extreme), spike (how many are one value),
    category, missing, unseen (never seen before), outside (of the known range), many features
    (each a little), correlation, or of performance error (more wrong answers) or loss (larger
    losses); null where there is no evidence. feature: null where many changed together. found_by:
    windows, or adwin on the prediction scores or errors. window, blocks, records: where it was
    found. effect_sd: size and direction of the change, in standard
    deviations of the reference; psi: the same as a population stability index.
    """

    value: float | None
    share_of_page: float | None
    chance_without_drift: float | None
    kind: str | None
    feature: str | None
    found_by: str
    window: Span
    blocks: int
    records: int
    effect_sd: float | None
    psi: float | None
