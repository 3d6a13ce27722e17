"""JSON Lines files: one record a line, laid out as live records are or otherwise."""

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import reduce
from itertools import chain, islice
from pathlib import Path
from types import NoneType
from typing import Any, ClassVar

import msgspec
import pyarrow as pa

from monitor.reference.table import DataError, Place, RawBatch

BLOCK_BYTES = 4 << 20
"""Bytes parsed at a time; a longer line is read whole."""

PROBED_ROWS = 10_000
"""Records in which the fields that there are must show."""


@dataclass(frozen=True, slots=True)
class JsonTable:
    """A JSON Lines file. A field that is null or not there is a missing value."""

    path: Path
    parse: ClassVar[bool] = False

    def places(self) -> list[Place]:
        """Return the keys of the first records and of the objects in them, at any depth."""
        found: dict[Place, None] = {}
        probed = 0
        for records, _ in self._blocks():
            for record in islice(records, PROBED_ROWS - probed):
                found |= dict.fromkeys(_within(record))
            probed += len(records)
            if probed >= PROBED_ROWS:
                break
        return sorted(found, key=len)

    def read(self, places: Sequence[Place], rows: int) -> Iterator[RawBatch]:  # noqa: ARG002
        """Yield the values at some places; a batch has the records of a block of text."""
        for records, position in self._blocks():
            columns = [_arrow(reduce(_follow, place, records)) for place in places]
            yield RawBatch(len(records), columns, position)

    def _blocks(self) -> Iterator[tuple[list[Any], int]]:
        lines = 0
        with self.path.open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                block += file.readline()
                try:
                    records = _decode(block)
                except _BadLineError as bad:
                    raise DataError(
                        f"{self.path}: line {lines + bad.line} is no JSON object: {bad}"
                    ) from bad
                lines += block.count(b"\n")
                yield records, file.tell()


class _BadLineError(Exception):
    """A line, counted from 1, is no JSON object."""

    def __init__(self, line: int, problem: str) -> None:
        super().__init__(problem)
        self.line = line


_objects = msgspec.json.Decoder(dict[str, Any])


def _decode(block: bytes) -> list[dict[str, Any]]:
    try:
        return _objects.decode_lines(block)
    except (msgspec.DecodeError, RecursionError):
        lines = block.split(b"\n")
        return [_decode_line(line, number) for number, line in enumerate(lines, 1) if line.strip()]


def _decode_line(line: bytes, number: int) -> dict[str, Any]:
    # Python's own parser takes NaN and Infinity, which many producers write.
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise _BadLineError(number, str(error)) from error
    if b"\\ud" in line.lower():
        # No file can hold half of a surrogate pair: it becomes "?", as in live records.
        whole = json.dumps(record, ensure_ascii=False).encode(errors="replace")
        record = json.loads(whole)
    if not isinstance(record, dict):
        raise _BadLineError(number, f"it is {line[:40].decode(errors='replace')}")
    return record


def _within(value: Any) -> Iterator[Place]:
    if isinstance(value, dict):
        for key, inner in value.items():
            yield (key,)
            yield from ((key, *place) for place in _within(inner))


def _follow(values: list[Any], key: str) -> list[Any]:
    try:
        return [value[key] for value in values]
    except (KeyError, TypeError, IndexError):
        return [value.get(key) if isinstance(value, dict) else None for value in values]


def _arrow(values: list[Any]) -> pa.Array | list[Any]:
    """Return values of one type as an Arrow array, others as they are."""
    kinds = set(map(type, values)) - {NoneType}
    if kinds == {list}:
        kinds |= set(map(type, chain.from_iterable(filter(None, values))))
    # Arrow would take a boolean among floats for a number.
    if dict in kinds or (bool in kinds and len(kinds) > 1):
        return values
    try:
        return pa.array(values)
    except (pa.ArrowException, OverflowError):
        return values
