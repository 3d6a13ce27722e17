"""How far behind the log's end the reading is, in the units that readers of it want."""

from typing import Literal

from monitor.sources.source import SourceStatus

LAG_IN_BYTES = frozenset({"files"})
"""Names of the sources whose lag is told in bytes; that of the others is in records."""


def lag_unit(source_name: str) -> Literal["records", "bytes"]:
    """Return what the lag of a source is counted in."""
    return "bytes" if source_name in LAG_IN_BYTES else "records"


def lag_seconds(status: SourceStatus, newest_record_ms: int | None, now_s: float) -> float | None:
    """Return how old the newest record handled is while there are more to read, else 0.

    now_s: unix time. None where nothing has been handled yet although there is something
    to read.
    """
    if status.assigned <= status.at_end:
        return 0.0
    if newest_record_ms is None:
        return None
    return max(0.0, now_s - newest_record_ms / 1000)
