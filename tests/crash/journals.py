"""The journal as a durable writer: what was written, what must still be there, who notices a loss.

Responsible for: opening a damaged log with production code, judging what it says, and going on
with it. Not responsible for the lives that are written (lives.py) or for the damage (disk.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

import apsw

from controller.canonical import Json, canonical_json
from controller.chain import JournalFault
from controller.journal import Journal
from controller.report.outbox import Outbox
from tests.crash.disk import Disk, Image
from tests.crash.vfs import EIO, NAME, Files, Trouble

EPOCH: Final = "0011223344556677"  # of the homes in tests/controller/home.py
DATABASE: Final = "journal.db"
_ROWS: Final = "SELECT number, at_ms, kind, body, hash FROM events ORDER BY number"

Entry = tuple[int, str, dict[str, Json]]
Row = tuple[int, int, str, str, bytes]  # number, at_ms, kind, body, hash


class Known(NamedTuple):
    """What may not be forgotten: events confirmed, events the hub has, the highest cursor set."""

    durable: int = 0
    hub: int = 0
    acked: int = 0


@dataclass(slots=True)
class Story:
    """All that was ever written, in order; `ends`: where a batch ended; marks by number.

    `ghost`: what was written on this very disk and failed, before a process that began anew
    without it. Until that one has confirmed something, a power cut may bring the ghost back.
    """

    rows: list[Row] = field(default_factory=list)
    ends: set[int] = field(default_factory=lambda: {0})
    marks: list[Known] = field(default_factory=lambda: [Known()])
    ghost: list[Row] = field(default_factory=list)

    def branch(self, upto: int, known: Known) -> Story:
        """The same past, with another future."""
        ends = {end for end in self.ends if end <= upto}
        return Story(self.rows[:upto], ends, [known], self.ghost)

    def mark(self, known: Known) -> None:
        """From now on this is known."""
        if known != self.marks[-1]:
            self.marks.append(known)


class Wrong(AssertionError):
    """A fact was lost or a lie was told; `kind` is `lost` or `lie`."""

    def __init__(self, kind: str, what: str) -> None:
        super().__init__(f"{kind}: {what}")
        self.kind = kind


class Life:
    """A log in use on a disk, its story being written down, with a hub that misses nothing."""

    def __init__(self, journal: Journal, story: Story, hub: int = 0) -> None:
        self.journal = journal
        self.story = story
        self.hub = hub
        self.outbox = Outbox(self.journal)
        self.known()

    def append(self, entries: Sequence[Entry], *, barrier: bool) -> None:
        """What is tried is part of the story, done or not."""
        first = self.journal.head[0]
        self.story.rows[first:] = []
        expected = _expected(self.journal, entries)
        self.story.rows += expected
        self.story.ends.add(len(self.story.rows))
        self.journal.append(entries, barrier=barrier)
        self.known()

    def report(self) -> None:
        """Everything that may be told reaches the hub."""
        for entry in self.outbox.next_batch():
            self.hub = max(self.hub, entry.number)
        self.known()

    def acknowledge(self) -> None:
        """The hub says what it has, and we write that down."""
        head = self.story.rows[self.hub - 1][4].hex() if self.hub else ""
        last = self.story.marks[-1]
        self.story.mark(last._replace(acked=max(last.acked, self.hub)))
        verdict = self.outbox.on_ack(self.journal.log_epoch, self.hub, head, ask=True)
        if verdict not in ("advanced", "repeated", "replay"):
            raise Wrong("lost", f"the hub has {self.hub} events, the outbox says {verdict}")

    def known(self) -> None:
        """What the journal vouches for now."""
        last = self.story.marks[-1]
        durable = max(last.durable, self.journal.durable)
        self.story.mark(Known(durable, max(last.hub, self.hub), last.acked))


def _expected(journal: Journal, entries: Sequence[Entry]) -> list[Row]:
    from controller.chain import text_hash

    number, prev = journal.head
    rows: list[Row] = []
    for at_ms, kind, body in entries:
        number += 1
        text = canonical_json(body)
        prev = text_hash(prev, journal.log_epoch, number, at_ms, kind, text)
        rows.append((number, at_ms, kind, text, prev))
    return rows


@dataclass(slots=True)
class Found:
    """What came of opening a damaged log; `fault` is the code where nothing moves."""

    fault: str
    disk: Disk
    story: Story
    count: int = 0


class Bench:
    """Where logs are opened: a folder for locks, and the modelled disk under SQLite."""

    def __init__(self, folder: Path) -> None:
        self.files = Files()
        self.path = folder / DATABASE

    def disk(self, image: Image, story: Story) -> Disk:
        """A disk that stamps every change with what is known by then."""
        return Disk(image, lambda: len(story.marks) - 1)

    def open(self, disk: Disk) -> Journal:
        """Production's way in; whatever is wrong with the disk in use stays wrong."""
        if self.files.disk is not disk:
            self.insert(disk)
        return Journal.open(self.path, log_epoch=EPOCH, vfs=NAME)

    def insert(self, disk: Disk, trouble: Trouble | None = None) -> None:
        """The folder shows the names that the disk has."""
        self.files.insert(disk, trouble)
        if DATABASE in disk.names:
            self.path.touch()
        else:
            for tail in ("", "-wal", "-shm"):
                Path(f"{self.path}{tail}").unlink(missing_ok=True)
            if f"{DATABASE}-wal" in disk.names:
                Path(f"{self.path}-wal").touch()

    def leave(self, journal: Journal) -> None:
        """The process ends in good order, as far as its disk lets it."""
        with suppress(apsw.Error):  # of our file layer: SQLite itself lets it pass
            journal.close()

    def kill(self, journal: Journal) -> None:
        """The process ends at once: nothing more is written."""
        trouble, self.files.trouble = self.files.trouble, Trouble(EIO, 0, True)
        self.leave(journal)
        self.files.trouble = trouble

    def reopen(self, image: Image, past: Story, known: Known) -> Found:
        """Power is back: open, judge, report and go on."""
        story = past.branch(len(past.rows), known)
        return self.again(self.disk(image, story), story, known)

    def again(self, disk: Disk, story: Story, known: Known, ghost: Sequence[Row] = ()) -> Found:
        """The same on a disk in use: only the process has ended."""
        try:
            journal = self.open(disk)
        except JournalFault as fault:
            return Found(fault.code, disk, story)
        count = 0
        try:
            count = judge(journal, story, known)
            story.ghost, story.rows = list(ghost), rows_of(journal)
            story.ends = {end for end in story.ends if end <= count}
            life = Life(journal, story, hub=known.hub)
            if known.hub:
                life.acknowledge()
            life.append([(1, "More", {})], barrier=True)
            life.report()
        except JournalFault as fault:
            return Found(fault.code, disk, story, count)
        finally:
            self.leave(journal)
        return Found("", disk, story, count)

    def doubt(self, image: Image, past: Story, known: Known) -> str:
        """A disk that has lied: a prefix of the truth whose loss is noticed, or a fault."""
        try:
            journal = self.open(self.disk(image, Story()))
        except JournalFault as fault:
            return fault.code
        try:
            rows = rows_of(journal)
            if rows != past.rows[: len(rows)]:
                raise Wrong("lie", f"{len(rows)} events that were not written so")
            if not noticed(journal, past, known):
                raise Wrong("lie", f"of {known} only {len(rows)} are left, and nobody can tell")
            return "shorter" if len(rows) < known.durable else ""
        finally:
            self.kill(journal)


