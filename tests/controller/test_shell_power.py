"""The journal through power cuts: every boundary between two operations on the disk.

A recording file system notes every write, sync, truncation and deletion that SQLite makes
while a log is created, written, closed and opened again. Then the power is cut before each
of them, and what had not been synced is lost, kept, torn, half kept or garbled.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import apsw
import pytest

from controller.canonical import Json
from controller.chain import JournalFault, Record
from controller.journal import Journal

VFS = "power-cut"
SECTOR = 512
FATES = ("lost", "kept", "torn", "some", "garbled")


@dataclass(frozen=True)
class Op:
    """One thing done to one file; `confirmed` is the newest number confirmed before it."""

    what: str  # write, truncate, sync, delete
    file: str
    at: int
    data: bytes
    confirmed: int


class Disk(apsw.VFS):
    """Passes everything on and notes what would matter when the power goes."""

    def __init__(self) -> None:
        self.ops: list[Op] = []
        self.confirmed = 0
        super().__init__(VFS, "")

    def note(self, what: str, path: str, at: int = 0, data: bytes = b"") -> None:
        self.ops.append(Op(what, Path(path).name, at, data, self.confirmed))

    def xOpen(self, name: str | apsw.URIFilename | None, flags: list[int]) -> apsw.VFSFile:
        return NotedFile(self, name, flags)

    def xDelete(self, filename: str, syncdir: bool) -> None:
        self.note("delete", filename)
        super().xDelete(filename, syncdir)


class NotedFile(apsw.VFSFile):
    def __init__(
        self, disk: Disk, name: str | apsw.URIFilename | None, flags: list[int]
    ) -> None:
        super().__init__("", name, flags)
        self.disk = disk
        self.path = name.filename() if isinstance(name, apsw.URIFilename) else str(name)

    def xWrite(self, data: bytes, offset: int) -> None:
        self.disk.note("write", self.path, offset, bytes(data))
        super().xWrite(data, offset)

    def xTruncate(self, newsize: int) -> None:
        self.disk.note("truncate", self.path, newsize)
        super().xTruncate(newsize)

    def xSync(self, flags: int) -> None:
        super().xSync(flags)
        self.disk.note("sync", self.path)


def _live(disk: Disk, path: Path) -> list[Record]:
    """A short life of a log: created, written, closed (checkpoint), opened, written, closed."""
    for life in range(2):
        journal = Journal.open(path, log_epoch="00112233445566ff", vfs=VFS)
        for step in range(5):
            body: dict[str, Json] = {"text": "x" * (900 * step), "step": step}
            entry = (1000 * step + life, "DoseClosed", body)
            journal.append([entry, entry], barrier=step % 2 == 0)
            disk.confirmed = journal.durable
            if step == 3:
                journal.sync()
                disk.confirmed = journal.head[0]
        journal.set_acked(5 * life + 3)
        records = list(journal.all())
        journal.close()
    return records


def _after_cut(ops: list[Op], fate: str, luck: random.Random) -> dict[str, bytes]:
    """The files that are found when the power comes back."""
    files: dict[str, bytearray] = {}
    pending: dict[str, list[Op]] = {}
    for op in ops:
        if op.what == "sync":
            for done in pending.pop(op.file, []):
                _apply(files, done)
        elif op.what == "delete":
            pending.pop(op.file, None)
            files.pop(op.file, None)
        else:
            pending.setdefault(op.file, []).append(op)
    for waiting in pending.values():
        for op in _survivors(waiting, fate, luck):
            _apply(files, op)
    return {name: bytes(data) for name, data in files.items()}


def _survivors(waiting: list[Op], fate: str, luck: random.Random) -> Iterator[Op]:
    for place, op in enumerate(waiting):
        if fate == "kept" or (fate == "some" and luck.random() < 0.5):
            yield op
        elif fate == "torn" and op.what == "write" and place == len(waiting) - 1:
            kept = luck.randrange(0, len(op.data) + 1, min(SECTOR, len(op.data)))
            yield Op("write", op.file, op.at, op.data[:kept], 0)
        elif fate == "torn":
            yield op
        elif fate == "garbled" and op.what == "write":
            yield Op("write", op.file, op.at, luck.randbytes(len(op.data)), 0)


def _apply(files: dict[str, bytearray], op: Op) -> None:
    data = files.setdefault(op.file, bytearray())
    if op.what == "truncate":
        del data[op.at :]
    else:
        data.extend(bytes(max(0, op.at - len(data))))
        data[op.at : op.at + len(op.data)] = op.data


@pytest.fixture(scope="module")
def life(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[Op], list[Record]]:
    """What the disk saw, and the log that resulted."""
    disk = Disk()
    records = _live(disk, tmp_path_factory.mktemp("disk") / "j")
    disk.unregister()
    return disk.ops, records


@pytest.fixture
def memory() -> Iterator[Path]:
    """A folder in memory where there is one: hundreds of logs are synced here for nothing."""
    shm = Path("/dev/shm")
    with TemporaryDirectory(dir=shm if shm.is_dir() else None) as folder:
        yield Path(folder)


@pytest.mark.hazard("H20")
@pytest.mark.parametrize("fate", FATES)
def test_a_cut_at_any_boundary_leaves_a_log_that_opens_and_goes_on(
    memory: Path, life: tuple[list[Op], list[Record]], fate: str
) -> None:
    """Confirmed events are there, nothing else than was written is there, batches are whole."""
    ops, records = life
    luck = random.Random(fate)
    assert 60 < len(ops)
    for cut in range(len(ops) + 1):
        folder = memory / str(cut)
        folder.mkdir()
        for name, data in _after_cut(ops[:cut], fate, luck).items():
            (folder / name).write_bytes(data)
        confirmed = ops[cut - 1].confirmed if cut else 0
        try:
            journal = Journal.open(folder / "j")
        except JournalFault as fault:
            raise AssertionError(f"cut {cut} of {len(ops)}: {fault}") from fault
        found = list(journal.all())
        assert confirmed <= len(found), cut
        assert records[: len(found)] == found, cut
        assert 0 == len(found) % 2, cut
        journal.append([(1, "More", {})], barrier=True)
        journal.close()
