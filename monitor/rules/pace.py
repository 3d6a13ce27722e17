"""How long the rules of a model look and wait: by its configuration, or for any model."""

from dataclasses import dataclass
from typing import Self

from monitor.config.model import ModelConfig

MINUTE_MS = 60_000
HOUR_MS = 60 * MINUTE_MS
DAY_MS = 24 * HOUR_MS
WEEK_MS = 7 * DAY_MS

FEW_BLOCKS = 4
"""Records are counted when their block closes: what is compared must span a few."""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long the rules of a model look and wait, in ms.

    silence: in which a busy model has records, None where that cannot be told. whole: in which any
    model has some on a day like those before. rejects: over which their share is taken. labels:
    in which a model that is labelled all the time has labels. estimate: how long an estimate must
    lie below the reference. keep: how long an alarm must have been gone.
    """

    silence: int | None = 30 * MINUTE_MS
    whole: int = DAY_MS
    rejects: int = 15 * MINUTE_MS
    labels: int = 6 * HOUR_MS
    estimate: int = 10 * MINUTE_MS
    keep: int = 15 * MINUTE_MS

    @classmethod
    def of(cls, model: ModelConfig, cooldown_ms: int) -> Self:
        """Return the pace of a configured model; cooldown_ms: of its events."""
        horizon = HOUR_MS if model.labels is None else model.labels.horizon
        labels = _between(HOUR_MS, horizon, 6 * HOUR_MS)
        if model.grid.by_rows:
            return cls(silence=None, labels=labels)
        few = FEW_BLOCKS * model.block + model.lateness + model.idle_after
        silence = _rounded(max(30 * MINUTE_MS, few))
        return cls(
            silence=silence if 3 * silence <= DAY_MS else None,
            whole=_rounded(max(DAY_MS, few)),
            rejects=_rounded(max(15 * MINUTE_MS, few)),
            labels=_rounded(max(labels, few)),
            estimate=_rounded(2 * model.block),
            keep=cooldown_ms,
        )


def _between(least: int, value: int, most: int) -> int:
    return max(least, min(value, most))


def _rounded(time_ms: int) -> int:
    """Return a time in whole minutes, which are easier to read."""
    return -(-time_ms // MINUTE_MS) * MINUTE_MS
