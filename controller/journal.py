"""The journal: every event, in order, each bound to the one before it by its hash.

Responsible for: keeping events through power cuts, refusing a log that was changed,
numbering without gaps, and short reads beside the one writer. Not responsible for:
what an event means (events/), when it counts as sent (report/) or what SQLite has to
be told (database.py). A copy cut off at its end is a valid chain: that is for the board
and the hub to notice, which know later heads (see `number_of`).
"""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from controller.canonical import Json, canonical_json, strict_object
from controller.chain import (
    GENESIS,
    JournalFault,
    Record,
    epoch_after,
    next_link,
    record_of,
    text_hash,
)
from controller.database import (
    Connection,
    Writes,
    discard,
    open_for_reading,
    open_for_writing,
    rows,
)
from controller.logfile import lock_for_writing

EPOCH_BYTES = 8
PAGE = 512  # rows per step when the whole chain is walked

_ROWS = "SELECT number, at_ms, kind, body, hash FROM events "


class Reader:
    """The log as another process may see it: short read transactions, no writing."""

    def __init__(self, db: Connection, path: Path) -> None:
        self._db = db
        self.path = path

    @property
    def log_epoch(self) -> str:
        """Name of this log, 16 hex digits, drawn when it was created."""
        return str(self._about()[0])

    @property
    def acked(self) -> int:
        """Highest event number the hub has stored for ever."""
        return int(self._about()[1])

    @property
    def head(self) -> tuple[int, bytes]:
        """Number and hash of the newest event, (0, GENESIS) in an empty log."""
        rows = self._all("SELECT number, hash FROM events ORDER BY number DESC LIMIT 1")
        return (int(rows[0][0]), bytes(rows[0][1])) if rows else (0, GENESIS)

    def read(self, after: int, limit: int = PAGE) -> list[Record]:
        """Up to `limit` events with number > `after`, oldest first."""
        if after < 0 or limit <= 0:
            return []
        rows = self._all(
            _ROWS + "WHERE number >= ? ORDER BY number LIMIT ?",
            (max(after, 1), limit + (1 if after else 0)),
        )
        prev = GENESIS
        if after:
            if not rows or rows[0][0] != after:
                return []
            prev = bytes(rows.pop(0)[4])
        records = []
        for row in rows:
            record = record_of(row, prev)
            records.append(record)
            prev = record.hash
        return records

    def since(self, at_ms: int, limit: int = 5000) -> list[Record]:
        """The newest events back to the first stamped before `at_ms`, oldest first."""
        newest = self.head[0]
        first = newest + 1
        while first > 1 and newest - first + 1 < limit:
            low = max(1, first - PAGE, newest - limit + 1)
            stamps = self._all(
                "SELECT number, at_ms FROM events WHERE number >= ? AND number < ?"
                " ORDER BY number DESC",
                (low, first),
            )
            for number, stamp in stamps:
                if stamp < at_ms:
                    return self.read(first - 1, limit)
                first = number
            if not stamps:
                break
        return self.read(first - 1, limit)

    def all(self) -> Iterator[Record]:
        """Every event, oldest first, in bounded steps."""
        after = 0
        while records := self.read(after, PAGE):
            yield from records
            after = records[-1].number

    def number_of(self, head: bytes) -> int | None:
        """The event whose hash begins with `head` (16 to 32 bytes), None: not in this chain."""
        if not 16 <= len(head) <= 32:
            return None
        rows = self._all(
            "SELECT number FROM events WHERE substr(hash, 1, ?) = ? ORDER BY number DESC LIMIT 1",
            (len(head), head),
        )
        return int(rows[0][0]) if rows else None

    def verify(self) -> tuple[int, bytes]:
        """Walk the whole chain; its head, or JournalFault with the first bad number."""
        named, acked = self._about()
        epoch = self._first_epoch(named)
        number, prev = 0, GENESIS
        if self._all("PRAGMA quick_check(1)") != [("ok",)]:
            raise JournalFault("unreadable", "the file is damaged")
        while True:
            rows = self._all(_ROWS + "WHERE number > ? ORDER BY number LIMIT ?", (number, PAGE))
            if not rows:
                break
            for row in rows:
                epoch = epoch_after(epoch, row[2], row[3])
                number, prev = next_link(epoch, number, prev, row)
        if epoch != named:
            raise JournalFault("chain-broken", "the log goes by another name than its last epoch")
        if self._all("SELECT 1 FROM events WHERE number < 1 LIMIT 1"):
            raise JournalFault("chain-broken", "there is an event numbered below 1")
        if not 0 <= acked <= number:
            raise JournalFault(
                "cut-off", f"the hub acknowledged {acked}, but the log ends at {number}"
            )
        return number, prev

    def _first_epoch(self, named: str) -> str:
        """What the first event was hashed with; before epochs were written down: what is named."""
        rows = self._all("SELECT body FROM events WHERE kind = 'LogOpened' ORDER BY number LIMIT 2")
        bodies = [strict_object(row[0]) for row in rows]
        first = bodies[0].get("log_epoch") if bodies else ""
        older = bodies[1].get("former_epoch") if len(bodies) > 1 else ""
        return str(first or older or named)

    def close(self) -> None:
        """Let go of the file; closing twice does nothing."""
        self._db.close()

    def _about(self) -> tuple[str, int]:
        rows = self._all("SELECT log_epoch, acked FROM about")
        if len(rows) != 1 or not isinstance(rows[0][1], int):
            raise JournalFault("not-a-journal", "the log does not say which log it is")
        return rows[0][0], rows[0][1]

    def _all(self, sql: str, values: Sequence[int | bytes] = ()) -> list[Any]:
        return rows(self._db, sql, values)


