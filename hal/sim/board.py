"""The simulated board: the firmware's device, in this process or behind the house's socket.

Responsible for: turning the firmware's calls into the world's operations. Not for physics
(world.py) or for turns (house.py). Common tongue: over `Socket` it runs on real MicroPython,
over direct.py it calls the world in this process; what the firmware sees is the same.
"""

import socket
import struct

from firmware.device import Device, Inputs
from hal.sim import sense as words
from hal.sim.sense import Sense

PIECE = 256  # cable bytes read at a time: a board has no room for a lease in one piece
REPLY_SIZE = 1  # after FRAM_WRITE
_EINVAL = 22


class HouseGone(Exception):
    """The house has closed the socket: the simulated board has no power any more."""


class SimSense(Sense, Inputs):
    """The house's Sense in the shape that the firmware asks for; Sense fills it."""


class Link:
    """The interface to where the operations go: `Socket` here, `Direct` in direct.py."""

    def begin(self, sense: SimSense) -> "list[bytes]":
        """Fill `sense` with the inputs of this turn; returns the cable's bytes in pieces."""
        raise NotImplementedError

    def send(self, op: int, a: int, b: int, data: "bytes | bytearray") -> bytes:
        """One operation; the answer of FRAM_READ, else b""."""
        raise NotImplementedError


class Socket(Link):
    """The house behind an AF_UNIX socket; blocks in `begin` until it grants the next turn."""

    def __init__(self, path: str) -> None:
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            self._socket.connect(path)
        except OSError as error:
            if error.errno != _EINVAL:
                raise
            # MicroPython wants the C struct of the address.
            family = struct.pack("<H", socket.AF_UNIX)
            self._socket.connect(family + path.encode() + b"\0")
        self._out = bytearray()

    def begin(self, sense: SimSense) -> "list[bytes]":
        """Wait for GO; returns the cable's bytes in pieces."""
        self._flush()
        length = struct.unpack(words.LENGTH, self._read(words.LENGTH_SIZE))[0]
        sense.unpack(self._read(words.SENSE_SIZE))
        length -= words.SENSE_SIZE
        pieces = []
        while length:
            pieces.append(self._read(min(length, PIECE)))
            length -= len(pieces[-1])
        return pieces

    def send(self, op: int, a: int, b: int, data: "bytes | bytearray") -> bytes:
        """One operation; one-way ones are gathered until an answer or the turn's end."""
        self._out += struct.pack(words.OP, op, a, b)
        if op == words.FRAM_WRITE:
            self._flush()
            self._send(data)  # as it is: a lease is a kilobyte
            self._read(REPLY_SIZE)
            return b""
        self._out += data
        if op == words.FRAM_READ:
            self._flush()
            return self._read(b)
        if op == words.WAIT:
            self._flush()
        return b""

    def close(self) -> None:
        """Let go of the socket."""
        self._socket.close()

    def _flush(self) -> None:
        if self._out:
            self._send(self._out)
            self._out = bytearray()

    def _send(self, data: "bytes | bytearray") -> None:
        try:
            self._socket.sendall(data)
        except OSError:
            raise HouseGone from None

    def _read(self, count: int) -> bytes:
        parts = b""
        while len(parts) < count:
            try:
                part = self._socket.recv(count - len(parts))
            except OSError:
                part = b""
            if not part:
                raise HouseGone
            parts = parts + part if parts else part
        return parts


class SimBoard(Device):
    """A board of the simulated world."""

    def __init__(self, house: Link) -> None:
        self._inputs = SimSense()
        self.sense: Inputs = self._inputs
        self._house = house
        self._received: "list[bytes]" = []

    def begin(self) -> None:
        """Start a turn: inputs and cable bytes of now."""
        self._received = self._house.begin(self._inputs)

    def drive(self, to_tick: int) -> None:
        """Turn the tray to `to_tick`."""
        self._house.send(words.DRIVE, to_tick, 0, b"")

    def drive_off(self) -> None:
        """No current in the drive."""
        self._house.send(words.DRIVE_OFF, 0, 0, b"")

    def gate(self, is_open: int) -> None:
        """Current in the gate's solenoid (1) or none (0)."""
        self._house.send(words.GATE, is_open, 0, b"")

    def emitter(self, on: int) -> None:
        """Light of the drop beam."""
        self._house.send(words.EMITTER, on, 0, b"")

    def lamp(self, signal: int) -> None:
        """What the lamp shows."""
        self._house.send(words.LAMP, signal, 0, b"")

    def buzzer(self, signal: int) -> None:
        """What the buzzer sounds."""
        self._house.send(words.BUZZER, signal, 0, b"")

    def feed(self, timeout_ms: int) -> None:
        """Feed the watchdog."""
        self._house.send(words.FEED, timeout_ms, 0, b"")

    def set_clock(self, utc_s: int) -> None:
        """Set the board's own clock."""
        self._house.send(words.SET_CLOCK, utc_s, 0, b"")

    def fram_read(self, addr: int, count: int) -> bytes:
        """Bytes of the durable memory."""
        return self._house.send(words.FRAM_READ, addr, count, b"")

    def fram_write(self, addr: int, data: "bytes | bytearray") -> None:
        """Durable on return."""
        self._house.send(words.FRAM_WRITE, addr, len(data), data)

    def received(self) -> bytes:
        """Cable bytes of this turn, piece by piece, each once; b"": no more."""
        return self._received.pop(0) if self._received else b""

    def transmit(self, data: bytes) -> None:
        """Bytes to the controller."""
        if data:
            self._house.send(words.TX, len(data), 0, data)

    def wait(self, until_ms: int) -> None:
        """End the turn (in-process the house already knows from the turn's result)."""
        self._house.send(words.WAIT, until_ms, 0, b"")

    def note(self, code: int, arg: int) -> None:
        """A mark in the trace."""
        self._house.send(words.NOTE, code, arg, b"")
