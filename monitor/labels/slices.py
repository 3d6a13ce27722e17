"""One slice of the store: the facts of a stretch of event time, in a file of their own."""

import os
import struct
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from shutil import disk_usage

import lmdb
import numpy as np

from monitor.labels.facts import FactArray, JoinSettings
from monitor.labels.keys import KeyArray, bytes_of
from monitor.labels.sieve import Segment, Sieve, Words

ROOM = 4 << 30
"""Bytes beyond the cap that a file may grow to between two looks at the cap."""

FEW_FREE = 1.25
"""Pages of a file for each that it uses, up to which it is left as it is."""

MANY = 10_000
"""Facts of a commit, each with a page of 4 KiB at worst, from which on its memory is given back."""

FULL = 1 << 20
"""Free bytes below which a disk is full."""


class LabelStoreError(Exception):
    """The store of predictions and labels cannot be used; the message says what to do."""


@dataclass(slots=True)
class Slice:
    """Facts by key, in an LMDB file; what was put since the last commit is in memory only.

    A file is written in one transaction from commit to commit: each is durable and whole, and
    a crash leaves the one before. The sieve is stored with the facts.
    """

    path: Path
    settings: JoinSettings
    sieve: Sieve = field(default_factory=Sieve)
    pending: int = 0
    _env: lmdb.Environment = field(init=False)
    _facts: "lmdb._Database" = field(init=False)
    _sieves: "lmdb._Database" = field(init=False)
    _transaction: lmdb.Transaction | None = None

    def __post_init__(self) -> None:
        self._open()
        with told(self.path), self._env.begin(db=self._sieves) as transaction:
            for _, words in transaction.cursor():
                self.sieve.segments.append(_segment(words))

    def _open(self) -> None:
        with told(self.path):
            self._env = lmdb.open(
                str(self.path),
                subdir=False,
                lock=False,
                readahead=False,
                meminit=False,
                max_dbs=2,
                map_size=self.settings.max_bytes + ROOM,
            )
            self._require_whole()
            self._facts = self._env.open_db(b"facts", dupsort=True, dupfixed=True)
            self._sieves = self._env.open_db(b"sieve")

    def _require_whole(self) -> None:
        """Raise lmdb.CorruptedError where the file lost its end: to read there ends the process."""
        pages = self._env.info()["last_pgno"] + 1
        if self.path.stat().st_size < pages * self._env.stat()["psize"]:
            raise lmdb.CorruptedError("it lost its end")

    def find(self, keys: KeyArray) -> tuple[KeyArray, FactArray]:
        """Return every fact of the keys, which must be sorted, and the key of each, in order."""
        dtype = self.settings.dtype
        with told(self.path), self._begun().cursor(self._facts) as cursor:
            found = cursor.getmulti(
                bytes_of(keys), dupdata=True, dupfixed_bytes=dtype.itemsize, keyfixed=True
            )
        row = np.dtype([("key", ">u8", (2,)), ("fact", dtype)])
        rows = np.frombuffer(found, dtype=row)
        return rows["key"].astype(np.uint64), rows["fact"]

    def put(self, keys: KeyArray, patterns: Words, facts: FactArray) -> None:
        """Add facts; one that is there already stays as it is. Keys must be sorted."""
        raw, size = facts.tobytes(), facts.dtype.itemsize
        values = [raw[at : at + size] for at in range(0, len(raw), size)]
        with told(self.path), self._begun().cursor(self._facts) as cursor:
            cursor.putmulti(zip(bytes_of(keys), values, strict=True))
        self.sieve.add(keys, patterns)
        self.pending += len(facts)

    def remove(self, key: KeyArray, fact: FactArray) -> None:
        """Take away one fact of a key; both of shape (1, ...)."""
        with told(self.path):
            self._begun().delete(bytes_of(key)[0], fact.tobytes(), db=self._facts)

    def commit(self) -> None:
        """Make what was put durable, and the sieve with it."""
        transaction, self._transaction = self._transaction, None
        if transaction is None:
            return
        with told(self.path):
            for place, segment in self.sieve.changed():
                words = struct.pack("<q", segment.keys) + segment.words.tobytes()
                transaction.put(struct.pack(">I", place), words, db=self._sieves)
            transaction.commit()
            if self.pending >= MANY:
                # LMDB keeps the memory of a transaction's pages until the file is closed.
                self._env.close()
                self._open()
        self.pending = 0

    def compact(self) -> bool:
        """Write the file anew without its free pages, if it has many; return whether it had.

        Every commit copies the pages that it changes, so a file that was written in many of
        them is twice what it holds.
        """
        self.commit()
        with told(self.path):
            with self._env.begin() as transaction:
                stats = [transaction.stat(db) for db in (self._facts, self._sieves)]
            used = sum(
                each["branch_pages"] + each["leaf_pages"] + each["overflow_pages"] for each in stats
            )
            if self._env.info()["last_pgno"] < FEW_FREE * used + 64:
                return False
            new = self.path.with_suffix(".new")
            with new.open("wb") as file:
                self._env.copyfd(file.fileno(), compact=True)
                os.fsync(file.fileno())
            self._env.close()
            new.replace(self.path)
        self._open()
        return True

    @property
    def bytes(self) -> int:
        """What the file takes on the disk."""
        return self.path.stat().st_blocks * 512

    @property
    def facts(self) -> int:
        """How many facts it holds."""
        with told(self.path):
            return int(self._begun().stat(self._facts)["entries"])

    def close(self) -> None:
        """Close the file; what was not committed is lost."""
        if self._transaction is not None:
            self._transaction.abort()
            self._transaction = None
        self._env.close()

    def drop(self) -> None:
        """Remove the file."""
        self.close()
        self.path.unlink()

    def _begun(self) -> lmdb.Transaction:
        if self._transaction is None:
            self._transaction = self._env.begin(write=True)
        return self._transaction


def _segment(stored: bytes) -> Segment:
    words = np.frombuffer(stored[8:], dtype=np.uint64).copy()
    return Segment(words, struct.unpack("<q", stored[:8])[0], changed=False)


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise what LMDB raises as a LabelStoreError that names the file and the mend."""
    try:
        yield
    except (lmdb.Error, OSError) as error:
        raise LabelStoreError(f"{path} cannot be used: {error}; {_mend(path)}") from error


def _mend(path: Path) -> str:
    # LMDB says of a full disk that it had an input/output error.
    if disk_usage(path.parent).free < FULL:
        return "its disk is full: make room there; the file holds what was committed"
    return "restore it, or remove its folder to go on without the predictions that wait in it"
