"""What two facts of one id are to each other: a function of what the two logs say of them.

Every rule compares a record's own watermark with the time of the other fact, never what has
been read of the other log so far, so that it holds in any interleaving of the two logs:

- *known*: an earlier fact of the same side is known to a later record until the record's
  watermark is ``known_ms`` past the fact's slice. The first one wins; an id that comes again
  after that is a new one.
- *fits*: the label's time is at most a horizon after the prediction's; when the label came, its
  log had not passed the prediction's time by more than a horizon; and when the prediction came,
  its log had not passed the label's time by more than a horizon.
- *late*: the prediction came while the label was waited for, the label while the prediction was
  known, but they do not fit: the label came after the horizon.

A prediction fits one label at most and a label one prediction, as two known firsts of one side
lie more than two horizons and a lateness apart. A label belongs to the first prediction, in the
order of the log, that it fits or is late for; so the order in which the two sides are read has
no say.
"""

import numpy as np

from detectors.counts import BoolArray
from monitor.labels.facts import FactArray, JoinSettings


def known(settings: JoinSettings, earlier: FactArray, record: FactArray) -> BoolArray:
    """Return which earlier facts are known to later records of their side and id; shape (n,)."""
    until = settings.end_of(earlier["effective"]) + settings.known_ms
    return np.asarray(record["watermark"] <= until)


def fits(settings: JoinSettings, prediction: FactArray, label: FactArray) -> BoolArray:
    """Return which labels are the ones of the predictions; shape (n,)."""
    until = prediction["time"] + settings.horizon_ms
    in_time = (label["time"] <= until) & (label["watermark"] <= until)
    return np.asarray(in_time & _awaited(settings, prediction, label))


def late(settings: JoinSettings, prediction: FactArray, label: FactArray) -> BoolArray:
    """Return which labels came too late for the predictions; shape (n,)."""
    near = _awaited(settings, prediction, label) & known(settings, prediction, label)
    return np.asarray(near & ~fits(settings, prediction, label))


def _awaited(settings: JoinSettings, prediction: FactArray, label: FactArray) -> BoolArray:
    """Return which labels were still waited for when the predictions came."""
    return np.asarray(prediction["watermark"] <= label["time"] + settings.horizon_ms)
