"""The simulated board's operations as plain calls on the world in this process.

Responsible for: the same operations that board.py sends over a socket, without one. Not
for turns: whoever grants them (house.py) calls the firmware's `turn`.
"""

from hal.sim import sense as words
from hal.sim.board import Link, SimSense
from hal.sim.world import World


class Direct(Link):
    """The world in this process; whoever grants turns calls the firmware's `turn`."""

    def __init__(self, world: World) -> None:
        self._world = world

    def begin(self, sense: SimSense) -> list[bytes]:
        """Read the inputs of this turn; returns the cable's bytes."""
        now, cable = self._world.grant()
        sense.unpack(now.pack())
        return [cable]

    def send(self, op: int, a: int, b: int, data: bytes | bytearray) -> bytes:
        """One operation; the answer of FRAM_READ, else b""."""
        world = self._world
        if op == words.FRAM_READ:
            return world.fram_read(a, b)
        if op == words.FRAM_WRITE:
            world.fram_write(a, bytes(data))
        elif op == words.TX:
            world.transmit(bytes(data))
        elif op == words.DRIVE:
            world.drive(a)
        elif op == words.DRIVE_OFF:
            world.drive_off()
        elif op == words.GATE:
            world.gate(a)
        elif op == words.EMITTER:
            world.emitter(a)
        elif op == words.LAMP:
            world.lamp(a)
        elif op == words.BUZZER:
            world.buzzer(a)
        elif op == words.FEED:
            world.feed(a)
        elif op == words.SET_CLOCK:
            world.set_clock(a)
        elif op == words.NOTE:
            world.note(a, b)
        return b""
