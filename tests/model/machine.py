"""The real firmware over the simulated world, frozen into values and brought back to life.

Responsible for: a world that remembers where power may be cut, the plain link in the place of
the session layer, and `freeze`/`thaw`: equal futures give equal values. Not responsible for
which inputs there are (board.py). Instants are kept as distance from now; counters that only
tell copies of one memory apart are normalised.
"""

from __future__ import annotations

import binascii
import struct
from typing import Any, Final

from firmware import pairing, store
from firmware.cycle import IDLE
from firmware.loop import Executive
from firmware.mind import Mind
from firmware.mover import Mover
from firmware.order import SIZE as ORDER_SIZE
from firmware.order import Order
from hal.sim.board import SimBoard, SimSense
from hal.sim.direct import Direct
from hal.sim.pieces import Piece
from hal.sim.sense import BROWN_OUT
from hal.sim.tray import NEVER
from hal.sim.world import World
from hal.wire import codes
from hal.wire.frame import DESIRED
from hal.wire.session import BoardEnd
from tests.controller.home import KEY

NOW: Final = 1_000_000_000  # the world's millisecond of every thawed state
UP: Final = 200_000  # since when a board at rest counts as running
LONG: Final = 2_000  # at rest everything that lasts shorter is over
LUCK: Final = 0x5EED5EED5EED5EED
ALIVE, SILENT, NEWBORN = 0, 1, 2  # what the board thinks of its cable

Frozen = tuple[Any, ...]

_PARTS: Final = ("tray", "flap", "chute", "cup")
_INSTANTS: Final = frozenset(
    {
        "start_ms", "energised_ms", "notice_ms", "held_since_ms", "dark_until_ms", "change_ms",
        "settle_ms",
    }
)  # fmt: skip
_LISTS: Final = frozenset({"releases", "flights", "landings", "exposures"})
_OWN: Final = (
    "door_open", "service_on", "button_down", "door_count", "press_count", "lamp_shows",
    "buzzer_sounds", "up", "reset_cause", "starved", "bounces", "button_stuck", "agreed", "void",
)  # fmt: skip
_OWN_INSTANTS: Final = ("boot_ms", "ready_ms", "watchdog_ms")


class ModelWorld(World):
    """The simulated world; `cuts` collects what a loss of power before each operation leaves."""

    def __init__(self, utc_ms: int) -> None:
        super().__init__(1, utc_ms)
        self.cuts: list[Frozen] | None = None
        self.phase = 0  # which of the scene's instants it is
        self.moved: list[tuple[str, int, Order]] = []  # drive and gate, by which durable order
        self.void = 0  # the highest order there was when the power was last lost
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
        super().fram_write(address, data)


def durable_order(w: World) -> Order:
    """The order as the board's memory holds it at this instant, whatever the firmware thinks."""
    order = Order()
    copies = []
    for copy in (0, 1):
        at = store.address(store.MIND, copy)
        number = _number(w.fram.data, at, store.MIND)
        if number:
            copies.append((number, at + store._HEAD_SIZE))
    if copies:
        at = max(copies)[1]
        order.unpack(w.fram.data[at : at + ORDER_SIZE])
    return order


class Wire(Direct):
    """The board's operations on the world; the cable is a list of sentences."""

    def __init__(self, world: ModelWorld) -> None:
        super().__init__(world)
        self._model = world
        self.inbox: list[bytes] = []

    def begin(self, sense: SimSense) -> list[bytes]:
        """The inputs of now, and the sentences that were delivered."""
        self._model.attention = False
        vars(sense).update(vars(self._model.sense(LUCK)))
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


# --- the world as a value ----------------------------------------------------------------------


def _away(value: int, now_ms: int) -> int:
    return value if value in (-1, NEVER) else value - now_ms


def _back(value: int) -> int:
    return value if value in (-1, NEVER) else value + NOW


def freeze_world(w: ModelWorld) -> Frozen:
    """All of the world that any future hangs on; pieces by (fill, place in it)."""
    now = w.now_ms
    _at_rest(w)
    parts = []
    for name in _PARTS:
        part = vars(getattr(w, name))
        parts.append(
            tuple(
                _away(v, now) if k in _INSTANTS else v for k, v in part.items() if k not in _LISTS
            )
        )
    where = {id(p): (f.number - 1, i) for f in w.ledger.fills for i, p in enumerate(f.pieces)}
    chute = w.chute
    air = tuple(
        tuple((at - now, *where[id(p)]) for at, p in moments)
        for moments in (chute.releases, chute.flights, chute.landings)
    )
    pieces = tuple(
        tuple(
            (p.place, _phase(p.fell_ms, w), _phase(p.gone_ms, w), p.by, p.stays) for p in f.pieces
        )
        for f in w.ledger.fills
    )
    cup = tuple(where[id(p)] for p in w.ledger.in_cup)
    lifted = tuple(where[id(p)] for p in w.ledger.lifted)
    shown = tuple((e["compartment"], e["turning"], _phase(e["at_ms"], w)) for e in chute.exposures)
    own = tuple(getattr(w, k) for k in _OWN)
    instants = tuple(_away(getattr(w, k), now) for k in _OWN_INSTANTS)
    later = tuple((at - now, what, argument) for at, _, what, argument in w.later)
    return (
        tuple(parts), air, pieces, cup, lifted, shown, own, instants, later, w._gate_ends,
        _fram(w),
    )  # fmt: skip


