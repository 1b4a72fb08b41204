"""The simulated house's clock and cable for a controller in virtual time.

Responsible for: taking the token, which tells the time and brings bytes and wishes, and
giving it back with the bytes to send and the next deadline. Not responsible for: any
decision; real time (clocks.py, clockwork.py). Time stands still while we hold the token,
so the loop's own speed changes nothing.
"""

from __future__ import annotations

import socket
from dataclasses import dataclass, field
from pathlib import Path

from controller.canonical import Json, Unclear, canonical_json, strict_object

LINE_MAX = 4 << 20  # bytes; a GO carries cable bytes and wishes, a plan at most
CHUNK = 65536


class HouseFault(Exception):
    """The house cannot be reached, or says something that is not in its contract."""


@dataclass(frozen=True, slots=True)
class Go:
    """What may be known in this turn: two clocks (ms), bytes from the cable, wishes."""

    mono_ms: int
    utc_ms: int
    received: bytes = b""
    net: bool = True  # whether the network is up
    wishes: tuple[dict[str, Json], ...] = field(default=())


class Token:
    """A place in the house's circle; also its Clock and its Wake."""

    def __init__(self, connection: socket.socket) -> None:
        self._socket = connection
        self._buffer = b""
        self._held: Go | None = None
        self._wake_ms: int | None = None

    @classmethod
    def join(cls, path: Path | str, timeout_s: float = 10.0) -> Token:
        """Enter the circle at the house's controller socket; HouseFault where nobody is."""
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connection.settimeout(timeout_s)
        try:
            connection.connect(str(path))
        except OSError as error:
            connection.close()
            raise HouseFault(f"no house at its socket: {error.strerror}") from error
        connection.settimeout(None)  # virtual time may stand still as long as the others like
        return cls(connection)

    def go(self) -> Go | None:
        """Wait for the token; None: the house has closed and the process should end."""
        assert self._held is None
        line = self._line()
        if line is None:
            return None
        self._held = _read_go(line)
        return self._held

    def wait(self, sent: bytes = b"") -> None:
        """Give the token back, with bytes for the cable; sleep until `at` or until news."""
        assert self._held is not None
        answer: Json = {"wait": {"tx": sent.hex(), "wake_ms": self._wake_ms}}
        self._held = None
        try:
            self._socket.sendall(canonical_json(answer).encode() + b"\n")
        except OSError as error:
            raise HouseFault(f"the house has gone: {error.strerror}") from error

    def at(self, mono_ms: int | None) -> None:
        """The next deadline, None: only news wakes us. Stands until it is set anew."""
        self._wake_ms = mono_ms

    def utc_ms(self) -> int:
        """The controller's own clock as of this turn, Unix ms."""
        assert self._held is not None
        return self._held.utc_ms

    def mono_ms(self) -> int:
        """The house's time as of this turn; runs on through restarts of the controller."""
        assert self._held is not None
        return self._held.mono_ms

    def delay_s(self, mono_ms: int) -> float:
        """Host seconds until then: none, virtual time does not pass by itself."""
        return 0.0

    def close(self) -> None:
        """Leave the circle; the house takes the token back."""
        self._socket.close()

    def _line(self) -> bytes | None:
        while b"\n" not in self._buffer:
            if len(self._buffer) > LINE_MAX:
                raise HouseFault("the house does not end its line")
            try:
                chunk = self._socket.recv(CHUNK)
            except OSError:
                return None
            if not chunk:
                return None
            self._buffer += chunk
        line, self._buffer = self._buffer.split(b"\n", 1)
        return line


def _read_go(line: bytes) -> Go:
    try:
        go = strict_object(line)["go"]
        if not isinstance(go, dict):
            raise Unclear("not an object")
        mono_ms, utc_ms, net = go["mono_ms"], go["utc_ms"], go.get("net", True)
        received, wishes = go.get("rx", ""), go.get("wishes", [])
        if not isinstance(mono_ms, int) or not isinstance(utc_ms, int):
            raise Unclear("times are whole numbers")
        if not isinstance(received, str) or not isinstance(wishes, list):
            raise Unclear("bytes are hex and wishes a list")
        return Go(
            mono_ms,
            utc_ms,
            bytes.fromhex(received),
            bool(net),
            tuple(wish for wish in wishes if isinstance(wish, dict)),
        )
    except (KeyError, ValueError) as error:  # Unclear and JSON errors are ValueErrors
        raise HouseFault(f"not a token: {error}") from error
