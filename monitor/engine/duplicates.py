"""Counting records that repeat the id of a recent record of the same partition."""

from collections.abc import Sequence

REMEMBERED = 4096


class RecentIds:
    """The ids of a partition's last REMEMBERED records, to tell repeats (producers' retries).

    A record is a duplicate if one of the REMEMBERED records before it in its partition had
    the same id: a fact of the log, however it is cut into batches. Ids are kept in two
    generations, so that forgetting costs nothing per record; which of them are near enough is
    only looked at where one comes again.
    """

    def __init__(self, ids: Sequence[object] = ()) -> None:
        """Start from the ids of the newest records, oldest first; None where there is none."""
        self._older: list[object] = []
        self._newer: list[object] = list(ids)
        self._known_older: set[object] = set()
        self._known_newer: set[object] = set(ids)

    def count(self, ids: Sequence[object]) -> int:
        """Return how many of the next records' ids are repeats, and remember them.

        ids: in the log's order; None where a record has no id, which repeats nothing.
        """
        fresh = set(ids)
        is_new = self._known_newer.isdisjoint(fresh) and self._known_older.isdisjoint(fresh)
        repeats = 0 if is_new and len(fresh) == len(ids) else self._count_one_by_one(ids)
        self._newer.extend(ids)
        self._known_newer |= fresh
        if len(self._newer) >= REMEMBERED:
            self._older, self._newer = self._newer[-REMEMBERED:], []
            self._known_older, self._known_newer = self._known_newer, set()
        return repeats

    def _count_one_by_one(self, ids: Sequence[object]) -> int:
        before = self.newest()
        last = {each: at for at, each in enumerate(before)}
        repeats = 0
        for at, each in enumerate(ids, len(before)):
            near = each in last and at - last[each] <= REMEMBERED
            repeats += near and each is not None
            last[each] = at
        return repeats

    def newest(self) -> list[object]:
        """Return what a restart needs: the ids of the newest records, oldest first."""
        return [*self._older, *self._newer][-REMEMBERED:]
