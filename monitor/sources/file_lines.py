"""From a block of lines to a chunk of records, without a loop over them."""

from collections.abc import Iterator, Sequence
from itertools import compress
from typing import overload

import numpy as np

from monitor.sources.source import Chunk, Partition

NEWLINE, RETURN = 10, 13


class Lines(Sequence[bytes | None]):
    """The values of a chunk, cut out of its lines when they are first asked for."""

    def __init__(self, lines: bytes, count: int) -> None:
        """Take lines joined by newlines, and how many they are."""
        self._lines = lines
        self._count = count
        self._cut: list[bytes] | None = None

    def __len__(self) -> int:
        return self._count

    @overload
    def __getitem__(self, at: int) -> bytes: ...

    @overload
    def __getitem__(self, at: slice) -> Sequence[bytes]: ...

    def __getitem__(self, at: int | slice) -> bytes | Sequence[bytes]:
        return self._values()[at]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._values())

    def __contains__(self, value: object) -> bool:
        return value is not None and value in self._values()

    def _values(self) -> list[bytes]:
        if self._cut is None:
            self._cut = self._lines.split(b"\n") if self._count else []
        return self._cut


def chunk_of_lines(partition: Partition, block: bytes, offset: int) -> Chunk:
    r"""Return the records of a block of whole lines that lies at an offset of the partition.

    Blank lines hold no record, and a line may end in \r\n; a last line without a newline
    counts as whole. A record's offset is that of its first byte.
    """
    data = np.frombuffer(block, dtype=np.uint8)
    ends = np.flatnonzero(data == NEWLINE)
    closed = block.endswith(b"\n")
    if not closed:
        ends = np.append(ends, len(block))
    starts = np.empty_like(ends)
    starts[:1] = 0
    starts[1:] = ends[:-1] + 1
    lines = block[:-1] if closed else block
    if b"\r" in block:
        lines = (lines + b"\n").replace(b"\r\n", b"\n")[:-1]
        ends = ends - (data[np.maximum(ends - 1, 0)] == RETURN)
    kept = ends > starts
    if not kept.all():
        lines = b"\n".join(compress(lines.split(b"\n"), kept.tolist()))
        starts = starts[kept]
    return Chunk(
        partition=partition,
        values=Lines(lines, len(starts)),
        offsets=starts + offset,
        timestamps=None,
        next_offset=offset + len(block),
        lines=lines,
    )