class Journal(Reader):
    """The one writer. After a failed write it stays faulty: what is durable is then unknown."""

    def __init__(self, db: Connection, path: Path, lock: int, *, created: bool) -> None:
        super().__init__(db, path)
        self.created = created
        self._lock = lock
        self._writes = Writes(db)
        self._epoch, self._acked = self._about()
        self._number, self._hash = self.verify()
        self._durable, self.durable_head = 0, GENESIS
        self.sync()  # what a killed process left may be in the system's memory only

    @classmethod
    def open(cls, path: Path | str, *, log_epoch: str = "", vfs: str | None = None) -> Journal:
        """Open and check the log, or create it with a new log_epoch (drawn unless given)."""
        path = Path(path)
        lock = lock_for_writing(path)
        try:
            named = log_epoch or secrets.token_hex(EPOCH_BYTES)
            db, created = open_for_writing(path, named, vfs)
            try:
                return cls(db, path, lock, created=created)
            except BaseException:
                discard(db)
                raise
        except BaseException:
            os.close(lock)
            raise

    @staticmethod
    def reader(path: Path | str) -> Reader:
        """A view for another process; JournalFault while there is no log to read."""
        path = Path(path)
        return Reader(open_for_reading(path), path)

    @property
    def log_epoch(self) -> str:
        return self._epoch

    @property
    def acked(self) -> int:
        return self._acked

    @property
    def head(self) -> tuple[int, bytes]:
        return self._number, self._hash

    @property
    def durable(self) -> int:
        """Newest number that no power cut takes away: only up to here may others be told."""
        return self._durable

    def append(
        self, entries: Sequence[tuple[int, str, Mapping[str, Json]]], *, barrier: bool
    ) -> list[Record]:
        """All of (at_ms, kind, body) or none; with `barrier` on the disk before this returns.

        A LogOpened that names another log_epoch begins it: numbers go on, and the hub, which
        knows an event by (device, log_epoch, number), is sent everything under the new name.
        """
        records: list[Record] = []
        number, prev, epoch = self._number, self._hash, self._epoch
        for at_ms, kind, body in entries:
            number += 1
            epoch = epoch_after(epoch, kind, body)
            text = canonical_json(body)
            hashed = text_hash(prev, epoch, number, at_ms, kind, text)
            records.append(Record(number, at_ms, kind, strict_object(text), prev, hashed))
            prev = hashed
        if records:
            self._write(records, barrier, epoch)
            self._number, self._hash = number, prev
            if epoch != self._epoch:
                self._epoch, self._acked = epoch, 0
            if barrier:
                self._durable, self.durable_head = number, prev
        return records

    def sync(self) -> None:
        """Make everything durable; nothing to do where it is."""
        if self._durable < self._number:
            with self._writes.transaction(barrier=True):  # SQLite syncs only if a page has changed
                self._db.execute("UPDATE about SET syncs = syncs + 1")
            self._durable, self.durable_head = self._number, self._hash

    def set_acked(self, number: int) -> None:
        """Raise the hub's watermark; lower or equal numbers change nothing."""
        assert number <= self._number
        if number <= self._acked:
            return
        with self._writes.transaction(barrier=False):
            self._db.execute("UPDATE about SET acked = ?", (number,))
        self._acked = number

    def close(self) -> None:
        """Fold the write-ahead file in and let the next writer open; twice does nothing."""
        try:
            super().close()
        finally:
            if self._lock >= 0:
                os.close(self._lock)
                self._lock = -1

    def _write(self, records: Sequence[Record], barrier: bool, epoch: str) -> None:
        with self._writes.transaction(barrier=barrier):
            if epoch != self._epoch:
                self._db.execute("UPDATE about SET log_epoch = ?, acked = 0", (epoch,))
            newest = self._db.execute("SELECT max(number) FROM events").get or 0
            if newest != records[0].number - 1:
                raise JournalFault("second-writer", "somebody else has written to the log")
            self._db.executemany(
                "INSERT INTO events VALUES (?, ?, ?, ?, ?)",
                [(r.number, r.at_ms, r.kind, canonical_json(r.body), r.hash) for r in records],
            )
