"""What has arrived from every home, kept so that an acknowledgement is the truth.

Responsible for: storing events once, advancing each log's contiguous cursor only along
an unbroken hash chain, forks, dead letters, and committing before anybody is told.
Not responsible for the meaning of an event (view.py) or for transport (watch.py).
SQLite serves a few homes; the identity of an event is (device, log_epoch, n) everywhere.
"""

import json
import sqlite3
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from controller.canonical import Json, canonical_json

MAX_DEAD_LETTERS = 1000  # the oldest go first; anybody on the network can cause one
MAX_AHEAD = 1000  # events further than this beyond the cursor are not kept: they come again
KEPT_BYTES = 2000  # of a dead letter

# A disk that is cut within a page takes older bytes of it along: SQLite is to begin a new page
# after every durable commit.
_CAUTION = "?psow=0"

_TABLES = """
CREATE TABLE IF NOT EXISTS event (
    device TEXT NOT NULL, log_epoch TEXT NOT NULL, n INTEGER NOT NULL,
    prev TEXT NOT NULL, hash TEXT NOT NULL, doc TEXT NOT NULL, stored_ms INTEGER NOT NULL,
    PRIMARY KEY (device, log_epoch, n)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS log (
    seen INTEGER PRIMARY KEY, device TEXT NOT NULL, log_epoch TEXT NOT NULL,
    acked INTEGER NOT NULL DEFAULT 0, head TEXT NOT NULL DEFAULT '',
    told INTEGER NOT NULL DEFAULT 0, UNIQUE (device, log_epoch)
);
CREATE TABLE IF NOT EXISTS fork (
    device TEXT NOT NULL, log_epoch TEXT NOT NULL, n INTEGER NOT NULL, hash TEXT NOT NULL,
    doc TEXT NOT NULL, seen_ms INTEGER NOT NULL, PRIMARY KEY (device, log_epoch, n, hash)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS dead_letter (
    number INTEGER PRIMARY KEY, topic TEXT NOT NULL, reason TEXT NOT NULL,
    payload BLOB NOT NULL, seen_ms INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS heard (device TEXT PRIMARY KEY, at TEXT NOT NULL) WITHOUT ROWID;
"""


@dataclass(frozen=True)
class Arrival:
    """One event document whose seal was right."""

    device: str
    log_epoch: str
    n: int
    prev: str
    hash: str
    doc: Mapping[str, Json]


@dataclass(frozen=True)
class Cursor:
    """How far one log of one device is stored without a gap; `ahead`: more lies beyond it."""

    device: str
    log_epoch: str
    acked: int
    head: str
    ahead: bool = False


@dataclass(frozen=True)
class Fork:
    """Two different events claim one place in a log."""

    device: str
    log_epoch: str
    n: int


def arrival(device: str, doc: Mapping[str, Json]) -> Arrival | None:
    """The parts of an event document that the store needs; None where one is missing."""
    epoch, number = doc.get("log_epoch"), doc.get("n")
    prev, hashed = doc.get("prev"), doc.get("hash")
    if not (isinstance(epoch, str) and isinstance(prev, str) and isinstance(hashed, str)):
        return None
    if isinstance(number, bool) or not isinstance(number, int) or not 0 < number < 1 << 62:
        return None
    words = (doc.get("kind"), doc.get("at"))
    if not (epoch and hashed and all(isinstance(word, str) for word in words)):
        return None
    return Arrival(device, epoch, number, prev, hashed, doc)


