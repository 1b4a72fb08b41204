"""A loaded machine at a chosen moment, brought back as often as needed, for a hostile controller.

Responsible for: pictures (world and firmware as they are now) and a Stage made from one, with a
plain cable (bodies that count as authentic) or the full one (session, HMAC, counters). Not for
what is said (words.py) or whether it was right (oracle.py).
"""

import pickle
import struct
from collections.abc import Callable

from firmware.loop import Executive
from hal.sim.board import SimBoard
from hal.sim.chance import Chance
from hal.sim.direct import Direct
from hal.sim.house import Go, House, Inside, InsideController
from hal.sim.world import World
from hal.wire.controller_end import ControllerEnd
from hal.wire.messages import Lease
from hal.wire.session import ALIVE_MS, BoardEnd
from tests.firmware.bench import KEY, Bench

_HEAD = "<BH"  # plain cable: kind, length, then the body
_HEAD_SIZE = struct.calcsize(_HEAD)
REPEAT_MS = 250


def plainly(kind: int, body: bytes) -> bytes:
    """A body as it goes over the plain cable."""
    return struct.pack(_HEAD, kind, len(body)) + body


class PlainEnd(BoardEnd):
    """The board's end of a cable on which every body counts as authentic; it tells nothing."""

    def receive(self, data: bytes, now_ms: int, luck: int) -> list[tuple[int, bytes]]:
        """Every body of `data`, in order."""
        self._age(now_ms)
        bodies, at = [], 0
        while at < len(data):
            kind, length = struct.unpack_from(_HEAD, data, at)
            at += _HEAD_SIZE
            bodies.append((kind, data[at : at + length]))
            at += length
            self._silence_ms = 0
        return bodies

    def seal(self, kind: int, body: bytes) -> bytes:
        """Nobody listens: the hostile controller sees the board's mind directly."""
        return b""

    def outgoing(self, now_ms: int, luck: int) -> bytes:
        """No session to be asked for."""
        return b""

    def wake_at(self, now_ms: int) -> int:
        """It has nothing to say by itself."""
        return now_ms + ALIVE_MS


class PlainExecutive(Executive):
    """The production firmware with the plain end of the cable."""

    def _boot(self) -> None:
        super()._boot()
        self._link = PlainEnd(KEY, self.boot_epoch)

    def restore(self, values: tuple[int, ...]) -> None:
        """As the production firmware; then the plain end in the session's place."""
        super().restore(values)
        end = PlainEnd(KEY, self.boot_epoch)
        assert self._link is not None
        end.restore(self._link.snapshot(self.clock.now_ms), self.clock.now_ms)
        self._link = end


class Picture:
    """World, firmware and both ends of the cable at one moment of a bench's story."""

    def __init__(self, name: str, bench: Bench, lease: Lease) -> None:
        self.name = name
        self.lease = lease
        self.parts = pickle.dumps((bench.world, bench.end), pickle.HIGHEST_PROTOCOL)
        self.firmware = bench.executive.snapshot()
        self.pressed = bench.executive.consent.round
        self.order = bench.executive.mind.order.number


class Stage:
    """What a stream plays on; `executive` is the firmware of the present boot."""

    def __init__(self, picture: Picture, seed: int, *, full_cable: bool) -> None:
        self.picture = picture
        self.lease = picture.lease
        self.full_cable = full_cable
        self.kind: type[Executive] = Executive if full_cable else PlainExecutive
        world, end = pickle.loads(picture.parts)
        assert isinstance(world, World) and isinstance(end, ControllerEnd)
        self.world, self.end = world, end
        world.chance.state = world.chance.state ^ seed or 1
        self.luck = Chance(seed + 1)
        self.executive = self.kind(SimBoard(Direct(world)), KEY)
        self.executive.restore(picture.firmware)
        self._fresh = False
        self._waiting: list[tuple[int, bytes]] = []
        seat = InsideController(self._controller) if full_cable else None
        self.house = House(world, Inside(world, self._boot), seat)

    def _boot(self, world: World) -> Callable[[], int]:
        if self._fresh:
            self.executive = self.kind(SimBoard(Direct(world)), KEY)
        self._fresh = True  # the first "boot" of this house is the picture's own firmware
        return self.executive.turn

    def _controller(self, go: Go) -> tuple[int | None, bytes]:
        now = go.mono_ms
        self.end.receive(go.rx, now, self.luck.bytes(16))
        out = self.end.outgoing(now, self.luck.bytes(16))
        waiting, self._waiting = self._waiting, []
        for kind, body in waiting:
            out += self.end.seal(kind, body)
        return now + REPEAT_MS, out

    def say(self, kind: int, body: bytes) -> None:
        """One authentic sentence goes onto the cable now."""
        if self.full_cable:
            self._waiting.append((kind, body))
            self.house.controller_wake_ms = 0
        else:
            self.world.to_board(plainly(kind, body))

    def run(self, ms: int) -> None:
        """Let simulated time pass."""
        self.house.run(self.world.now_ms + ms)
