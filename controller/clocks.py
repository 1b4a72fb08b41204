"""The controller's two clocks: UTC, which people set, and monotonic time, which nobody sets.

Responsible for: reading them, on a real machine and in a simulated house in real pace.
Not responsible for: whether UTC can be believed (trusted_time.py), waking up (clockwork.py),
virtual time (token.py).
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from controller.token import HouseFault

LINE_MAX = 4096
CHUNK = 4096


class Clock(Protocol):
    """What the loop may ask for the time."""

    def utc_ms(self) -> int:
        """Unix ms; may jump."""
        ...

    def mono_ms(self) -> int:
        """Ms since some instant; never goes back."""
        ...

    def delay_s(self, mono_ms: int) -> float:
        """Host seconds until monotonic time `mono_ms`, not below 0."""
        ...


class SystemClock:
    """The machine's own clocks."""

    def utc_ms(self) -> int:
        return time.time_ns() // 1_000_000

    def mono_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000

    def delay_s(self, mono_ms: int) -> float:
        return max(0, mono_ms - self.mono_ms()) / 1000


@dataclass(frozen=True, slots=True)
class Anchor:
    """At host instant `host_ns` the house's time was `mono_ms` and our UTC clock said `utc_ms`."""

    host_ns: int
    mono_ms: int
    utc_ms: int
    speed_milli: int  # house milliseconds per host second

    def passed_ms(self, host_ns: int) -> int:
        """House ms since the anchor; before it there is nothing."""
        return max(0, host_ns - self.host_ns) * self.speed_milli // 1_000_000_000


class HouseClock:
    """Simulated clocks in real pace: the house tells an anchor now and after every jump."""

    def __init__(
        self, connection: socket.socket, host_ns: Callable[[], int] = time.monotonic_ns
    ) -> None:
        self.lost = False  # the house has closed; the clocks run on from the last anchor
        self._socket = connection
        self._host_ns = host_ns
        self._buffer = b""
        self._anchor: Anchor | None = None
        self._latest_ms = 0

    @classmethod
    def connect(cls, path: Path | str, timeout_s: float = 10.0) -> HouseClock:
        """Ask the house's control socket for its clock and wait for the first anchor."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        clock = cls(connection)
        try:
            connection.connect(str(path))
            connection.sendall(b'{"clock":true}\n')
            while clock._anchor is None and not clock.lost:
                clock.pump()
        except OSError as error:
            connection.close()
            raise HouseFault(f"no clock at the house's socket: {error}") from error
        if clock._anchor is None:
            connection.close()
            raise HouseFault("the house closed before it told the time")
        connection.setblocking(False)
        return clock

    def fileno(self) -> int:
        """Readable when the clock has jumped (or the house is gone): call `pump`."""
        return self._socket.fileno()

    def pump(self) -> bool:
        """Take new anchors; whether there was one, so that deadlines must be set anew."""
        try:
            chunk = self._socket.recv(CHUNK)
        except BlockingIOError:
            return False
        self.lost = self.lost or not chunk
        self._buffer += chunk
        *lines, self._buffer = self._buffer.split(b"\n")
        if len(self._buffer) > LINE_MAX:
            raise HouseFault("the house does not end its line")
        for line in lines:
            self._anchor = _read_anchor(line)
        return bool(lines)

    def utc_ms(self) -> int:
        """The controller's own simulated clock, Unix ms."""
        anchor = self._held()
        return anchor.utc_ms + anchor.passed_ms(self._host_ns())

    def mono_ms(self) -> int:
        """House time; held still rather than moved back by a new anchor."""
        anchor = self._held()
        self._latest_ms = max(self._latest_ms, anchor.mono_ms + anchor.passed_ms(self._host_ns()))
        return self._latest_ms

    def delay_s(self, mono_ms: int) -> float:
        """Host seconds until house time `mono_ms`."""
        return max(0, mono_ms - self.mono_ms()) / self._held().speed_milli

    def close(self) -> None:
        """Stop listening to the house."""
        self._socket.close()

    def _held(self) -> Anchor:
        assert self._anchor is not None
        return self._anchor


def _read_anchor(line: bytes) -> Anchor:
    try:
        told = json.loads(line)
        speed_milli = round(told["speed"] * 1000)
        if speed_milli <= 0:
            raise ValueError("time does not stand still")
        return Anchor(
            int(told["mono0_ns"]), int(told["sim_ms0"]), int(told["utc_ms0"]), speed_milli
        )
    except (KeyError, TypeError, ValueError) as error:
        raise HouseFault(f"not a clock: {error}") from error
