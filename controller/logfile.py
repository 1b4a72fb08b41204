"""The files of a log: private, written by one process, kept when they turn out faulty.

Responsible for: the lock, the modes, and giving a faulty log another name. Not responsible
for what is in them (journal.py).
"""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from controller.chain import JournalFault

WRITE_AHEAD, SHARED = "-wal", "-shm"  # what SQLite keeps beside the file


def lock_for_writing(path: Path) -> int:
    """One writer at a time, for as long as the process lives; the file is left in place."""
    try:
        lock = os.open(f"{path}.lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise JournalFault("unreadable", f"no lock file: {error.strerror}") from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(lock)
        raise JournalFault("in-use", "another process writes this log") from error
    return lock


def make_private(path: Path) -> None:
    """An empty file that only its owner reads; nothing of a former log is left beside it."""
    for tail in (WRITE_AHEAD, SHARED):
        Path(f"{path}{tail}").unlink(missing_ok=True)
    os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600))


def set_aside(path: Path | str) -> Path | None:
    """Keep a faulty log under a new name, so that a new one can begin; None: there was none.

    Linked first and unlinked after: a power cut in between leaves a copy too many, none too few.
    """
    path = Path(path)
    if not path.exists():
        return None
    kept = _unused(path)
    lock = lock_for_writing(path)
    try:
        for tail in (WRITE_AHEAD, ""):
            source = Path(f"{path}{tail}")
            if source.exists():
                os.link(source, f"{kept}{tail}")
        _sync_folder(path.parent)
        for tail in ("", WRITE_AHEAD, SHARED):
            Path(f"{path}{tail}").unlink(missing_ok=True)
        _sync_folder(path.parent)
    finally:
        os.close(lock)
    return kept


def _unused(path: Path) -> Path:
    number = 1
    while True:
        kept = path.with_name(f"{path.name}.aside-{number}")
        if not kept.exists() and not Path(f"{kept}{WRITE_AHEAD}").exists():
            return kept
        number += 1


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
