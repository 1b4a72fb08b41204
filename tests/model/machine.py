"""The real firmware over the simulated world, frozen into values and brought back to life.

Responsible for: a world that remembers where power may be cut, the plain link in the place of
the session layer, and `freeze`/`thaw`: equal futures give equal values. Not responsible for
which inputs there are (board.py). Instants are kept as distance from now; counters that only
tell copies of one memory apart are normalised.
"""

from __future__ import annotations

from typing import Final

from firmware import pairing, store
from firmware.cycle import IDLE
from firmware.lease import Holding
from firmware.loop import Executive
from firmware.mind import Mind
from firmware.mover import Mover
from firmware.order import SIZE as ORDER_SIZE
from firmware.order import Order
from hal.sim.board import SimBoard, SimSense
from hal.sim.direct import Direct
from hal.sim.sense import BROWN_OUT
from hal.sim.tray import NEVER
from hal.sim.world import World
from hal.wire import codes
from hal.wire.frame import DESIRED
from hal.wire.packed import PackedLease
from hal.wire.session import BoardEnd
from tests.controller.home import KEY
from tests.model.frozen import LUCK, Frozen, freeze_world, number_of

UP: Final = 200_000  # since when a board at rest counts as running
LONG: Final = 2_000  # at rest everything that lasts shorter is over
ALIVE, SILENT, NEWBORN = 0, 1, 2  # what the board thinks of its cable


class ModelWorld(World):
    """The simulated world; `cuts` collects what a loss of power before each operation leaves."""

    def __init__(self, utc_ms: int) -> None:
        super().__init__(1, utc_ms)
        self.cuts: list[Frozen] | None = None
        self.phase = 0  # which of the scene's instants it is
        self.moved: list[tuple[str, int, Order]] = []  # drive and gate, by which durable order
        self.void = 0  # the highest order there was when the power was last lost
        self.memory: bytes | None = None  # what lies in it, None: written to since the thaw
        self.agreed = 0  # the round that was prepared when somebody pressed, in this boot

    def mark(self, what: str) -> None:
        """No trace is kept."""

    def cut_point(self) -> None:
        """Power may be lost here."""
        if self.cuts is not None:
            self.cuts.append(freeze_world(self))

    def drive(self, to_tick: int) -> None:
        """DRIVE, and what it was for."""
        self.cut_point()
        self.moved.append(("drive", to_tick, durable_order(self)))
        super().drive(to_tick)

    def drive_off(self) -> None:
        """DRIVE_OFF."""
        self.cut_point()
        super().drive_off()

    def gate(self, opened: int) -> None:
        """GATE, and what it was for."""
        self.cut_point()
        self.moved.append(("gate", opened, durable_order(self)))
        super().gate(opened)

    def emitter(self, on: int) -> None:
        """EMITTER."""
        self.cut_point()
        super().emitter(on)

    def set_clock(self, utc_s: int) -> None:
        """SET_CLOCK."""
        self.cut_point()
        super().set_clock(utc_s)

    def fram_write(self, address: int, data: bytes) -> None:
        """FRAM_WRITE."""
        self.cut_point()
        self.memory = None
        super().fram_write(address, data)


def durable_order(w: World) -> Order:
    """The order as the board's memory holds it at this instant, whatever the firmware thinks."""
    order = Order()
    copies = []
    for copy in (0, 1):
        at = store.address(store.MIND, copy)
        number = number_of(w.fram.data, at, store.MIND)
        if number:
            copies.append((number, at + store._HEAD_SIZE))
    if copies:
        at = max(copies)[1]
        order.unpack(w.fram.data[at : at + ORDER_SIZE])
    return order


_read: dict[tuple[bytes, int], tuple[bytes, int]] = {}


class Remembered(store.Store):
    """The production store; what it has read from the very same memory is not read again."""

    world: ModelWorld

    def read(self, record: int) -> bytes | None:
        """As the store reads it; a memory that had to be mended is not remembered."""
        memory = self.world.memory
        if memory is None:
            return super().read(record)
        found = _read.get((memory, record))
        if found is None:
            payload = super().read(record)
            if payload is not None and self.world.memory is memory:
                _read[memory, record] = (payload, self._numbers[record])
            return payload
        self._numbers[record] = found[1]
        return found[0]


_held: dict[bytes, tuple[PackedLease, bytes]] = {}


class Held(Holding):
    """The production holding; the lease of the very same memory is not unpacked again."""

    world: ModelWorld

    def load(self) -> None:
        """As the holding loads it; what had to be completed or mended is not remembered."""
        memory = self.world.memory
        found = _held.get(memory) if memory is not None else None
        if found is not None and found[0].lease_no <= self._mind.ledger.lease_no:
            self.lease, self.digest = found
            return
        super().load()
        if memory is not None and self.world.memory is memory and self.lease is not None:
            _held[memory] = (self.lease, self.digest)


class Wire(Direct):
    """The board's operations on the world; the cable is a list of sentences."""

    def __init__(self, world: ModelWorld) -> None:
        super().__init__(world)
        self.model = world
        self.inbox: list[bytes] = []

    def begin(self, sense: SimSense) -> list[bytes]:
        """The inputs of now, and the sentences that were delivered."""
        self.model.attention = False
        vars(sense).update(vars(self.model.sense(LUCK)))
        inbox, self.inbox = self.inbox, []
        return inbox


