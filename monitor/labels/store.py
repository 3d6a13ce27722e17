"""The store of facts: a folder with a file for every slice of event time."""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np

from detectors.counts import IntArray
from monitor.labels.facts import FactArray, JoinSettings
from monitor.labels.keys import KeyArray, in_order
from monitor.labels.sieve import patterns_of
from monitor.labels.slices import LabelStoreError, Slice, told

MOST_PENDING = 100_000
"""Facts that a slice holds in memory before it commits them, each with a page of 4 KiB at worst."""
NEWEST = 2
"""Slices that are written, at the end."""
SETTINGS = "settings.json"


@dataclass(slots=True)
class FactStore:
    """Facts by key over all slices. Nothing is ever changed in it: facts come, slices go.

    An old slice costs no more than its sieve and its file. A fact lies in the slice of its
    effective time, so only the newest slices are written.
    """

    folder: Path
    settings: JoinSettings
    slices: dict[int, Slice] = field(default_factory=dict)

    @classmethod
    def open(cls, folder: Path, settings: JoinSettings, keep: bool) -> "FactStore":
        """Open the store in ``folder``, which is made if need be; empty it unless ``keep``.

        Raises LabelStoreError where it was made under other settings or cannot be read.
        """
        with told(folder):
            folder.mkdir(parents=True, exist_ok=True)
            left = [] if keep else [*folder.glob("*.lmdb"), folder / SETTINGS]
            for path in [*folder.glob("*.new"), *left]:
                path.unlink(missing_ok=True)
            _require_same_settings(folder / SETTINGS, settings)
        store = cls(folder, settings)
        for path in sorted(folder.glob("*.lmdb")):
            store.slices[int(path.stem)] = Slice(path, settings)
        return store

    def find(self, keys: KeyArray) -> tuple[IntArray, FactArray]:
        """Return every fact of the keys, and which key each belongs to.

        keys: (n, 2), sorted, each once. The facts of a key come in the order of their slices.
        """
        patterns = patterns_of(keys)
        places, facts = [], []
        for number in sorted(self.slices):
            each = self.slices[number]
            near = np.flatnonzero(each.sieve.passes(keys, patterns))
            if len(near):
                found_keys, found = each.find(keys[near])
                places.append(near[_places(keys[near], found_keys)])
                facts.append(found)
        if not facts:
            return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=self.settings.dtype)
        return np.concatenate(places), np.concatenate(facts)

    def put(self, keys: KeyArray, facts: FactArray) -> None:
        """Add facts with their keys."""
        order, _ = in_order(keys)
        keys, facts = keys[order], facts[order]
        patterns = patterns_of(keys)
        numbers = facts["effective"] // self.settings.slice_ms
        for number in np.unique(numbers).tolist():
            own = numbers == number
            each = self._slice(number)
            each.put(keys[own], patterns[own], facts[own])
            if each.pending >= MOST_PENDING:
                each.commit()

    def remove(self, key: KeyArray, fact: FactArray) -> None:
        """Take away one fact of a key; both of shape (1, ...)."""
        self.slices[int(fact["effective"][0]) // self.settings.slice_ms].remove(key, fact)

    def flush(self) -> None:
        """Make everything durable."""
        for each in self.slices.values():
            each.commit()
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)

    def drop_before(self, number: int) -> None:
        """Remove the slices before slice ``number``."""
        for old in [each for each in self.slices if each < number]:
            self.slices.pop(old).drop()

    def compact(self) -> None:
        """Compact the next slice that is no longer written and has many free pages.

        One at a time, as to copy a million facts takes a third of a second.
        """
        for number in sorted(self.slices)[:-NEWEST]:
            if self.slices[number].compact():
                return

    @property
    def bytes(self) -> int:
        """What the store takes on the disk."""
        return sum(each.bytes for each in self.slices.values())

    def close(self) -> None:
        """Close the files; what was not flushed is lost."""
        for each in self.slices.values():
            each.close()

    def _slice(self, number: int) -> Slice:
        each = self.slices.get(number)
        if each is None:
            each = Slice(self.folder / f"{number}.lmdb", self.settings)
            self.slices[number] = each
        return each


def _places(keys: KeyArray, found: KeyArray) -> IntArray:
    """Return the place of each found key among keys, both sorted."""
    places = np.searchsorted(keys[:, 0], found[:, 0])
    # Keys that share their first half follow one another.
    while (wrong := keys[places, 1] != found[:, 1]).any():
        places[wrong] += 1
    return places


def _require_same_settings(path: Path, settings: JoinSettings) -> None:
    now = {name: each for name, each in asdict(settings).items() if name != "max_bytes"}
    if not path.exists():
        new = path.with_suffix(".new")
        new.write_text(json.dumps(now))
        new.replace(path)
        return
    then = json.loads(path.read_text())
    for name in now:
        if then.get(name) != now[name]:
            raise LabelStoreError(
                f"{path.parent} holds predictions with {name} {then.get(name)}, and this "
                f"configuration has {now[name]}; change that back, or remove the folder to go on "
                "without the predictions that wait in it"
            )
