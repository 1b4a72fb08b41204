"""F13: the drop beam is stuck, misses pieces or counts what never fell."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Lit, dark, missing one, or one or two too many."""
    kind = home.drawn.choice(("lit", "dark", "misses", "spurious"))
    if kind == "spurious":
        return home.lie("spurious_beam", count=home.drawn.randint(1, 2))
    home.lie("blind_beam", reads=kind)
    return f"beam {kind}"


FAULT = Fault("F13", "drop beam stuck, blind, spurious", strike, lie=True)
