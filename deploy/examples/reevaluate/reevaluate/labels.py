"""The labels of some records, and the wait for those that are still to come."""

import time
from collections.abc import Mapping

from monitor.decode.labels import LabelDecoder
from reevaluate.logs import Log
from reevaluate.records import Key, Record
from reevaluate.subject import Subject

EARLY_MS = 3_600_000
"""Labels that the log took longer before the first record are not looked for."""

Labels = dict[Key, float]
"""Labels as numbers: the value of a regression, else the code of a class, by the task's order."""


def find_labels(
    records: Mapping[Key, Record], topic: str, subject: Subject, log: Log, until_s: float
) -> Labels:
    """Return the labels of records by the partition and the id, the first one that fits each.

    Reads what there is, then waits for the others until ``until_s``, in s since 1970. A label fits
    up to the horizon after its record, as the daemon has it. Raises LogError.
    """
    config = subject.config
    assert config.labels is not None, "a subject has labels"
    decoder = LabelDecoder(subject.labels, subject.task.classes, config.future)
    found: Labels = {}
    for chunk in log.since(topic, _start(records, config.grid.by_rows), until_s):
        batch = decoder.decode(chunk, time.time_ns() // 1_000_000)
        number = chunk.partition.number
        for label_id, moment, value in zip(
            batch.ids, batch.times.tolist(), batch.values.tolist(), strict=True
        ):
            key = (number, str(label_id))
            record = records.get(key)
            if record is not None and moment <= record.time_ms + config.labels.horizon:
                found.setdefault(key, value)
        if len(found) == len(records):
            break
    return found


def _start(records: Mapping[Key, Record], by_rows: bool) -> int | None:
    """Return when the log took the first label that may matter, None for its beginning."""
    if by_rows or not records:
        return None
    return max(0, min(each.time_ms for each in records.values()) - EARLY_MS)
