"""F17: a piece is lost in the chute, clings to its place or comes with the next."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Before the beam, after it, or left behind."""
    kind = home.drawn.choice(("before", "after", "stuck"))
    if kind == "stuck":
        return home.lie("stuck_pill", compartment=home.next_compartment(), count=1)
    home.lie("lost_pill", count=home.drawn.randint(1, 2), where=kind)
    return f"lost {kind} the beam"


FAULT = Fault("F17", "piece lost, stuck, late", strike, lie=True)
