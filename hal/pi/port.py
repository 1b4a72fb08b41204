"""One serial port that never gives up and never makes anybody wait.

Responsible for: opening a tty or pty raw, reading and writing what is possible now, and
reopening for ever after unplugging. Not responsible for: what the bytes mean (hal.wire).
The only file that uses pyserial. Lost bytes are the cable's trouble, which it survives.
"""

import os
import select
from collections.abc import Callable
from contextlib import suppress

import serial

BAUD = 115_200  # ignored by USB and ptys
CHUNK = 4096
READ_MAX = 16 * CHUNK  # bytes per call, so that a babbling board cannot hold the loop
OUT_MAX = 8 * 1024  # bytes waiting: a few frames; what does not fit is dropped
FIRST_RETRY_MS = 250
LAST_RETRY_MS = 10_000


class Port:
    """`mono_ms` tells monotonic time; reopening is tried by read and write when it is due."""

    def __init__(self, path: str, mono_ms: Callable[[], int]) -> None:
        self.path = path
        self.opened = 0  # times the port came up; a rise means: fileno has changed
        self.dropped_bytes = 0
        self.closed_since_ms: int | None = mono_ms()  # None while open
        self._mono_ms = mono_ms
        self._serial: serial.Serial | None = None
        self._out = b""
        self._retry_ms = FIRST_RETRY_MS
        self._next_try_ms = mono_ms()
        self._try_open()

    def read(self) -> bytes:
        """What has arrived; b"" for nothing, closed or just lost."""
        self._try_open()
        data = b""
        while self._serial is not None and len(data) < READ_MAX:
            try:
                chunk = self._serial.read(CHUNK)
            except (OSError, serial.SerialException):
                self._lose()
                break
            data += chunk
            if chunk:
                self._retry_ms = FIRST_RETRY_MS  # it works: forget how long it did not
            if len(chunk) < CHUNK:
                break
        return data

    def write(self, data: bytes) -> None:
        """Send now what fits, the rest with the next call; drop everything while closed."""
        self._try_open()
        if self._serial is None:
            self.dropped_bytes += len(data)
            return
        if len(self._out) + len(data) > OUT_MAX:
            self.dropped_bytes += len(data)  # whole frames: half a frame would spoil the next
        else:
            self._out += data
        self._flush()

    def fileno(self) -> int:
        """For a selector; -1 while closed."""
        return -1 if self._serial is None else int(self._serial.fileno())

    def pending(self) -> bool:
        """Whether bytes wait for the port to take them: call `write` again when writable."""
        return bool(self._out)

    def wake_at(self) -> int | None:
        """Monotonic ms of the next attempt to open, None while open."""
        return None if self._serial is not None else self._next_try_ms

    def close(self) -> None:
        """Let go of the port; it is not reopened."""
        self._lose()
        self._next_try_ms = -1

    def _try_open(self) -> None:
        if self._serial is not None or self._next_try_ms < 0:
            return
        now_ms = self._mono_ms()
        if now_ms < self._next_try_ms:
            return
        try:
            opened = serial.Serial(self.path, BAUD, timeout=0, write_timeout=0, exclusive=True)
            os.set_blocking(opened.fileno(), False)
        except (OSError, serial.SerialException, ValueError):
            self._next_try_ms = now_ms + self._retry_ms
            self._retry_ms = min(2 * self._retry_ms, LAST_RETRY_MS)
            return
        self._serial = opened
        self.opened += 1
        self.closed_since_ms = None

    def _lose(self) -> None:
        if self._serial is None:
            return
        with suppress(OSError):
            self._serial.close()
        self._serial = None
        self._out = b""
        self.closed_since_ms = self._mono_ms()
        self._next_try_ms = self._mono_ms() + self._retry_ms
        self._retry_ms = min(2 * self._retry_ms, LAST_RETRY_MS)

    def _flush(self) -> None:
        # os.write, because pyserial's own write spins on a full buffer instead of returning
        while self._out and self._serial is not None:
            try:
                if not select.select([], [self._serial], [], 0)[1]:
                    return
                sent = os.write(self._serial.fileno(), self._out)
            except BlockingIOError:
                return
            except (OSError, serial.SerialException):
                self._lose()
                return
            self._out = self._out[sent:]
