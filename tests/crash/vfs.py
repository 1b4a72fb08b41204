"""SQLite on a modelled disk: the library's own file layer, in memory, with failing operations.

Responsible for: bringing every operation of SQLite to a Disk as the system's own layer would,
and failing a chosen one, once or for ever. Not responsible for what a power cut leaves.
Locks and shared memory stay the real ones, on empty files beside.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import apsw

from tests.crash.disk import Disk

NAME: Final = "crash"
SYNCS_NAMES: Final = (
    apsw.SQLITE_OPEN_WAL | apsw.SQLITE_OPEN_MAIN_JOURNAL | apsw.SQLITE_OPEN_SUPER_JOURNAL
)

EIO, FULL, READ_ONLY, SHORT, FORGETS = "eio", "full", "read-only", "short", "forgets"
TROUBLES: Final = (EIO, FULL, READ_ONLY, SHORT, FORGETS)


@dataclass(slots=True)
class Trouble:
    """Operation number `at` fails; `for_ever`: and so does every one after it.

    `forgets`: a failed sync leaves the cache clean, so no later sync brings the bytes out.
    """

    kind: str
    at: int
    for_ever: bool
    met: bool = False


class Files(apsw.VFS):
    """One folder; `disk` and `trouble` may be changed between two uses."""

    def __init__(self) -> None:
        self.disk = Disk({})
        self.trouble: Trouble | None = None
        self.calls = 0  # operations since `insert`, reads included
        super().__init__(NAME, "")

    def insert(self, disk: Disk, trouble: Trouble | None = None) -> None:
        """Another disk, and what is wrong with it."""
        self.disk, self.trouble, self.calls = disk, trouble, 0

    def fails(self, *, writing: bool) -> bool:
        """Count an operation; whether this one is to fail."""
        number = self.calls
        self.calls += 1
        trouble = self.trouble
        if trouble is None or number < trouble.at or (trouble.met and not trouble.for_ever):
            return False
        if not writing and trouble.kind != EIO:
            return False
        trouble.met = True
        return True

    def fail(self, code: int) -> Exception:
        """The error as SQLite's own layer would say it."""
        if self.trouble is not None and self.trouble.kind == FULL:
            code = apsw.SQLITE_FULL
        return apsw.exception_for(code)

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return OneFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        name = os.path.basename(filename)
        if self.fails(writing=True):
            raise self.fail(apsw.SQLITE_IOERR_DELETE)
        if name not in self.disk.names:
            raise apsw.exception_for(apsw.SQLITE_IOERR_DELETE_NOENT)
        self.disk.delete(name)
        if syncdir:
            self.disk.sync_names()

    def xAccess(self, pathname: str, flags: int) -> bool:
        if self.fails(writing=False):
            raise apsw.exception_for(apsw.SQLITE_IOERR_ACCESS)
        return os.path.basename(pathname) in self.disk.names

    def excepthook(self, *what: object) -> bool:
        """SQLite goes on after some failures; so do we."""
        return True


class OneFile(apsw.VFSFile):
    """An open file of the modelled disk."""

    def __init__(self, files: Files, name: str | apsw.URIFilename | None, flags: list[int]) -> None:
        path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)
        self._files = files
        self._opens(os.path.basename(path), path, flags[0])
        super().__init__("", name, flags)

    def _opens(self, name: str, path: str, flags: int) -> None:
        files, disk = self._files, self._files.disk
        if files.fails(writing=name not in disk.names):
            raise files.fail(apsw.SQLITE_CANTOPEN)
        if flags & apsw.SQLITE_OPEN_MAIN_DB and name not in disk.names:
            for tail in ("-wal", "-shm"):  # what was removed from the real folder is gone here
                if name + tail in disk.names and not Path(path + tail).exists():
                    disk.delete(name + tail)
        self._disk = disk
        self._file = disk.create(name)
        self._data = disk.files[self._file]
        self._new_names = bool(flags & apsw.SQLITE_OPEN_CREATE and flags & SYNCS_NAMES)

    def xRead(self, amount: int, offset: int) -> bytes:
        if self._files.fails(writing=False):
            raise self._files.fail(apsw.SQLITE_IOERR_READ)
        return bytes(self._data[offset : offset + amount])

    def xFileSize(self) -> int:
        if self._files.fails(writing=False):
            raise self._files.fail(apsw.SQLITE_IOERR_FSTAT)
        return len(self._data)

    def xWrite(self, data: bytes, offset: int) -> None:
        data = bytes(data)
        if self._files.fails(writing=True):
            if self._files.trouble is not None and self._files.trouble.kind == SHORT:
                self._disk.write(self._file, offset, data[: len(data) // 3])
            raise self._files.fail(apsw.SQLITE_IOERR_WRITE)
        self._disk.write(self._file, offset, data)

    def xTruncate(self, newsize: int) -> None:
        if self._files.fails(writing=True):
            raise self._files.fail(apsw.SQLITE_IOERR_TRUNCATE)
        self._disk.shorten(self._file, newsize)

    def xSync(self, flags: int) -> None:
        if self._files.fails(writing=True):
            if self._files.trouble is not None and self._files.trouble.kind == FORGETS:
                self._disk.forget(self._file)
            raise self._files.fail(apsw.SQLITE_IOERR_FSYNC)
        self._disk.sync(self._file)
        if self._new_names:
            self._disk.sync_names()
            self._new_names = False

    def excepthook(self, *what: object) -> bool:
        """SQLite goes on after some failures; so do we."""
        return True
