"""Records that re-tests caused: told by their id or a field, left out and only counted."""

from collections.abc import Mapping, Sequence
from itertools import compress
from operator import attrgetter
from typing import Any

import numpy as np

from detectors.counts import BoolArray
from monitor.decode.json_lines import Rows
from monitor.decode.layout import Layout, Row
from monitor.decode.lenient import load_quickly
from monitor.schema import Marks, Path


class MarkSieve:
    """Leaves records of re-tests out of what was read, before anything is judged by it.

    A record that cannot be used is looked at too: what a re-test makes a model log is often odd,
    and it must not fill the quarantine.
    """

    def __init__(self, layout: Layout, marks: Marks | None) -> None:
        """Compile; marks: None where no record can be told to be of a re-test."""
        self._prefix = marks.id_prefix if marks is not None and layout.id is not None else ""
        self._id = None if layout.id is None else attrgetter(layout.id.attribute)
        self._id_path: Path = layout.id.path if layout.id is not None else ()
        self._mark = None if layout.mark is None else attrgetter(layout.mark.attribute)
        self._mark_path: Path = layout.mark.path if layout.mark is not None else ()
        # Nothing else of a value is looked at where neither of these occurs in its bytes.
        self._traces = [f'"{self._prefix}'.encode()] if self._prefix else []
        self._keys = [self._mark_path[-1].encode()] if self._mark_path else []

    def sift(self, read: Rows, values: Sequence[bytes | None]) -> tuple[Rows, int]:
        """Return what was read of some values without records of re-tests, and how many those are.

        values: those that were read.
        """
        kept = self._unmarked(read.rows)
        refusals = [each for each in read.refusals if not self._bears(values[each[0]] or b"")]
        dropped = int(len(kept) - kept.sum()) + len(read.refusals) - len(refusals)
        if not dropped:
            return read, 0
        place_of = np.cumsum(kept) - 1
        rest = Rows(
            rows=list(compress(read.rows, kept)),
            places=read.places[kept],
            invalid=[(int(place_of[row]), each) for row, each in read.invalid if kept[row]],
            refusals=refusals,
        )
        return rest, dropped

    def _unmarked(self, rows: Sequence[Row]) -> BoolArray:
        kept = np.ones(len(rows), np.bool_)
        if self._prefix and self._id is not None:
            prefix = self._prefix
            found = [
                at
                for at, each in enumerate(map(self._id, rows))
                if each.__class__ is str and each.startswith(prefix)
            ]
            kept[found] = False
        if self._mark is not None:
            kept[[at for at, each in enumerate(map(self._mark, rows)) if _is_set(each)]] = False
        return kept

    def _bears(self, value: bytes) -> bool:
        """Tell whether a value that holds no usable record bears a mark."""
        if not any(trace in value for trace in (*self._traces, *self._keys)):
            return False
        record = load_quickly(value)
        if not isinstance(record, dict):
            # Cut or damaged: an id of a re-test tells what it was.
            return any(trace in value for trace in self._traces)
        record_id = _at(record, self._id_path)
        if self._prefix and isinstance(record_id, str) and record_id.startswith(self._prefix):
            return True
        return bool(self._mark_path) and _is_set(_at(record, self._mark_path))


def _is_set(value: object) -> bool:
    return value is not None and value is not False


def _at(record: Mapping[str, Any], path: Path) -> Any:
    found: Any = record
    for key in path:
        found = found.get(key) if isinstance(found, dict) else None
    return found
