"""The order in which open blocks are written."""

from collections.abc import Mapping
from typing import Any

from monitor.engine.stream_settings import StreamKey


def keys_of(open_blocks: Mapping[int, Mapping[StreamKey, Any]]) -> list[tuple[int, StreamKey]]:
    """Return block and stream of everything in open blocks, in order."""
    return [(block, key) for block in sorted(open_blocks) for key in sorted(open_blocks[block])]
