"""A disk with a volatile cache: what was asked of it, and what is found after a power cut.

Responsible for: the tape of everything that changed files or their names, what had to be
durable at each moment, and the ways in which the rest can be hurt. Not responsible for who
writes (vfs.py brings SQLite here) or for judging what is found.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, NamedTuple

SECTOR: Final = 512  # written whole or not at all, unless it is garbled
PAGE: Final = 4096  # what a card or the system's cache writes at a time

# CUT shortens; NAMES syncs the folder; FORGET is a sync that failed and left the cache clean
WRITE, CUT, CREATE, DELETE, SYNC, NAMES, FORGET = range(7)
VERBS: Final = ("write", "truncate", "create", "delete", "sync", "sync folder", "forget")

LOST, KEPT, TORN, SOME, GARBLED, PAGES = "lost", "kept", "torn", "some", "garbled", "pages"
DAMAGES: Final = (LOST, KEPT, TORN, SOME, GARBLED, PAGES)
LIE: Final = "lie"  # syncs that were confirmed and never happened

Image = dict[str, bytes]  # the files of a folder, by name


class Op(NamedTuple):
    """One change; `mark` is what was known to be safe when it began."""

    what: int
    file: int  # the file itself, whatever its name
    name: str
    at: int
    data: bytes
    mark: int


@dataclass(slots=True)
class Tape:
    """What was found at first, and every change since."""

    before: Image
    ops: list[Op]


class Disk:
    """The files as the running system sees them, and the tape."""

    def __init__(self, image: Mapping[str, bytes], mark: Callable[[], int] = lambda: 0) -> None:
        self.files = [bytearray(data) for data in image.values()]
        self.names = {name: file for file, name in enumerate(image)}
        self.tape = Tape(dict(image), [])
        self.mark = mark

    def create(self, name: str) -> int:
        """The file of this name, made if there is none."""
        if name not in self.names:
            self.names[name] = len(self.files)
            self.files.append(bytearray())
            self._note(CREATE, self.names[name], name)
        return self.names[name]

    def delete(self, name: str) -> None:
        """Take a name away; whoever has the file open keeps it."""
        self._note(DELETE, self.names.pop(name), name)

    def write(self, file: int, at: int, data: bytes) -> None:
        """Into the cache."""
        self._note(WRITE, file, "", at, data)
        put(self.files[file], at, data)

    def shorten(self, file: int, size: int) -> None:
        """Into the cache."""
        self._note(CUT, file, "", size)
        cut(self.files[file], size)

    def sync(self, file: int) -> None:
        """On return the file's bytes are durable; its name is only after `sync_names`."""
        self._note(SYNC, file)

    def sync_names(self) -> None:
        """On return all names are durable."""
        self._note(NAMES, 0)

    def forget(self, file: int) -> None:
        """A sync failed: the cache shows the bytes, and no later sync will write them."""
        self._note(FORGET, file)

    def found(self) -> Image:
        """What another process finds while the power stays."""
        return {name: bytes(self.files[file]) for name, file in self.names.items()}

    def _note(self, what: int, file: int, name: str = "", at: int = 0, data: bytes = b"") -> None:
        self.tape.ops.append(Op(what, file, name, at, data, self.mark()))


class Platter:
    """Moves along a tape and knows what is durable and what is still waiting."""

    def __init__(self, tape: Tape) -> None:
        self._ops = tape.ops
        self._files = {file: bytearray(data) for file, data in enumerate(tape.before.values())}
        self._names = {name: file for file, name in enumerate(tape.before)}
        self._waiting: list[Op] = []
        self._at = 0

    def to(self, cut_at: int) -> Platter:
        """Forward to just before operation `cut_at`."""
        assert self._at <= cut_at
        for op in self._ops[self._at : cut_at]:
            if op.what < SYNC:
                self._waiting.append(op)
                continue
            ready = [one for one in self._waiting if _covers(op, one)]
            if ready:
                self._waiting = [one for one in self._waiting if not _covers(op, one)]
            if op.what != FORGET:
                _kept(self._files, self._names, ready, _NO_LUCK)
        self._at = cut_at
        return self

    def after(self, damage: str, luck: random.Random, lies: int = 0) -> Image:
        """The files when the power is back; the next `lies` operations had no true sync."""
        files, names = dict(self._files), dict(self._names)
        waiting = self._waiting
        if lies:
            waiting = waiting + [
                op for op in self._ops[self._at : self._at + lies] if op.what < SYNC
            ]
        for file in {op.file for op in waiting if op.what <= CUT}:
            files[file] = bytearray(files.get(file, b""))
        _FATES[damage](files, names, waiting, luck)
        return {name: bytes(files.get(file, b"")) for name, file in names.items()}


