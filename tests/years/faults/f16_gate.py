"""F16: a driver is stuck: the gate stays open, closed or halfway."""

from __future__ import annotations

from typing import Final

from hal.wire import codes
from tests.years.fault import Fault
from tests.years.life import Life

SPRUNG_MS: Final = 1500  # by then a board that watches has stopped the tray, and all has fallen


def strike(home: Life) -> str:
    """Closed, open at once, or caught once it has opened."""
    kind = home.drawn.choice(("stuck_gate_closed", "stuck_gate_open"))
    travel = home.drawn.choice((0, 40, 100, 150))
    if kind == "stuck_gate_closed":
        return home.lie(kind, travel_ms=travel)
    at_once = home.drawn.randint(0, 1)
    if at_once:
        _mark_strays(home)
    return home.lie(kind, at_once=at_once, travel_ms=travel)


def _mark_strays(home: Life) -> None:
    """A gate that springs open over another compartment: no board can hold back what lies there."""
    order, at_ms = home.executive.mind.order, home.world.now_ms
    number = order.number if order.state == codes.STARTED else 0
    target = order.compartment if number else -1

    def look() -> None:
        for fill in home.world.ledger.fills:
            fell = [p.fell_ms for p in fill.pieces if p.fell_ms is not None]
            if fell and at_ms <= min(fell) <= at_ms + SPRUNG_MS and fill.compartment != target:
                home.strays[fill.number] = number

    home.later(SPRUNG_MS, look)


FAULT = Fault("F16", "driver stuck on or off", strike, lie=True)
