"""F04: power goes in the midst of a write to the board's memory."""

from __future__ import annotations

from hal.sim.supply import GARBLED, KEPT, LOST, TORN
from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """One of the next writes is kept, lost, torn or leaves rubbish."""
    kind = home.drawn.choice((KEPT, LOST, TORN, GARBLED))
    name = "fram_garbled" if kind == GARBLED else "fram_torn"
    home.cause(name, after_writes=home.drawn.randint(0, 3), damage=kind)
    home.later(600_000, lambda: home.healed(name))
    return f"write {kind}"


FAULT = Fault("F04", "partial write to the board's memory", strike)