def _covers(sync: Op, one: Op) -> bool:
    """Whether this sync speaks of this change."""
    if sync.what == NAMES:
        return one.what > CUT
    return one.what <= CUT and one.file == sync.file


_NO_LUCK = random.Random(0)
Files = dict[int, bytearray]
Names = dict[str, int]


def put(data: bytearray, at: int, new: bytes) -> None:
    """Write; a gap before it is zeros."""
    if at > len(data):
        data.extend(bytes(at - len(data)))
    data[at : at + len(new)] = new


def cut(data: bytearray, size: int) -> None:
    """Make it this long."""
    del data[size:]
    data.extend(bytes(size - len(data)))


def apply(files: Files, names: Names, op: Op) -> None:
    """Do it, wholly."""
    if op.what == WRITE:
        put(files.setdefault(op.file, bytearray()), op.at, op.data)
    elif op.what == CUT:
        cut(files.setdefault(op.file, bytearray()), op.at)
    elif op.what == CREATE:
        names[op.name] = op.file
    elif names.get(op.name) == op.file:
        del names[op.name]


def _pieces(op: Op, size: int) -> Iterator[tuple[int, bytes]]:
    """A write in the pieces in which a disk keeps or loses it."""
    at, end = op.at, op.at + len(op.data)
    while at < end:
        upto = min(end, (at // size + 1) * size)
        yield at, op.data[at - op.at : upto - op.at]
        at = upto


def _lost(files: Files, names: Names, waiting: list[Op], luck: random.Random) -> None:
    """Nothing of it has happened."""


def _kept(files: Files, names: Names, waiting: list[Op], luck: random.Random) -> None:
    for op in waiting:
        apply(files, names, op)


def _torn(files: Files, names: Names, waiting: list[Op], luck: random.Random) -> None:
    """In order up to some moment; the write at that moment is there up to some byte."""
    if not waiting:
        return
    last = luck.randrange(len(waiting))
    _kept(files, names, waiting[:last], luck)
    op = waiting[last]
    if op.what == WRITE:
        done = luck.randrange(len(op.data) + 1)
        if luck.random() < 0.5:
            done -= (op.at + done) % SECTOR
        put(files[op.file], op.at, op.data[: max(0, done)])


def _sectors(
    files: Files, names: Names, waiting: list[Op], luck: random.Random
) -> Iterator[tuple[bytearray, int, bytes]]:
    """Sectors of the writes that wait; what is no write is done on the way, or not."""
    for op in waiting:
        if op.what == WRITE:
            for at, data in _pieces(op, SECTOR):
                yield files[op.file], at, data
        elif luck.random() < 0.5:
            apply(files, names, op)


def _some(files: Files, names: Names, waiting: list[Op], luck: random.Random) -> None:
    """Any sectors in any order: each is there or not."""
    for file, at, data in _sectors(files, names, waiting, luck):
        if luck.random() < 0.5:
            put(file, at, data)


def _garbled(files: Files, names: Names, waiting: list[Op], luck: random.Random) -> None:
    """Each sector is there, or not, or rubbish; bytes that were not written are left alone."""
    share = luck.random()
    for file, at, data in _sectors(files, names, waiting, luck):
        fate = luck.random()
        if fate < share:
            put(file, at, data)
        elif fate < share + (1 - share) / 2:
            put(file, at, luck.randbytes(len(data)))


def _pages(files: Files, names: Names, waiting: list[Op], luck: random.Random) -> None:
    """Whole pages are there, or not, or rubbish, with the older bytes that share them."""
    wrote = [op for op in waiting if op.what == WRITE]
    dirty = sorted({(op.file, at // PAGE) for op in wrote for at, _ in _pieces(op, PAGE)})
    old = {(file, page): bytes(files[file][page * PAGE :][:PAGE]) for file, page in dirty}
    _kept(files, names, waiting, luck)
    for file, page in dirty:
        at = page * PAGE
        size = min(PAGE, len(files[file]) - at)
        fate = luck.random()
        if fate < 0.5 and size > 0:
            rubbish = luck.randbytes(size) if fate < 0.25 else old[file, page]
            put(files[file], at, rubbish[:size].ljust(size, b"\0"))


_FATES: Final = {
    LOST: _lost,
    KEPT: _kept,
    TORN: _torn,
    SOME: _some,
    GARBLED: _garbled,
    PAGES: _pages,
}
