"""Counting records that repeat the id of a recent record of the same partition."""

from collections.abc import Sequence

REMEMBERED = 4096


class RecentIds:
    """The ids of a partition's last REMEMBERED records, to tell repeats (producers' retries).

    A record is a duplicate if one of the REMEMBERED records before it in its partition had
    the same id: a fact of the log, however it is cut into batches. Two generations of ids
    are kept, so that forgetting costs nothing per record.
    """

    def __init__(self, ids: Sequence[object] = ()) -> None:
        """Start from the ids of the newest records, oldest first."""
        self._count = len(ids)
        self._newer: dict[object, int] = {each: at for at, each in enumerate(ids)}
        self._older: dict[object, int] = {}

    def count(self, ids: Sequence[object]) -> int:
        """Return how many of the next records' ids are repeats, and remember them.

        ids: in the log's order; None where a record has no id, which repeats nothing.
        """
        start = self._count
        self._count += len(ids)
        fresh = dict(zip(ids, range(start, self._count), strict=True))
        unknown = self._newer.keys().isdisjoint(fresh) and self._older.keys().isdisjoint(fresh)
        repeats = 0
        if len(fresh) == len(ids) and unknown:
            self._newer.update(fresh)
        else:
            repeats = self._count_one_by_one(ids, start)
        if len(self._newer) >= REMEMBERED:
            self._older, self._newer = self._newer, {}
        return repeats

    def _count_one_by_one(self, ids: Sequence[object], start: int) -> int:
        repeats = 0
        for at, each in enumerate(ids, start):
            before = self._newer.get(each, self._older.get(each))
            if before is not None and at - before <= REMEMBERED and each is not None:
                repeats += 1
            self._newer[each] = at
        return repeats

    def newest(self) -> list[object]:
        """Return what a restart needs: the ids of the newest records, oldest first.

        An id that came twice among them is kept at its newer place, with None at the older.
        """
        oldest = max(0, self._count - REMEMBERED)
        kept: list[object] = [None] * (self._count - oldest)
        for generation in (self._older, self._newer):
            for each, at in generation.items():
                if at >= oldest and (generation is self._newer or each not in self._newer):
                    kept[at - oldest] = each
        return kept
