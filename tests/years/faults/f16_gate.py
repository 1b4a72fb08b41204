"""F16: a driver is stuck: the gate stays open, closed or halfway."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Closed, open at once, or caught once it has opened."""
    kind = home.drawn.choice(("stuck_gate_closed", "stuck_gate_open"))
    travel = home.drawn.choice((0, 40, 100, 150))
    if kind == "stuck_gate_closed":
        return home.lie(kind, travel_ms=travel)
    return home.lie(kind, at_once=home.drawn.randint(0, 1), travel_ms=travel)


FAULT = Fault("F16", "driver stuck on or off", strike, lie=True)
