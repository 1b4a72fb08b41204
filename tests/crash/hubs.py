"""The hub's store as a durable writer: what it has acknowledged it has, in order and unbroken.

Responsible for: running fleet/store.py over the modelled disk, a life with gaps, repeats and a
fork, and judging a store that is opened after damage. The store speaks to the standard library's
sqlite3; here the same statements go to the SQLite of apsw, which lets us put a disk under it.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import apsw

import fleet.store
from controller.canonical import canonical_json
from controller.report import documents
from fleet.store import Arrival, Store, arrival
from tests.crash.disk import DAMAGES, Disk, Image
from tests.crash.journals import Bench, Wrong
from tests.crash.sweep import cut_in_trouble
from tests.crash.vfs import EIO, NAME, Trouble
from tests.report.test_outbox import KEY, Chain

DATABASE: Final = "hub.sqlite"
LOGS: Final = (("home-1", "aa"), ("home-2", "bb"))
EVENTS: Final = 24


class Known(NamedTuple):
    """How much of each log was acknowledged, and how much was told to people."""

    acked: tuple[int, int] = (0, 0)


@dataclass(slots=True)
class Story:
    """All events of all logs, and a false one; marks by number."""

    logs: list[list[Arrival]]
    false: Arrival
    marks: list[Known] = field(default_factory=lambda: [Known()])

    def mark(self, acked: Sequence[int]) -> None:
        """These cursors were answered."""
        known = Known((acked[0], acked[1]))
        if known != self.marks[-1]:
            self.marks.append(known)


class Library:
    """What fleet/store.py asks of sqlite3, answered by apsw."""

    @staticmethod
    def connect(path: Path | str, isolation_level: None = None, uri: bool = False) -> Any:
        """A connection with the methods that the store uses."""
        flags = apsw.SQLITE_OPEN_READWRITE | apsw.SQLITE_OPEN_CREATE
        return Connection(str(path), flags=flags | (apsw.SQLITE_OPEN_URI if uri else 0), vfs=NAME)


class Connection(apsw.Connection):
    """apsw runs a script like any other text."""

    def executescript(self, script: str) -> None:
        """All statements."""
        self.execute(script)


def events() -> Story:
    """Two logs, and another event in a place of the first."""
    logs = []
    for (device, epoch), salt in zip(LOGS, ("", "2"), strict=True):
        chain = Chain(epoch)
        chain.grow(EVENTS, salt)
        logs.append([_arrival(device, chain, n) for n in range(EVENTS)])
    other = Chain("aa")
    other.grow(EVENTS, "false")
    return Story(logs, _arrival("home-1", other, 9))


def _arrival(device: str, chain: Chain, place: int) -> Arrival:
    one = arrival(device, documents.event(chain.rows[place], chain.log_epoch, KEY))
    assert one is not None
    return one


class HubWork:
    """The store's life, and its recovery."""

    name = "hub"

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self._path = bench.path.with_name(DATABASE)
        sys.unraisablehook = lambda _: None  # of connections whose opening failed, as they go
        self.story = events()
        disk = self._disk({}, self.story)
        self._live(disk, self.story)
        self.tape = disk.tape
        self._calls = bench.files.calls

    def _disk(self, image: Image, story: Story) -> Disk:
        return Disk(image, lambda: len(story.marks) - 1)

    def _open(self, disk: Disk) -> Store:
        files = self.bench.files
        if files.disk is not disk:
            files.insert(disk)
        for tail in ("", "-wal", "-shm"):
            Path(f"{self._path}{tail}").touch()
        store_module: Any = fleet.store
        library, store_module.sqlite3 = store_module.sqlite3, Library
        try:
            return Store(self._path)
        finally:
            store_module.sqlite3 = library

    def _live(self, disk: Disk, story: Story) -> None:
        """Gaps, repeats, a false event, words to people, rubbish; closed and opened once."""
        one, two = story.logs
        visits = (
            [one[0:3], one[5:7] + two[0:1], [*one[3:5], one[0]], [story.false], two[1:6]],
            [one[7:12], one[9:10], two[6:14] + one[12:13], [], two[13:20] + one[13:18]],
        )
        for batches in visits:
            store = self._open(disk)
            try:
                for number, batch in enumerate(batches):
                    self._take(store, story, batch)
                    if number % 2:
                        store.told("home-1", "aa", store.cursor("home-1", "aa").acked)
                    else:
                        store.bury("somewhere", b"rubbish" * 40, "no-seal", number)
            finally:
                self._leave(store)

    def _take(self, store: Store, story: Story, batch: Sequence[Arrival]) -> None:
        spoken = {one.device: str(one.doc["at"]) for one in batch}
        cursors, _ = store.take(batch, spoken, 0)
        acked = list(story.marks[-1].acked)
        for cursor in cursors:
            acked[LOGS.index((cursor.device, cursor.log_epoch))] = cursor.acked
        story.mark(acked)

    def _leave(self, store: Store) -> None:
        with suppress(apsw.Error):  # of our file layer: SQLite itself lets it pass
            store.close()

    def _kill(self, store: Store) -> None:
        self.bench.files.trouble = Trouble(EIO, 0, True)
        self._leave(store)
        self.bench.files.trouble = None

    def cuts(self) -> Iterable[int]:
        """Every operation."""
        return range(len(self.tape.ops) + 1)

    def facts(self, known: Known) -> int:
        """Events acknowledged."""
        return sum(known.acked)

    def calls(self) -> int:
        """Operations of its life, reads included."""
        return self._calls

    def reopen(self, image: Image, past: Story, known: Known) -> Found:
        """A power cut has left `image`."""
        story = Story(past.logs, past.false, [known])
        return self._again(self._disk(image, story), story, known)

    def _again(self, disk: Disk, story: Story, known: Known) -> Found:
        try:
            store = self._open(disk)
        except apsw.Error as error:
            return Found(type(error).__name__, disk, story)
        try:
            self._judge(store, story, known)
            for log in story.logs * 2:  # the first time may only set the false event apart
                self._take(store, story, log[:20])
        except apsw.Error as error:
            return Found(type(error).__name__, disk, story)
        finally:
            self._leave(store)
        if story.marks[-1].acked != (20, 20):
            raise Wrong("lost", f"it does not go on: {story.marks[-1]}")
        return Found("", disk, story)

    def _judge(self, store: Store, story: Story, known: Known) -> None:
        false = canonical_json(story.false.doc)
        told = {(device, epoch): told for device, epoch, _, told in store.logs()}
        for place, (device, epoch) in enumerate(LOGS):
            cursor = store.cursor(device, epoch)
            log = story.logs[place]
            if cursor.acked < known.acked[place]:
                raise Wrong("lost", f"{known.acked[place]} acknowledged, found {cursor.acked}")
            if cursor.head != (log[cursor.acked - 1].hash if cursor.acked else ""):
                raise Wrong("lie", f"{cursor} has another head")
            kept = list(store.read(device, epoch, 0, cursor.acked))
            if kept != [dict(one.doc) for one in log[: cursor.acked]]:
                raise Wrong("lie", f"{cursor} stands for {len(kept)} events, or for others")
            if told.get((device, epoch), 0) > cursor.acked:
                raise Wrong("lie", "people were told of what is not there")
            for doc in store.read(device, epoch, cursor.acked, EVENTS):
                if doc not in (dict(one.doc) for one in log) and canonical_json(doc) != false:
                    raise Wrong("lie", "an event that nobody sent")

    def doubt(self, image: Image, past: Story, known: Known) -> str:
        """After a lie: an error, or a store whose cursors stand for events that are there."""
        try:
            store = self._open(self._disk(image, Story(past.logs, past.false)))
        except apsw.Error as error:
            return type(error).__name__
        try:
            self._judge(store, past, Known())
            now = [store.cursor(*log).acked for log in LOGS]
            return "shorter" if now < list(known.acked) else ""
        except apsw.Error as error:
            return type(error).__name__
        finally:
            self._kill(store)

    def troubled(self, kind: str, at: int, for_ever: bool, luck: random.Random) -> Iterator[Found]:
        """Its life on a failing disk; then power cuts, a restart, and power cuts after that."""
        story = events()
        disk = self._disk({}, story)
        trouble = Trouble(kind, at, for_ever)
        self.bench.files.insert(disk, trouble)
        try:
            self._live(disk, story)
        except apsw.Error:
            trouble.met = True
        for damage in luck.sample(DAMAGES, 2):
            yield cut_in_trouble(self.reopen, disk, story, len(disk.tape.ops), damage, kind, luck)
        self.bench.files.insert(disk, Trouble(kind, 0, True) if for_ever else None)
        since = len(disk.tape.ops)
        yield self._again(disk, story, story.marks[-1])
        for damage in luck.sample(DAMAGES, 2):
            upto = luck.randint(since, len(disk.tape.ops))
            yield cut_in_trouble(self.reopen, disk, story, upto, damage, kind, luck)


@dataclass(slots=True)
class Found:
    """What came of opening a damaged store; `fault` is SQLite's word."""

    fault: str
    disk: Disk
    story: Story
