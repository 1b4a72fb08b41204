"""The cable's other end as a tty, exactly as on /dev/ttyACM0: the controller's seat in real pace.

Responsible for: a raw pty behind a stable symlink, bytes both ways without ever blocking. Not
for sockets (seats.py) or pace (serve.py).
"""

import contextlib
import errno
import os
import tty
from pathlib import Path

from hal.sim.house import Go

CHUNK = 65536
PTY_WAITING = 8192  # bytes kept for a controller that does not read


class ControllerPty:
    """In real pace: the cable's other end as a tty, exactly as /dev/ttyACM0."""

    def __init__(self, link: Path) -> None:
        self.link = link
        self.master, self._slave = os.openpty()
        tty.setraw(self._slave)
        os.set_blocking(self.master, False)
        self._waiting = b""
        fresh = link.with_name(link.name + ".new")
        with contextlib.suppress(FileNotFoundError):
            fresh.unlink()
        fresh.symlink_to(os.ttyname(self._slave))
        fresh.replace(link)

    def ready(self) -> bool:
        """Always: a tty does not know who listens."""
        return True

    def turn(self, go: Go) -> tuple[int | None, bytes]:
        """Pass bytes both ways."""
        self._waiting = (self._waiting + go.rx)[-PTY_WAITING:]
        with contextlib.suppress(BlockingIOError):
            self._waiting = self._waiting[os.write(self.master, self._waiting) :]
        try:
            return None, os.read(self.master, CHUNK)
        except OSError as error:
            if error.errno in (errno.EAGAIN, errno.EIO):
                return None, b""
            raise

    def close(self) -> None:
        """Unplug."""
        with contextlib.suppress(FileNotFoundError):
            self.link.unlink()
        os.close(self.master)
        os.close(self._slave)
