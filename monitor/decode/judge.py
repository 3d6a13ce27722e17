"""Which decoded records cannot be used after all: no prediction, or no sensible time."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from detectors.counts import FloatArray, IntArray
from monitor.decode.event_time import INVALID, MISSING
from monitor.decode.layout import Layout, Row
from monitor.decode.reasons import Reason, RecordError, too_far_ahead

Verdicts = NDArray[np.int8]
"""One per record: 0 where it is used, else the place of the reason in JUDGED plus one."""

JUDGED = (
    Reason.MISSING_PREDICTION,
    Reason.MISSING_TIME,
    Reason.INVALID_TIME,
    Reason.FUTURE_TIME,
)


@dataclass(frozen=True, slots=True)
class Judge:
    """Judges records by their predictions and times.

    future_ms: how far ahead of the log's own time an event time may be.
    """

    layout: Layout
    future_ms: int

    def judge(self, score: FloatArray, times: IntArray, clock: IntArray) -> Verdicts:
        """Return the verdict on each record.

        score: (n,), nan where there is no prediction. times: (n,), event times in ms, INVALID
        or MISSING. clock: (n,), the log's time of each record, or the wall clock, in ms.
        """
        conditions = [
            np.isnan(score), times == MISSING, times == INVALID, times > clock + self.future_ms,
        ]  # fmt: skip
        codes = np.arange(1, len(JUDGED) + 1, dtype=np.int8)
        return np.select(conditions, list(codes), np.int8(0))

    def refusal(self, verdict: int, row: Row, time: int, clock: int) -> RecordError:
        """Return a verdict other than 0 in words."""
        reason = JUDGED[verdict - 1]
        if reason is Reason.MISSING_PREDICTION:
            return RecordError(reason, self.layout.prediction.problem())
        leaf = self.layout.time
        if reason is Reason.FUTURE_TIME:
            name = f"field '{leaf.name}'" if leaf else "the log's time of the record"
            return too_far_ahead(name, time, clock, self.future_ms)
        if leaf is None:
            found = "no time" if reason is Reason.MISSING_TIME else "no time from 1970 to 2199"
            return RecordError(
                reason, f"the log keeps {found} of the record; configure records.time"
            )
        span = "" if reason is Reason.MISSING_TIME else " from 1970 to 2199"
        return RecordError(reason, leaf.problem(leaf.get(row)) + span)
