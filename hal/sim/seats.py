"""Seats behind sockets: the board's bytes, the controller's JSON lines.

Responsible for: turning a grant into bytes and bytes into operations, for one process each.
Not for when anybody is granted a turn (house.py), who listens where (serve.py) or ttys
(cable_tty.py).
"""

import contextlib
import json
import os
import socket
import struct
from pathlib import Path

from hal.sim import sense as words
from hal.sim.house import Go, SeatEmpty, SeatGone
from hal.sim.sense import EXTERNAL, LENGTH, OP, OP_SIZE, POWER, WATCHDOG
from hal.sim.world import World

CHUNK = 65536
LINE_MAX = 4 << 20
TURN_MAX = 1 << 20  # bytes of one turn of the board
HANG_S = 20  # host seconds in one turn after which a process counts as hung
JOIN_S = 30  # host seconds to wait for somebody who is expected


class Listener:
    """An AF_UNIX address where one process at a time may sit."""

    def __init__(self, path: Path, hang_s: int = HANG_S) -> None:
        self.path = path
        self.hang_s = hang_s
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self.socket.bind(str(path))
        self.socket.listen(4)

    def accept(self, wait_s: float) -> socket.socket | None:
        """The next to join, None when nobody came in time."""
        self.socket.settimeout(wait_s)
        try:
            connection, _ = self.socket.accept()
        except (TimeoutError, BlockingIOError):
            return None
        connection.setblocking(True)
        limit = struct.pack("ll", self.hang_s, 0)  # one syscall per read, unlike settimeout
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, limit)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO, limit)
        return connection

    def close(self) -> None:
        """Nobody joins any more."""
        self.socket.close()
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()


class Seat:
    """What both seats share: joining, being expected, leaving."""

    who = "nobody"

    def __init__(self, listener: Listener) -> None:
        self.listener = listener
        self.connection: socket.socket | None = None
        self.expected = False  # time waits for this one
        self.joins = 0

    def look(self, wait_s: float = 0.0) -> bool:
        """Take in who knocks; a newcomer is sent away while the present one lives."""
        newcomer = self.listener.accept(wait_s)
        if newcomer is None:
            return False
        if self.connection is not None and not closed(self.connection):
            newcomer.close()
            return False
        self.leave()
        self.connection = newcomer
        self.joins += 1
        return True

    def ready(self) -> bool:
        """Somebody sits here; waits for who is expected, raises SeatEmpty in vain."""
        if self.connection is None and self.expected and not self.look(JOIN_S):
            raise SeatEmpty(f"the {self.who} is expected and did not join")
        return self.connection is not None

    def leave(self) -> None:
        """The seat is free."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


class BoardSocket(Seat):
    """A firmware process; a reset closes its socket, which is how it learns."""

    who = "board"

    def __init__(self, listener: Listener, world: World) -> None:
        super().__init__(listener)
        self.world = world
        self.runtime = ""
        self._in = b""
        self._started: socket.socket | None = None

    def look(self, wait_s: float = 0.0) -> bool:
        """A firmware that ended took the board's power with it."""
        if self.connection is not None and closed(self.connection):
            self.leave()
        joined = super().look(wait_s)
        if self.world.up and self.connection is not self._started:
            self.world.reset(POWER)
        return joined

    def start(self) -> None:
        """The process that joined is this boot's firmware."""
        self._in = b""
        assert self.connection is not None
        self._started = self.connection
        self.runtime = runtime_of(self.connection)

    def stop(self) -> None:
        """The board was reset; who joined since then is the next boot's firmware."""
        if self.connection is self._started:
            self.leave()

    def turn(self) -> int:
        """GO, then operations until WAIT."""
        connection = self.connection
        if connection is None:
            raise SeatGone(POWER)
        sense, received = self.world.grant()
        body = sense.pack() + received
        try:
            connection.sendall(struct.pack(LENGTH, len(body)) + body)
            return self._operations(connection)
        except BlockingIOError:
            self.leave()
            raise SeatGone(WATCHDOG) from None
        except OSError:
            self.leave()
            raise SeatGone(POWER) from None

    def _operations(self, connection: socket.socket) -> int:
        data, at, seen = self._in, 0, 0
        while True:
            while len(data) - at >= OP_SIZE:
                op, a, b = struct.unpack_from(OP, data, at)
                end = at + OP_SIZE
                if op in (words.TX, words.FRAM_WRITE):
                    end += a if op == words.TX else b
                    if len(data) < end:
                        break
                payload = data[at + OP_SIZE : end]
                at = end
                if op == words.WAIT:
                    self._in = data[at:]
                    return int(a)
                self._one(connection, op, a, b, payload)
            data, at = data[at:], 0
            more = connection.recv(CHUNK)
            seen += len(more)
            if not more or seen > TURN_MAX:
                raise ConnectionResetError
            data += more

    def _one(self, connection: socket.socket, op: int, a: int, b: int, data: bytes) -> None:
        world = self.world
        if op == words.TX:
            world.transmit(data)
        elif op == words.FEED:
            world.feed(a)
        elif op == words.NOTE:
            world.note(a, b)
        elif op == words.FRAM_WRITE:
            self._within(a, b)
            world.fram_write(a, data)
            connection.sendall(b"\1")
        elif op == words.FRAM_READ:
            self._within(a, b)
            connection.sendall(world.fram_read(a, b))
        elif op == words.DRIVE_OFF:
            world.drive_off()
        else:
            plain = {
                words.DRIVE: world.drive,
                words.GATE: world.gate,
                words.EMITTER: world.emitter,
                words.LAMP: world.lamp,
                words.BUZZER: world.buzzer,
                words.SET_CLOCK: world.set_clock,
            }.get(op)
            if plain is None:
                self.leave()
                raise SeatGone(EXTERNAL)
            plain(a)

    def _within(self, address: int, length: int) -> None:
        """A firmware that leaves its memory is broken: it is reset, the house goes on."""
        if address + length > words.FRAM_SIZE:
            self.leave()
            raise SeatGone(EXTERNAL)


