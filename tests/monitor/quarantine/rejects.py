"""Rejected records for the quarantine's tests."""

from collections.abc import Iterable

from monitor.decode.batch import Reject
from monitor.sources.source import Partition


def a_reject(
    offset: int, value: bytes = b"{", timestamp_ms: int | None = 1_767_571_200_000
) -> Reject:
    """A record that is no JSON."""
    return Reject(
        partition=Partition("traffic", 2),
        offset=offset,
        timestamp_ms=timestamp_ms,
        reason="malformed_json",
        error=f"topic 'traffic', partition 2, offset {offset}: the value is not JSON",
        value=value,
    )


def rejects(offsets: Iterable[int], size: int = 1) -> list[Reject]:
    """One record of ``size`` bytes per offset."""
    return [a_reject(offset, b"{" * size) for offset in offsets]