class PlainEnd(BoardEnd):
    """A cable without sessions: what is delivered is authentic and whole."""

    def __init__(self, heard: int, now_ms: int) -> None:
        self.sessions = 1
        self.heard = heard
        self._since_ms = now_ms

    @property
    def bad_frames(self) -> int:
        """None: noise is the session layer's business."""
        return 0

    def receive(self, data: bytes, now_ms: int, luck: int) -> list[tuple[int, bytes]]:
        """One Desired."""
        self.heard = ALIVE
        self._since_ms = now_ms
        return [(DESIRED, data)]

    def seal(self, kind: int, body: bytes) -> bytes:
        """Nothing is sent: Actual is read where it is needed."""
        return b""

    def outgoing(self, now_ms: int, luck: int) -> bytes:
        """No session, no HELLO."""
        return b""

    def wake_at(self, now_ms: int) -> int:
        """Never by itself."""
        return now_ms + 60_000

    def alive(self, now_ms: int) -> bool:
        """Whether a valid frame came lately."""
        return self.heard == ALIVE

    def silent_ms(self, now_ms: int) -> int:
        """Since the last valid frame."""
        return 60_000 if self.heard == SILENT else 0


class Firmware(Executive):
    """The production firmware on the plain cable."""

    def __init__(self, board: SimBoard, wire: Wire) -> None:
        super().__init__(board, KEY)
        self.wire = wire
        self.memory.__class__ = Remembered
        assert isinstance(self.memory, Remembered)
        self.memory.world = wire.model
        self.holding.__class__ = Held
        assert isinstance(self.holding, Held)
        self.holding.world = wire.model

    def plug(self, heard: int) -> None:
        """The plain link in the place of the session layer."""
        self._link = PlainEnd(heard, self.clock.now_ms)

    @property
    def heard(self) -> int:
        """What the board thinks of its cable."""
        assert isinstance(self._link, PlainEnd)
        return self._link.heard

    def _boot(self) -> None:
        super()._boot()
        self.plug(NEWBORN)

    def at_rest(self, world: ModelWorld) -> bool:
        """Nothing moves, nothing is awaited but an input."""
        now_ms = world.now_ms
        started = self.mind.order.state == codes.STARTED and not self.mind.locked
        return not (
            started
            or self.cycle.phase != IDLE
            or self.homing.moving
            or (self.beam.busy and not self.mind.locked)
            or world.tray.sign
            or world.flap.position(now_ms) != world.flap.goal()
            or world.chute.busy()
            or world.cup.settle_ms != NEVER
            or world.later
            or self.orders.still_at() > self.clock.now_ms
        )

    def photo(self) -> Frozen:
        """Every machine's state, the clock's own count of milliseconds set to UP."""
        now_ms = self.clock.now_ms
        parts = list(self.photograph(now_ms))
        c = parts[0]
        parts[0] = (UP, 0, *c[2:4], UP, c[5])
        own = (self.boot_epoch, self._boot_ms - now_ms, self._set_clock_s, self._lease_refusal)
        return (*parts, own, _packed(self.mind))

    def relive(self, photo: Frozen, utc_s: int, heard: int) -> None:
        """Become what `photo` was taken of, at another time of day."""
        parts = [*photo[:-2]]
        c = parts[0]
        parts[0] = (c[0], utc_s, *c[2:])
        pairing.recall(self.memory, self.mind, KEY)
        self.resume(parts)
        self.mind.order.unpack(photo[-1])  # also what was not made durable
        self.mind.ledger.unpack(photo[-1], ORDER_SIZE)
        own = photo[-2]
        self.boot_epoch, self._boot_ms = own[0], own[1] + UP
        self._set_clock_s, self._lease_refusal = own[2], own[3]
        self.plug(heard)

    def forget_instants(self) -> None:
        """At rest: what lasts shorter than LONG is over, and no machine remembers when."""
        now_ms = self.clock.now_ms
        self._boot_ms = now_ms - UP
        self.inbox._at_ms = now_ms - LONG
        self.panel._edge_ms = now_ms - 10_000
        consent = self.consent
        if not consent.round:
            consent._lifts = consent._doors = 0
        consent._at_ms = now_ms if now_ms - consent._at_ms < 60_000 else now_ms - 61_000
        beam = self.beam
        beam._tested_ms = now_ms - LONG - 1
        beam.wake_ms = now_ms
        beam._dark = False
        cycle = self.cycle
        cycle.cause, cycle.gate_left, cycle._drops = 0, False, 0
        cycle.wake_ms = cycle._since_ms = cycle._drop_ms = cycle._limit_ms = now_ms
        cycle._mover = _still(now_ms)
        self.homing.wake_ms = now_ms
        self.homing._mover = _still(now_ms)
        self.orders._cup_ms = now_ms - 1_000
        news = self.news
        news._told_ms = now_ms
        news._told = bytearray(len(news.now))  # what it would say is read where it is needed


def _packed(mind: Mind) -> bytes:
    """Order and ledger as they are in RAM."""
    buffer = bytearray(ORDER_SIZE + mind.ledger.size())
    mind.order.pack_into(buffer)
    mind.ledger.pack_into(buffer, ORDER_SIZE)
    return bytes(buffer)


def _still(now_ms: int) -> Mover:
    mover = Mover()
    for name in vars(mover):
        if name.endswith("_ms"):
            setattr(mover, name, now_ms)
    return mover


def lose_power(w: ModelWorld) -> None:
    """The board is reset; physics goes on."""
    w.reset(BROWN_OUT)
    w.settle()


def firmware(w: ModelWorld) -> Firmware:
    """A board's firmware before its first turn."""
    wire = Wire(w)
    return Firmware(SimBoard(wire), wire)
