"""The database file of a journal: made, opened, read, and written durably or not at all.

Responsible for: what SQLite is told so that a commit is on the card when it says so, and
for turning its errors into faults. Not responsible for what the rows mean or for their
chain (journal.py). The only file that uses apsw.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import apsw

from controller.chain import JournalFault
from controller.logfile import make_private

APPLICATION_ID = 0x504F534A  # "POSJ", so that no other database is taken for a journal
SCHEMA = 1
BUSY_MS = 1000  # a reader never holds anything as long as this

NORMAL, FULL = 1, 2  # PRAGMA synchronous

# A card writes whole pages: one that is cut in the middle takes older bytes beside the new ones
# with it. Told so, SQLite begins a new page of the write-ahead file after every barrier.
_CAUTION = "?psow=0"
_OPEN = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE | apsw.SQLITE_OPEN_URI

_TABLES = f"""
    CREATE TABLE about (
        one INTEGER PRIMARY KEY CHECK (one = 1),
        log_epoch TEXT NOT NULL,
        acked INTEGER NOT NULL,
        syncs INTEGER NOT NULL
    ) STRICT;
    CREATE TABLE events (
        number INTEGER PRIMARY KEY,
        at_ms INTEGER NOT NULL,
        kind TEXT NOT NULL,
        body TEXT NOT NULL,
        hash BLOB NOT NULL
    ) STRICT;
    PRAGMA user_version = {SCHEMA};
    PRAGMA application_id = {APPLICATION_ID};
"""

Connection = apsw.Connection


def open_for_writing(path: Path, log_epoch: str, vfs: str | None) -> tuple[Connection, bool]:
    """The database, and whether it was made just now, for a log of this name."""
    try:
        return _open_or_create(path, log_epoch, vfs)
    except apsw.Error as error:
        raise JournalFault("unreadable", _sqlite_says(error)) from error


def open_for_reading(path: Path) -> Connection:
    """The same for another process, which cannot write; JournalFault while there is none."""
    try:
        db = apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READONLY)
        db.set_busy_timeout(BUSY_MS)
        db.execute("PRAGMA query_only = ON")
        _check_kind(db)
    except apsw.Error as error:
        raise JournalFault("unreadable", _sqlite_says(error)) from error
    return db


def discard(db: Connection) -> None:
    """Let go of a database that turned out to be no journal."""
    try:
        db.close()
    except apsw.Error as error:
        raise JournalFault("unreadable", _sqlite_says(error)) from error


def rows(db: Connection, sql: str, values: Sequence[int | bytes] = ()) -> list[Any]:
    """All rows of a question; JournalFault where the file does not give them."""
    try:
        return list(db.execute(sql, tuple(values)).fetchall())
    except apsw.Error as error:
        raise JournalFault("unreadable", _sqlite_says(error)) from error
    except UnicodeDecodeError as error:
        raise JournalFault("unreadable", "there is text that is no text") from error


class Writes:
    """Transactions; after one that failed there are no more: what is durable is then unknown."""

    def __init__(self, db: Connection) -> None:
        self._db = db
        self._synchronous = 0
        self._failed = False

    @contextmanager
    def transaction(self, *, barrier: bool) -> Iterator[None]:
        """Commit at the end, on the disk with `barrier`; whatever goes wrong rolls back."""
        if self._failed:
            raise JournalFault("write-failed", "an earlier write failed; open the log anew")
        try:
            self._set_synchronous(FULL if barrier else NORMAL)
            self._db.execute("BEGIN IMMEDIATE")
            yield
            self._db.execute("COMMIT")
        except BaseException as error:
            self._failed = True  # after a failed sync nobody knows what is on the disk
            with suppress(apsw.Error):
                if self._db.in_transaction:
                    self._db.execute("ROLLBACK")
            if isinstance(error, apsw.Error):
                raise JournalFault("write-failed", _sqlite_says(error)) from error
            raise

    def _set_synchronous(self, level: int) -> None:
        if level == self._synchronous:
            return
        self._db.execute(f"PRAGMA synchronous = {level}")
        if self._db.execute("PRAGMA synchronous").get != level:
            raise JournalFault("not-durable", "SQLite does not sync as it was told")
        self._synchronous = level


def _open_or_create(path: Path, log_epoch: str, vfs: str | None) -> tuple[apsw.Connection, bool]:
    if not path.exists():
        make_private(path)
    db = apsw.Connection(path.absolute().as_uri() + _CAUTION, flags=_OPEN, vfs=vfs)
    try:
        db.set_busy_timeout(BUSY_MS)
        db.execute("PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        if db.execute("PRAGMA journal_mode = WAL").get != "wal":
            raise JournalFault("not-durable", "SQLite cannot keep a write-ahead file here")
        _fold_in(db)
        created = db.execute("SELECT count(*) FROM sqlite_schema").get == 0
        if created:
            db.execute(f"PRAGMA synchronous = {FULL}")
            db.execute(f"BEGIN IMMEDIATE; {_TABLES}")
            db.execute("INSERT INTO about VALUES (1, ?, 0, 0)", (log_epoch,))
            db.execute("COMMIT")
        _check_kind(db)
    except BaseException:
        db.close()
        raise
    return db, created


def _fold_in(db: apsw.Connection) -> None:
    """Write what is in the write-ahead file once more, into the log itself, and empty that file.

    What the last process left there may be in the system's memory only, even after a sync that
    failed, and the next write would share a page with its end. While somebody reads it stays.
    """
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()


def _check_kind(db: apsw.Connection) -> None:
    if db.execute("PRAGMA application_id").get != APPLICATION_ID:
        raise JournalFault("not-a-journal", "this file is another kind of database")
    if db.execute("PRAGMA user_version").get != SCHEMA:
        raise JournalFault("other-version", "this log was written by another version")


def _sqlite_says(error: apsw.Error) -> str:
    return f"SQLite says {type(error).__name__.removesuffix('Error')}"