class Store:
    """One SQLite file, or ":memory:"; every public method that writes is one transaction."""

    def __init__(self, path: Path | str) -> None:
        where = "file::memory:" if path == ":memory:" else Path(path).absolute().as_uri()
        self._db = sqlite3.connect(where + _CAUTION, isolation_level=None, uri=True)
        self._db.execute("PRAGMA journal_mode=WAL")
        # what the last process left may be in memory only, and no new write shares a page with it
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        self._db.executescript(_TABLES)

    def close(self) -> None:
        """Let go of the file."""
        self._db.close()

    def take(
        self, arrivals: Sequence[Arrival], spoken: Mapping[str, str], now_ms: int
    ) -> tuple[list[Cursor], list[Fork]]:
        """Store what is new, durably; the cursors of all logs touched, and the forks seen.

        `spoken`: the latest instant (ISO, UTC) that each device spoke of.
        """
        forks: list[Fork] = []
        logs = sorted({(one.device, one.log_epoch) for one in arrivals})
        with _Transaction(self._db):
            for device, epoch in logs:
                self._db.execute(
                    "INSERT OR IGNORE INTO log (device, log_epoch) VALUES (?, ?)", (device, epoch)
                )
            for one in arrivals:
                if not self._keep(one, now_ms):
                    forks.append(Fork(one.device, one.log_epoch, one.n))
            for device, epoch in logs:
                broken = self._advance(device, epoch, now_ms)
                if broken:
                    forks.append(Fork(device, epoch, broken))
            self._db.executemany(
                "INSERT INTO heard VALUES (?, ?) ON CONFLICT (device)"
                " DO UPDATE SET at=max(at, excluded.at)",
                list(spoken.items()),
            )
        return [self.cursor(device, epoch) for device, epoch in logs], forks

    def cursor(self, device: str, log_epoch: str) -> Cursor:
        """How far this log is stored without a gap; 0 and no head for an unknown one."""
        row = self._db.execute(
            "SELECT acked, head FROM log WHERE device=? AND log_epoch=?", (device, log_epoch)
        ).fetchone()
        acked, head = row or (0, "")
        newest = self._db.execute(
            "SELECT max(n) FROM event WHERE device=? AND log_epoch=?", (device, log_epoch)
        ).fetchone()[0]
        return Cursor(device, log_epoch, acked, head, (newest or 0) > acked)

    def logs(self) -> list[tuple[str, str, int, int]]:
        """(device, log_epoch, acked, told) of every log, in the order they were first seen."""
        return list(
            self._db.execute("SELECT device, log_epoch, acked, told FROM log ORDER BY seen")
        )

    def read(self, device: str, log_epoch: str, after: int, upto: int) -> Iterator[dict[str, Json]]:
        """The stored documents with after < n <= upto, in order."""
        rows = self._db.execute(
            "SELECT doc FROM event WHERE device=? AND log_epoch=? AND n>? AND n<=? ORDER BY n",
            (device, log_epoch, after, upto),
        )
        for (doc,) in rows:
            yield json.loads(doc)

    def elsewhere(self, device: str, log_epoch: str, n: Json, hashed: Json) -> bool:
        """Whether this very event is stored under another log of the device."""
        row = self._db.execute(
            "SELECT 1 FROM event WHERE device=? AND log_epoch<>? AND n=? AND hash=?",
            (device, log_epoch, n, hashed),
        ).fetchone()
        return row is not None

    def told(self, device: str, log_epoch: str, upto: int) -> None:
        """People were told of everything up to this event; a crash before tells them twice."""
        with _Transaction(self._db, durable=False):
            self._db.execute(
                "UPDATE log SET told=max(told, ?) WHERE device=? AND log_epoch=?",
                (upto, device, log_epoch),
            )

    def heard(self) -> dict[str, str]:
        """The last instant each device spoke of."""
        return dict(self._db.execute("SELECT device, at FROM heard"))

    def bury(self, topic: str, payload: bytes, reason: str, now_ms: int) -> None:
        """Keep the beginning of a message that cannot be an event, for whoever looks into it."""
        with _Transaction(self._db, durable=False):
            self._db.execute(
                "INSERT INTO dead_letter (topic, reason, payload, seen_ms) VALUES (?, ?, ?, ?)",
                (topic[:KEPT_BYTES], reason, payload[:KEPT_BYTES], now_ms),
            )
            self._db.execute(
                "DELETE FROM dead_letter WHERE number <= (SELECT max(number) FROM dead_letter) - ?",
                (MAX_DEAD_LETTERS,),
            )

    def counts(self) -> tuple[int, int]:
        """Numbers of forks and of dead letters kept."""
        forks = self._db.execute("SELECT count(*) FROM fork").fetchone()[0]
        return int(forks), int(self._db.execute("SELECT count(*) FROM dead_letter").fetchone()[0])

    def stored(self, device: str, log_epoch: str) -> int:
        """How many events of a log are stored, gaps or not."""
        row = self._db.execute(
            "SELECT count(*) FROM event WHERE device=? AND log_epoch=?", (device, log_epoch)
        ).fetchone()
        return int(row[0])

    def _keep(self, one: Arrival, now_ms: int) -> bool:
        """Store an event once; False where another one already has its place."""
        place = (one.device, one.log_epoch, one.n)
        known = self._db.execute(
            "SELECT hash FROM event WHERE device=? AND log_epoch=? AND n=?", place
        ).fetchone()
        if known is not None and known[0] != one.hash:
            self._fork(one, now_ms)
            return False
        if known is None and one.n <= self._acked(one.device, one.log_epoch) + MAX_AHEAD:
            self._db.execute(
                "INSERT INTO event VALUES (?, ?, ?, ?, ?, ?, ?)",
                (*place, one.prev, one.hash, canonical_json(one.doc), now_ms),
            )
        return True

    def _acked(self, device: str, log_epoch: str) -> int:
        row = self._db.execute(
            "SELECT acked FROM log WHERE device=? AND log_epoch=?", (device, log_epoch)
        ).fetchone()
        return int(row[0])

    def _advance(self, device: str, log_epoch: str, now_ms: int) -> int:
        """Move the cursor along the chain; the number of an event that does not fit, else 0."""
        place = (device, log_epoch)
        acked, head = self._db.execute(
            "SELECT acked, head FROM log WHERE device=? AND log_epoch=?", place
        ).fetchone()
        rows = self._db.execute(
            "SELECT n, prev, hash FROM event WHERE device=? AND log_epoch=? AND n>? ORDER BY n",
            (*place, acked),
        ).fetchall()
        broken = 0
        for number, prev, hashed in rows:
            if number != acked + 1:
                break
            if acked and prev != head:
                broken = number
                break
            acked, head = number, hashed
        self._db.execute(
            "UPDATE log SET acked=?, head=? WHERE device=? AND log_epoch=?", (acked, head, *place)
        )
        if broken:
            self._set_apart(device, log_epoch, broken, now_ms)
        return broken

    def _set_apart(self, device: str, log_epoch: str, number: int, now_ms: int) -> None:
        """An event whose `prev` is not our head leaves the log, so that the true one can come."""
        place = (device, log_epoch, number)
        self._db.execute(
            "INSERT OR IGNORE INTO fork SELECT device, log_epoch, n, hash, doc, ?"
            " FROM event WHERE device=? AND log_epoch=? AND n=?",
            (now_ms, *place),
        )
        self._db.execute("DELETE FROM event WHERE device=? AND log_epoch=? AND n=?", place)

    def _fork(self, one: Arrival, now_ms: int) -> None:
        self._db.execute(
            "INSERT OR IGNORE INTO fork VALUES (?, ?, ?, ?, ?, ?)",
            (one.device, one.log_epoch, one.n, one.hash, canonical_json(one.doc), now_ms),
        )


class _Transaction:
    """BEGIN IMMEDIATE to COMMIT; anything that goes wrong inside leaves no trace."""

    def __init__(self, db: sqlite3.Connection, *, durable: bool = True) -> None:
        self._db = db
        self._durable = durable

    def __enter__(self) -> None:
        self._db.execute(f"PRAGMA synchronous={'FULL' if self._durable else 'NORMAL'}")
        self._db.execute("BEGIN IMMEDIATE")

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        self._db.execute("COMMIT" if kind is None else "ROLLBACK")