class ControllerSocket(Seat):
    """A controller process in virtual time."""

    who = "controller"

    def __init__(self, listener: Listener) -> None:
        super().__init__(listener)
        self._in = b""

    def look(self, wait_s: float = 0.0) -> bool:
        """A newcomer starts with nothing said."""
        joined = super().look(wait_s)
        if joined:
            self._in = b""
        return joined

    def turn(self, go: Go) -> tuple[int | None, bytes]:
        """{"go": ...} out, {"wait": ...} in."""
        connection = self.connection
        if connection is None:
            raise SeatGone
        body = {
            "mono_ms": go.mono_ms,
            "utc_ms": go.utc_ms,
            "rx": go.rx.hex(),
            "net": go.net,
            "wishes": go.wishes,
        }
        try:
            connection.sendall(json.dumps({"go": body}).encode() + b"\n")
            wait = json.loads(self._line(connection))["wait"]
            wake = wait.get("wake_ms")
            return (None if wake is None else int(wake)), bytes.fromhex(wait.get("tx", ""))
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            self.leave()
            raise SeatGone from None

    def _line(self, connection: socket.socket) -> bytes:
        data = self._in
        while b"\n" not in data:
            more = connection.recv(CHUNK)
            if not more or len(data) > LINE_MAX:
                raise ConnectionResetError
            data += more
        line, _, self._in = data.partition(b"\n")
        return line


def closed(connection: socket.socket) -> bool:
    """The other end has gone."""
    try:
        return connection.recv(1, socket.MSG_PEEK | socket.MSG_DONTWAIT) == b""
    except BlockingIOError:
        return False
    except OSError:
        return True


def runtime_of(connection: socket.socket) -> str:
    """`micropython` or `cpython`: what the process behind this socket runs on."""
    credentials = connection.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, 12)
    process = struct.unpack("iii", credentials)[0]
    try:
        line = Path(f"/proc/{process}/cmdline").read_bytes().split(b"\0")[:2]
    except OSError:
        return ""
    return "micropython" if any(b"micropython" in os.path.basename(w) for w in line) else "cpython"
