"""Runs on MicroPython: wake the firmware over and over and print the memory in use.

Responsible for: a bench in the common tongue, a world that only keeps time and memory,
and a controller's end whose session and fences never stop. Prints: bytes after 1,000
wake-ups, bytes after 100,000, wake-ups, orders fenced.
"""

import gc  # of MicroPython: it counts bytes

from firmware.loop import Executive
from hal.sim import sense as words
from hal.sim.board import Link, SimBoard, SimSense
from hal.wire import codes
from hal.wire.controller_end import ControllerEnd
from hal.wire.frame import DESIRED
from hal.wire.layouts import Desired

KEY = bytes(range(32))
EARLY = 1000
LATE = 100000 + 500
SPEAK_MS = 4000
LOOKS = 20


class Stub(Link):
    """A board at rest: time, memory and a cable."""

    def __init__(self) -> None:
        self.now = calm()
        self.fram = bytearray(words.FRAM_SIZE)
        self.to_board = b""
        self.from_board = b""

    def begin(self, sense: SimSense) -> "list[bytes]":
        sense.unpack(self.now.pack())
        pieces = [self.to_board] if self.to_board else []
        self.to_board = b""
        return pieces

    def send(self, op: int, a: int, b: int, data: "bytes | bytearray") -> bytes:
        if op == words.FRAM_READ:
            return bytes(self.fram[a : a + b])
        if op == words.FRAM_WRITE:
            self.fram[a : a + b] = data
        elif op == words.TX:
            self.from_board += data
        elif op == words.EMITTER:
            self.now.beam_lit = a
        return b""


def calm() -> words.Sense:
    """Everything in order, nobody about."""
    sense = words.Sense()
    sense.clock_ok = 1
    sense.battery_mv = 4200
    return sense


def main() -> None:
    """Wake, answer, measure."""
    stub = Stub()
    board = SimBoard(stub)
    executive = Executive(board, KEY)
    end = ControllerEnd(KEY)
    desired = Desired()
    desired.stage = codes.RESOLVE
    spoke_ms = 0
    early = 0
    least = 1 << 30  # bytes in use in the quietest of the last few turns
    for turn in range(1, LATE + 1):
        wake_ms = executive.turn()
        now_ms = stub.now.now_ms
        entropy = bytes([turn & 255, turn >> 8 & 255, turn >> 16]) + bytes(13)
        end.receive(stub.from_board, now_ms, entropy)
        stub.from_board = b""
        stub.to_board = end.outgoing(now_ms, entropy)
        if now_ms - spoke_ms >= SPEAK_MS:
            spoke_ms = now_ms
            desired.order += 1
            stub.to_board += end.seal(DESIRED, desired.pack())
        step_ms = (wake_ms - now_ms) & 0xFFFFFFFF
        if stub.to_board:
            step_ms = min(step_ms, 2)
        stub.now.now_ms = (now_ms + step_ms) & 0xFFFFFFFF
        stub.now.utc_s = stub.now.now_ms // 1000
        stub.now.luck = turn * 2654435761
        if turn % EARLY == 0:
            least = 1 << 30
        if turn <= EARLY + LOOKS or turn > LATE - LOOKS:
            gc.collect()
            least = min(least, gc.mem_alloc())  # type: ignore[attr-defined]
        if turn == EARLY + LOOKS:
            early = least
    print(early, least, LATE, executive.mind.order.number)


main()
