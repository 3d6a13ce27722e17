"""The seam to where rejected records are kept for people to look at."""

import base64
from collections.abc import Sequence
from typing import Protocol

import msgspec

from monitor.decode.batch import Reject


class QuarantineError(OSError):
    """Rejected records are not kept yet; the message names the place and what to do."""


class Quarantine(Protocol):
    """Keeps rejected records, and never stands in the way of the others.

    written: records kept. failures: records whose writing failed. dropped: records given up or
    pushed out by newer ones. All since this process began.
    """

    written: int
    failures: int
    dropped: int

    def put(self, rejects: Sequence[Reject]) -> None:
        """Take rejected records; what goes wrong is counted, never raised."""
        ...

    def flush(self) -> None:
        """Return once what was taken is safe.

        To be called before the position behind the records is stored. Raises OSError if they
        are not safe, within a few seconds; the position is not to be stored then.
        """
        ...

    def position(self) -> int:
        """Return where writing goes on, to be stored together with the log's positions.

        Opened again at that position, the quarantine forgets what was written behind it: the
        log is read again from there, and the same records are rejected again.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


class QuarantineRecord(msgspec.Struct, frozen=True, omit_defaults=True):
    """A rejected record as one line of JSON.

    timestamp: the log's time in ms, absent where it keeps none. value: the record as text, or
    value_base64 where it is not UTF-8.
    """

    topic: str
    partition: int
    offset: int
    reason: str
    error: str
    timestamp: int | None = None
    value: str | None = None
    value_base64: str | None = None

    @classmethod
    def of(cls, reject: Reject) -> "QuarantineRecord":
        """Return the record of a reject."""
        try:
            text, encoded = reject.value.decode(), None
        except UnicodeDecodeError:
            text, encoded = None, base64.b64encode(reject.value).decode()
        return cls(
            topic=reject.partition.topic,
            partition=reject.partition.number,
            offset=reject.offset,
            reason=reject.reason,
            error=reject.error,
            timestamp=reject.timestamp_ms,
            value=text,
            value_base64=encoded,
        )
