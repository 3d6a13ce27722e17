"""Records that already lie end to end, as the lines of a text."""

from collections.abc import Iterator, Sequence
from typing import overload

from detectors.counts import IntArray


class Lines(Sequence[bytes | None]):
    """The values of a chunk as one text; each is cut out of it only when it is asked for.

    text: the records joined by newlines, so that a parser can take them all at once. starts:
    (n,), where each record begins in it.
    """

    __slots__ = ("_starts", "text")

    def __init__(self, text: bytes, starts: IntArray) -> None:
        self.text = text
        self._starts = starts

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, at: int) -> bytes: ...

    @overload
    def __getitem__(self, at: slice) -> "Lines": ...

    def __getitem__(self, at: int | slice) -> "bytes | Lines":
        if isinstance(at, slice):
            first, last, _ = at.indices(len(self))
            start, end = self._bounds(first, last)
            return Lines(self.text[start:end], self._starts[first:last] - start)
        start, end = self._bounds(at, at + 1)
        return self.text[start:end]

    def __iter__(self) -> Iterator[bytes]:
        return iter(self.text.split(b"\n") if len(self) else ())

    def __contains__(self, value: object) -> bool:
        return value is not None and value in list(self)

    def _bounds(self, first: int, last: int) -> tuple[int, int]:
        """Return where records from ``first`` to before ``last`` begin and end in the text."""
        if first >= last:
            return 0, 0
        end = len(self.text) if last == len(self) else int(self._starts[last]) - 1
        return int(self._starts[first]), end
