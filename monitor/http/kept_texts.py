"""Exposition text of streams, kept for those that did not change since the last scrape."""

from collections.abc import Callable, Iterable, Sequence

from monitor.view import StreamView

Pieces = tuple[bytes, ...]


class KeptTexts:
    """The text of each stream in pieces, rendered anew only where it closed a block."""

    def __init__(self, render: Callable[[StreamView], Iterable[bytes]]) -> None:
        """Take what renders a stream's pieces."""
        self._render = render
        self._kept: dict[tuple[str, str, str], tuple[StreamView, Pieces]] = {}

    def of(self, streams: Sequence[StreamView]) -> list[Pieces]:
        """Return the pieces of each stream.

        Two scrapes at a time at worst do the same work twice: each puts a whole new table of
        kept texts in the place of the old one, so that there is nothing to lock.
        """
        texts = {}
        for stream in streams:
            key = (stream.model, stream.version, stream.segment)
            kept = self._kept.get(key)
            texts[key] = (
                kept
                if kept is not None and same_block(kept[0], stream)
                else (stream, tuple(self._render(stream)))
            )
        self._kept = texts
        return [pieces for _, pieces in texts.values()]


def same_block(old: StreamView, new: StreamView) -> bool:
    """Whether all that is told here is the very same in both views."""
    return old is new or (
        old.windows is new.windows
        and old.drifted is new.drifted
        and old.entries is new.entries
        and old.feature_evidence is new.feature_evidence
        and old.feature_effect is new.feature_effect
        and old.missing is new.missing
        and old.invalid is new.invalid
        and old.unseen is new.unseen
        and old.out_of_range is new.out_of_range
    )
