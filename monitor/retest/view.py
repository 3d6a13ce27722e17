"""What is known of the re-tests of a model, as others see it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from monitor.retest.result import Run
from monitor.retest.totals import Totals


@dataclass(frozen=True, slots=True)
class RetestsView:
    """The re-tests of a model.

    runs: the newest finished run of each re-test, by its name. running: the one that runs now.
    next_ms: when each configured re-test runs next, None where only when asked for. totals: over
    the runs of each re-test that ended.
    """

    runs: Mapping[str, Run] = field(default_factory=dict)
    running: Run | None = None
    next_ms: Mapping[str, int | None] = field(default_factory=dict)
    totals: Mapping[str, Totals] = field(default_factory=dict)
