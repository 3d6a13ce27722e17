"""The seam between logs and the pipeline: chunks of raw records with their offsets."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Protocol

from detectors.counts import IntArray


@dataclass(frozen=True, slots=True, order=True)
class Partition:
    """One ordered log: a topic's partition in Kafka, a topic's folder in the file log."""

    topic: str
    number: int

    @property
    def key(self) -> int:
        """A number of 63 bits that names the partition in every process."""
        name = f"{self.topic}/{self.number}".encode()
        return int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 1

    def __str__(self) -> str:
        return f"topic '{self.topic}', partition {self.number}"


@dataclass(frozen=True, slots=True)
class Chunk:
    """Consecutive raw records of one partition, in the log's order.

    values: the records' bytes; None is a tombstone. offsets: (n,), increasing, each the
    position of its record in the partition. timestamps: (n,), the log's own record time in
    ms, or None where the log keeps none. next_offset: where reading goes on after them; it may
    lie past the last offset (transaction markers, blank lines).
    A chunk without records tells only where reading goes on: where a partition begins, or
    behind a gap. rewound: offsets from next_offset on come again with other records, because the
    topic was made anew or lost its end; positions past it no longer hold.
    marked: offsets of records with a header that marks those of re-tests; None for none.
    """

    partition: Partition
    values: Sequence[bytes | None]
    offsets: IntArray
    timestamps: IntArray | None
    next_offset: int
    rewound: bool = False
    marked: IntArray | None = None

    def __len__(self) -> int:
        return len(self.offsets)


@dataclass(frozen=True, slots=True)
class SourceStatus:
    """What a source tells operators about itself.

    lag: records (Kafka) or bytes (file log) between a partition's position and its end.
    at_end: the assigned partitions that are read to their end, as far as is known.
    lost: records that retention removed before they were read, per partition.
    offset_resets: how often a partition's position had to be reset.
    rebalances: times that partitions were assigned, revoked or lost.
    """

    connected: bool
    assigned: frozenset[Partition]
    at_end: frozenset[Partition]
    lag: Mapping[Partition, int]
    bytes_total: int
    errors_total: int
    lost: Mapping[Partition, int]
    offset_resets: Mapping[Partition, int]
    rebalances: Mapping[str, int]
    problem: str = ""


class Source(Protocol):
    """A log that is read in chunks from positions that the caller keeps.

    A source never stores a position of its own: after a restart it is opened again with the
    positions of the snapshot. poll() returns within about timeout_s, with nothing where
    nothing came; transient errors (a broker that is down) are counted, told in status() and
    retried within poll(), never raised. Raises SourceError for what cannot mend itself.
    """

    name: str

    def poll(self, timeout_s: float) -> list[Chunk]: ...

    def status(self) -> SourceStatus: ...

    def finished(self) -> frozenset[Partition]:
        """Partitions read to the end that they had when the source was opened."""
        ...

    def all_finished(self) -> bool:
        """Whether every partition that there was when the source was opened is finished."""
        ...

    def acknowledge(self, positions: Mapping[Partition, int]) -> None:
        """Tell the source which positions are safely stored (for lag dashboards only)."""
        ...

    def close(self) -> None: ...


class SourceError(Exception):
    """A log cannot be read, and waiting would not help; the message says what to do."""
