"""The tokens NaN and Infinity, which are no JSON and which Python's json writes all the time."""

from collections.abc import Callable
from math import nan
from operator import attrgetter

from msgspec.structs import astuple

from monitor.decode.field_types import NUMBER
from monitor.decode.layout import Layout, Leaf, Row

TOKENS = (b"NaN", b"-Infinity", b"Infinity")


def replace_bare_tokens(value: bytes, substitute: bytes) -> tuple[bytes, int]:
    """Return JSON with its bare tokens replaced, and how many there were.

    Strings keep theirs. Nothing is replaced where a string holds an escaped quotation mark,
    for then the strings cannot be told by counting the marks.
    """
    if b'\\"' in value:
        return value, 0
    total = 0
    for token in TOKENS:
        if token in value:
            value, count = _replace_outside_strings(value, token, substitute)
            total += count
    return value, total


def _replace_outside_strings(value: bytes, token: bytes, substitute: bytes) -> tuple[bytes, int]:
    first, *others = value.split(token)
    pieces = [first]
    marks = first.count(b'"')
    count = 0
    for piece in others:
        outside = marks % 2 == 0
        count += outside
        pieces += [substitute if outside else token, piece]
        marks += piece.count(b'"')
    return (b"".join(pieces), count) if count else (value, 0)


class BareTokenReader:
    """Reads records in which some numeric features are NaN or Infinity, and nothing else is odd.

    The tokens become nulls, which the strict parser takes. A record is read only if the nulls
    then found in numeric features are as many as the tokens, and cannot be its own.
    """

    def __init__(self, layout: Layout) -> None:
        numbers: dict[str, list[Leaf]] = {}
        for leaf in dict.fromkeys(layout.numeric):
            if leaf.type is NUMBER and leaf is not layout.prediction:
                numbers.setdefault(leaf.parent, []).append(leaf)
        self._numbers = list(numbers.items())
        self._decode: Callable[[bytes], Row] | None = layout.decoder and layout.decoder.decode

    def read(self, value: bytes) -> tuple[Row, list[Leaf]] | None:
        """Return a record's row and the leaves that hold a bare token; None where unsure."""
        if self._decode is None or b"null" in value:
            return None
        strict, tokens = replace_bare_tokens(value, b"null")
        if not tokens:
            return None
        try:
            strict.decode()  # the strict parser does not look into strings that it skips
            row = self._decode(strict)
        except (ValueError, RecursionError):
            return None
        found = [leaf for parent, leaves in self._numbers for leaf in _blank(row, parent, leaves)]
        return (row, found) if len(found) == tokens else None


def _blank(row: Row, parent: str, leaves: list[Leaf]) -> list[Leaf]:
    """Blank the nulls among the numeric fields of one object; return which they are."""
    holder = attrgetter(parent)(row) if parent else row
    values = astuple(holder)
    if None not in values:
        return []
    found = [leaf for leaf in leaves if values[leaf.place] is None]
    for leaf in found:
        setattr(holder, f"f{leaf.place}", nan)
    return found
