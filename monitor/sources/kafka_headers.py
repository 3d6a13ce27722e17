"""Finding the records of a batch that bear one of some headers."""

from collections.abc import Collection


class HeaderNames:
    """Names of headers that are looked for.

    Each is looked for as it is configured, in small letters, and with a capital at the beginning
    of each word: the ways that senders write. Most batches bear none of them, and a search of
    their bytes tells so.
    """

    def __init__(self, names: Collection[str]) -> None:
        spellings = {each for name in names for each in (name, name.lower(), name.title())}
        self._spellings = frozenset(each.encode() for each in spellings)

    def places(self, body: bytes, at: int, count: int) -> list[int]:
        """Return which of the records that begin at a position of a batch's body bear one.

        The body must be whole, as `read_records` makes sure.
        """
        if not any(each in body for each in self._spellings):
            return []
        found = []
        for place in range(count):
            length, at = _varint(body, at)
            end = at + length
            if self._bears_one(body, at):
                found.append(place)
            at = end
        return found

    def _bears_one(self, body: bytes, at: int) -> bool:
        at += 1  # attributes
        for _ in range(2):  # deltas of time and offset
            _, at = _varint(body, at)
        for _ in range(2):  # key and value, whose length is -1 where there is none
            length, at = _varint(body, at)
            at += max(length, 0)
        headers, at = _varint(body, at)
        for _ in range(headers):
            length, at = _varint(body, at)
            if body[at : at + length] in self._spellings:
                return True
            at += length
            length, at = _varint(body, at)
            at += max(length, 0)
        return False


def _varint(body: bytes, at: int) -> tuple[int, int]:
    """Return the zigzag-encoded number at a position, and the position after it."""
    number = shift = 0
    while True:
        byte = body[at]
        at += 1
        number |= (byte & 127) << shift
        if byte < 128:
            return (number >> 1) ^ -(number & 1), at
        shift += 7
