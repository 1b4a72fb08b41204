"""Where a simulated home keeps its things, and that only one runs there at a time.

Responsible for names and modes of files under .home, for short socket paths (the system
allows 107 bytes) and for free ports on loopback. Not responsible for what is in the files.
"""

import fcntl
import hashlib
import os
import shutil
import socket
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOCKET_PATH_MAX = 100  # bytes, the longest name included


class HomeRefused(Exception):
    """The home cannot be started; the text says why and what to do."""


class Places:
    """Paths of one home. Made by `settle`; kept until `leave`."""

    def __init__(self, base: Path) -> None:
        self.base = base
        self.keys = base / "keys"
        self.log = base / "log"
        self.broker = base / "broker"
        self.config = base / "controller.toml"
        self.envelope = base / "plan.json"
        self.journal = base / "journal.sqlite"
        self.world = base / "world.json"
        self.store = base / "hub.sqlite"
        self.cable = base / "board.tty"
        self.sockets = self._short(base / "sockets")
        self._lock: int | None = None

    def _short(self, wished: Path) -> Path:
        if len(os.fsencode(wished / "controller-page.sock")) <= SOCKET_PATH_MAX:
            return wished
        mark = hashlib.sha256(os.fsencode(wished)).hexdigest()[:12]
        return Path(tempfile.gettempdir()) / f"posology-{os.getuid()}-{mark}"

    @property
    def house(self) -> Path:
        """The house's control socket."""
        return self.sockets / "house.sock"

    @property
    def door(self) -> Path:
        """The controller's socket."""
        return self.sockets / "controller-page.sock"

    def settle(self, *, fresh: bool) -> None:
        """Take the home for this process, empty it first if it is to be fresh; HomeRefused."""
        self.base.mkdir(mode=0o700, parents=True, exist_ok=True)
        lock = os.open(self.base / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(lock)
            raise HomeRefused(f"a home already runs in {self.base}") from None
        self._lock = lock
        if fresh:
            for path in self.base.iterdir():
                if path.name == "lock":
                    continue
                if path.is_dir() and not path.is_symlink():
                    shutil.rmtree(path)
                else:
                    path.unlink()
        for folder in (self.keys, self.log, self.broker, self.sockets):
            folder.mkdir(mode=0o700, exist_ok=True)
        if self.sockets.stat().st_uid != os.getuid():
            raise HomeRefused(f"{self.sockets} belongs to somebody else")

    def leave(self) -> None:
        """Give the home back; its memory stays."""
        if self.sockets.parent != self.base:
            shutil.rmtree(self.sockets, ignore_errors=True)
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def free_port(wished: int = 0) -> int:
    """`wished` on loopback if nobody has it, else any that is free."""
    for port in (wished, 0):
        with socket.socket() as listener:
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                listener.bind(("127.0.0.1", port))
            except OSError:
                continue
            return int(listener.getsockname()[1])
    raise HomeRefused("no free port on 127.0.0.1")
