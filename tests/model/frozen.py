"""The simulated world as a value, and back: equal futures give equal values.

Responsible for: every part of the world that a future hangs on, instants as distance from now,
and the board's memory with numbers of writes that only say which copy is newer. Not responsible
for the firmware's own state (machine.py).
"""

from __future__ import annotations

import binascii
import struct
from operator import attrgetter
from typing import TYPE_CHECKING, Any, Final

from firmware import store
from hal.sim.pieces import Piece
from hal.sim.tray import NEVER
from hal.sim.world import World

if TYPE_CHECKING:
    from tests.model.machine import ModelWorld

NOW: Final = 1_000_000_000  # the world's millisecond of every thawed state
LUCK: Final = 0x5EED5EED5EED5EED

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
_ALL: Final = {part: list(vars(getattr(World(1), part))) for part in _PARTS}
_PLAIN: Final = {
    part: [k for k in names if k not in _INSTANTS and k not in _LISTS]
    for part, names in _ALL.items()
}
_TIMED: Final = {part: [k for k in names if k in _INSTANTS] for part, names in _ALL.items()}
_GET_PLAIN: Final = {part: attrgetter(*names) for part, names in _PLAIN.items()}
_GET_OWN: Final = attrgetter(*_OWN)


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
        part = getattr(w, name)
        values = vars(part)
        assert len(values) == len(_ALL[name]), "every attribute is there from the beginning"
        parts.append((_GET_PLAIN[name](part), tuple([_away(values[k], now) for k in _TIMED[name]])))
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
    own = _GET_OWN(w)
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
_kept: dict[bytes, bytes] = {}  # memory as it was found -> with its numbers made small


def _fram(w: ModelWorld) -> bytes:
    """The memory; numbers of writes only say which copy is newer, and that they keep saying."""
    if w.memory is not None:
        return w.memory
    found = bytes(memoryview(w.fram.data)[:_ENDS])
    kept = _kept.get(found)
    if kept is None:
        kept = _renumbered(bytearray(found))
        kept = _kept[found] = _kept.setdefault(kept, kept)
    return kept


def _renumbered(data: bytearray) -> bytes:
    for record in (store.PAIRING, store.EPOCH, store.LEASE, store.MIND):
        copies = [number_of(data, store.address(record, k), record) for k in (0, 1)]
        whole = sorted({n for n in copies if n})
        for k in (0, 1):
            if copies[k]:
                number = whole.index(copies[k]) + 1
                if number != copies[k]:
                    _renumber(data, store.address(record, k), number)
    return bytes(data)


def number_of(data: bytearray, at: int, record: int) -> int:
    """The number of a whole copy that lies at `at`, 0: it is torn or was never written."""
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
        part.update(zip(_PLAIN[name], values[0], strict=True))
        for k, v in zip(_TIMED[name], values[1], strict=True):
            part[k] = _back(v)
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
    if w.memory is not fram:
        w.fram.data[:_ENDS] = fram
        w.memory = fram
    w.supply.since_ms = NOW
    w.drives, w.resets, w.hazards, w.moved = [[NOW, -1, 0]], [], [], []
    w.board_clock.base_utc_ms, w.board_clock.base_ms = utc_ms, NOW
    w.board_clock.drift_ppm = -1_000_000


def _piece(w: ModelWorld, where: tuple[int, int, int]) -> Piece:
    return w.ledger.fills[where[1]].pieces[where[2]]
