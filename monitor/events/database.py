"""The SQLite file of events: its layout, opening it, and transactions that are safe on the disk."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from monitor.events.stored import StoreError

LAYOUT = 1
"""The file's PRAGMA user_version; 0 is a file that was just made."""

TABLES = """
CREATE TABLE events (
  number INTEGER PRIMARY KEY AUTOINCREMENT,  -- in the order in which they were noted
  id TEXT NOT NULL UNIQUE,
  model TEXT NOT NULL,
  type TEXT NOT NULL,                        -- without the prefix
  subject TEXT NOT NULL,
  cause TEXT NOT NULL,                       -- id of the event that opened the cause
  noted_ms INTEGER NOT NULL,
  body BLOB NOT NULL                         -- the CloudEvent as JSON
);
CREATE INDEX events_of_model ON events (model, number);
CREATE INDEX events_of_cause ON events (cause);
CREATE INDEX events_by_time ON events (noted_ms);

CREATE TABLE open_causes (
  cause TEXT PRIMARY KEY,
  newest INTEGER NOT NULL REFERENCES events
) WITHOUT ROWID;

CREATE TABLE deliveries (
  event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
  trigger TEXT NOT NULL,
  state TEXT NOT NULL,
  attempts INTEGER NOT NULL DEFAULT 0,
  due_ms INTEGER NOT NULL,
  problem TEXT NOT NULL DEFAULT '',
  PRIMARY KEY (event, trigger)
) WITHOUT ROWID;
CREATE INDEX waiting_by_age ON deliveries (trigger, event, due_ms) WHERE state = 'waiting';
CREATE INDEX waiting_by_due ON deliveries (trigger, due_ms) WHERE state = 'waiting';

CREATE TABLE triggers (                      -- those that are configured or have events
  name TEXT PRIMARY KEY,
  problem TEXT NOT NULL DEFAULT ''           -- of the newest delivery
) WITHOUT ROWID;

CREATE TABLE results (
  number INTEGER PRIMARY KEY,
  event INTEGER NOT NULL REFERENCES events ON DELETE CASCADE,
  body BLOB NOT NULL
);
CREATE INDEX results_of_event ON results (event);
CREATE TABLE newest_results (model TEXT PRIMARY KEY, body BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE totals (                        -- counters; what is pruned lowers none
  what TEXT NOT NULL,                        -- event, delivery or result
  name TEXT NOT NULL,                        -- model or trigger
  kind TEXT NOT NULL,                        -- type, outcome or verdict
  count INTEGER NOT NULL,
  PRIMARY KEY (what, name, kind)
) WITHOUT ROWID;

CREATE TABLE pruned (id TEXT PRIMARY KEY) WITHOUT ROWID;  -- so that they are not new again
"""


def open_database(path: Path) -> sqlite3.Connection:
    """Return a connection to the file, which is made where there is none.

    Raises StoreError where the file is damaged, of a newer driftd, or cannot be opened.
    """
    with told(path):
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        try:
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
        return connection


def _prepare(connection: sqlite3.Connection, path: Path) -> None:
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")  # a commit is on the disk, not on its way
    connection.execute("PRAGMA foreign_keys = ON")
    (layout,) = connection.execute("PRAGMA user_version").fetchone()
    if layout > LAYOUT:
        raise StoreError(
            f"{path} was written by a newer driftd (layout {layout}, this one knows {LAYOUT}); "
            "run that version, or move the file away: its events and those that wait for "
            "delivery are not known then"
        )
    (found,) = connection.execute("PRAGMA quick_check(1)").fetchone()
    if found != "ok":
        raise sqlite3.DatabaseError(found.splitlines()[-1])
    if layout < LAYOUT:
        connection.executescript(f"BEGIN; {TABLES} PRAGMA user_version = {LAYOUT}; COMMIT;")


@contextmanager
def transaction(connection: sqlite3.Connection) -> Iterator[None]:
    """Commit what is done inside as one, on the disk when it ends; undo all of it on an error."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    except BaseException:
        if connection.in_transaction:  # SQLite has undone it already after some errors
            connection.execute("ROLLBACK")
        raise


@contextmanager
def told(path: Path) -> Iterator[None]:
    """Raise errors of SQLite as StoreError, with the file and the mend."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise StoreError(
            f"the events in {path} cannot be read or written: {error}; is the disk full, or the "
            "folder not writable?"
        ) from error
    except sqlite3.DatabaseError as error:
        if type(error) is not sqlite3.DatabaseError:  # a mistake of ours, such as a constraint
            raise
        raise StoreError(
            f"the events in {path} are damaged: {error}; restore the file, or move it away with "
            f"{path.name}-wal: its events and those that wait for delivery are not known then"
        ) from error
