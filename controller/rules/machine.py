"""The machine under the doses: board, clock, locks, faults, a person who has it open.

Responsible for: noticing and journaling what the board and the clocks say of
themselves. Not responsible for doses, for what an opening holds (fills.py) or
for who is told (alarms.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.facts import Facts
from controller.rules.rounds import live
from controller.state import State
from hal.wire import codes

ORDERS_MAX: Final = 0xFFFFFFFF  # on the cable; a number that comes round would release again


def board(state: State, facts: Facts) -> list[ev.Event]:
    """Joined, lost, reset; a board that must not be followed locks the machine."""
    seen = facts.board
    if seen is None:
        gone = state.board_joined and facts.link == "stale"
        return [ev.BoardLost()] if gone else []
    happened: list[ev.Event] = []
    if state.boot_epoch and seen.boot_epoch != state.boot_epoch:
        happened.append(ev.BoardReset(seen.boot_epoch, seen.fault))
    if not state.board_joined:
        happened.append(ev.BoardJoined(seen.boot_epoch, facts.flag(codes.F_SIMULATED)))
    return happened


def locks(state: State, facts: Facts) -> list[ev.Event]:
    """What stops all motion until a person has dealt with it; the first reason latches."""
    if state.locked:
        return []
    if facts.board is None:
        return []
    if facts.real_only and facts.flag(codes.F_SIMULATED):
        return [ev.Locked("board-simulated")]
    if facts.flag(codes.F_LOCKED):
        return [ev.Locked("board-store-missing")]
    if max(state.last_order, facts.board.order) >= ORDERS_MAX and not live(state.order):
        return [ev.Locked("orders-used-up")]
    return []


def clock(state: State, facts: Facts) -> list[ev.Event]:
    """Two clocks agree, or nothing is decided by time."""
    if facts.clock_trusted:
        return [] if state.clock_trusted else [ev.ClockTrusted(facts.spread_s)]
    if state.clock_trusted or facts.clock_reason != state.clock_reason:
        return [ev.ClockDoubted(facts.clock_reason)]
    return []


def faults(state: State, facts: Facts) -> list[ev.Event]:
    """The fault the board reports now, seen once and cleared once."""
    if facts.board is None:
        return []
    standing = {facts.board.fault} - {0}
    happened: list[ev.Event] = [ev.FaultSeen(code) for code in sorted(standing - state.faults)]
    happened += [ev.FaultCleared(code) for code in sorted(state.faults - standing)]
    return happened


def service(state: State, facts: Facts) -> list[ev.Event]:
    """A person opens the machine, and closes it again."""
    opened = facts.flag(codes.F_SERVICE) and facts.flag(codes.F_DOOR_OPEN)
    if opened and not state.service:
        return [ev.ServiceOpened()]
    if facts.board is not None and state.service and not opened:
        return [ev.ServiceClosed()]
    return []


def end_move(state: State, facts: Facts) -> list[ev.Event]:
    """The service move is over: the position is proven, or the person has gone."""
    if not state.service_move or facts.board is None:
        return []
    over = not stands_still(facts) or not facts.flag(codes.F_SERVICE)
    return [ev.ServiceMoveEnded()] if over else []


def stands_still(facts: Facts) -> bool:
    """Whether the board waits for a service move: position unproven, or the chute in doubt."""
    waits = (codes.CHUTE_HELD, codes.ASSERTION)
    held = facts.board is not None and facts.board.fault in waits
    return held or facts.flag(codes.F_DRIVE_OFF)
