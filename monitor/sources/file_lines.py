"""From a block of lines to a chunk of records, without a loop over them."""

from itertools import compress

import numpy as np

from monitor.sources.lines import Lines
from monitor.sources.source import Chunk, Partition

NEWLINE, RETURN = 10, 13


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
    starts, steps = starts[kept], (ends - starts + 1)[kept]
    return Chunk(
        partition=partition,
        values=Lines(lines, np.cumsum(steps) - steps),
        offsets=starts + offset,
        timestamps=None,
        next_offset=offset + len(block),
    )