def judge(journal: Journal, story: Story, known: Known) -> int:
    """How many events are there; Wrong where one is missing that was confirmed, or is new."""
    rows = rows_of(journal)
    count = len(rows)
    if rows != story.rows[:count]:
        if rows == story.ghost[:count] and story.rows[: known.durable] == rows[: known.durable]:
            return count
        raise Wrong("lie", f"{count} events, and they are not those that were written")
    if count < max(known.durable, known.hub):
        raise Wrong("lost", f"{known.durable} confirmed, hub {known.hub}, found {count}")
    if count not in story.ends:
        raise Wrong("lie", f"half a batch: {count} events")
    if not journal.acked <= known.acked:
        raise Wrong("lie", f"a cursor at {journal.acked}, the hub said {known.acked}")
    return count


def rows_of(journal: Journal) -> list[Row]:
    """The raw rows, past production's own reading."""
    return list(journal._db.execute(_ROWS).fetchall())  # type: ignore[arg-type]


def noticed(journal: Journal, story: Story, known: Known) -> bool:
    """Whether board and hub, asked for the last heads they know, see that events are missing."""
    count = journal.head[0]
    heads = [story.rows[number - 1][4] for number in range(count + 1, known.durable + 1)]
    if any(journal.number_of(head) is not None for head in heads):
        return False
    if known.hub > count:
        head = story.rows[known.hub - 1][4].hex()
        return Outbox(journal).on_ack(journal.log_epoch, known.hub, head) == "unknown-head"
    return True