def _phase(ms: object, w: ModelWorld) -> int | None:
    assert ms is None or isinstance(ms, int)
    return w.phase if ms is not None and ms >= NOW - 10_000_000 else ms


def _at_rest(w: ModelWorld) -> None:
    """What a part remembers of a motion that is over changes nothing any more."""
    now = w.now_ms
    tray, flap, cup = w.tray, w.flap, w.cup
    if tray.sign == 0:
        tray.travel, tray.short, tray.start_ms = 0, False, now
    if flap.position(now) == flap.goal():
        flap.from_position, flap.start_ms = flap.goal(), now
    if not flap.held_open:
        flap.held_since_ms = now
    if cup.settle_ms == NEVER and now - cup.change_ms >= 600:
        cup.from_mg, cup.change_ms = cup.to_mg, now - 600
    if w.chute.dark_until_ms <= now:
        w.chute.dark_until_ms = now


_ENDS: Final = store.address(store.MIND, 1) + store._stride(store.MIND)
_kept: dict[bytes, bytes] = {}


def _fram(w: ModelWorld) -> bytes:
    """The memory; numbers of writes only say which copy is newer, and that they keep saying."""
    data = w.fram.data[:_ENDS]
    for record in (store.PAIRING, store.EPOCH, store.LEASE, store.MIND):
        copies = [_number(data, store.address(record, k), record) for k in (0, 1)]
        whole = sorted({n for n in copies if n})
        for k in (0, 1):
            if copies[k]:
                number = whole.index(copies[k]) + 1
                if number != copies[k]:
                    _renumber(data, store.address(record, k), number)
    kept = bytes(data)
    return _kept.setdefault(kept, kept)


def _number(data: bytearray, at: int, record: int) -> int:
    name, length, number = struct.unpack_from("<BHI", data, at)
    if name != record + 1 or length > store._CAPACITY[record]:
        return 0
    end = at + store._HEAD_SIZE + length
    crc = struct.unpack_from("<I", data, end)[0]
    sound: bool = crc == binascii.crc32(memoryview(data)[at:end]) & 0xFFFFFFFF
    return int(number) if sound else 0


def _renumber(data: bytearray, at: int, number: int) -> None:
    length = struct.unpack_from("<BHI", data, at)[1]
    struct.pack_into("<I", data, at + 3, number)
    end = at + store._HEAD_SIZE + length
    crc = binascii.crc32(memoryview(data)[at:end]) & 0xFFFFFFFF
    struct.pack_into("<I", data, end, crc)


def thaw_world(w: ModelWorld, frozen: Frozen, phase: int, utc_ms: int) -> None:
    """The world becomes what was frozen, at the instant `phase`, all of its clocks at `utc_ms`."""
    (parts, air, pieces, cup, lifted, shown, own, instants, later, ends, fram) = frozen
    w.now_ms, w.phase, w.attention, w.cuts, w._next_ms = NOW, phase, True, None, -1
    w.cut_in_ops, w.later_serial = 0, len(later)
    w.chance.state = LUCK
    for name, values in zip(_PARTS, parts, strict=True):
        part = vars(getattr(w, name))
        keys = [k for k in part if k not in _LISTS]
        for k, v in zip(keys, values, strict=True):
            part[k] = _back(v) if k in _INSTANTS else v
    ledger = w.ledger
    ledger.in_compartment = {}
    for fill, rows in zip(ledger.fills, pieces, strict=True):
        for piece, row in zip(fill.pieces, rows, strict=True):
            piece.place, piece.fell_ms, piece.gone_ms, piece.by, piece.stays = row
            if piece.place == "compartment":
                ledger.in_compartment.setdefault(fill.compartment, []).append(piece)
    ledger.in_cup = [ledger.fills[f].pieces[i] for f, i in cup]
    ledger.lifted = [ledger.fills[f].pieces[i] for f, i in lifted]
    chute = w.chute
    chute.releases, chute.flights, chute.landings = (
        [(x[0] + NOW, _piece(w, x)) for x in rows] for rows in air
    )
    chute.exposures = [{"compartment": c, "turning": t, "at_ms": p} for c, t, p in shown]
    vars(w).update(zip(_OWN, own, strict=True))
    for k, v in zip(_OWN_INSTANTS, instants, strict=True):
        setattr(w, k, _back(v))
    w.later = [(x[0] + NOW, i, x[1], x[2]) for i, x in enumerate(later)]
    w._gate_ends = ends
    w.fram.data[:_ENDS] = fram
    w.supply.since_ms = NOW
    w.drives, w.resets, w.hazards, w.moved = [[NOW, -1, 0]], [], [], []
    w.board_clock.base_utc_ms, w.board_clock.base_ms = utc_ms, NOW
    w.board_clock.drift_ppm = -1_000_000


def _piece(w: ModelWorld, where: tuple[int, int, int]) -> Piece:
    return w.ledger.fills[where[1]].pieces[where[2]]


def lose_power(w: ModelWorld) -> None:
    """The board is reset; physics goes on."""
    w.reset(BROWN_OUT)
    w.settle()


def firmware(w: ModelWorld) -> Firmware:
    """A board's firmware before its first turn."""
    wire = Wire(w)
    return Firmware(SimBoard(wire), wire)
