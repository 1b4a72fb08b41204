"""F12: the tray wedges at any tick, slips, or comes free only after wiggles."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """At any tick of the next motion."""
    if home.drawn.random() < 0.6:
        ticks, wiggles = home.drawn.randint(0, 110), home.drawn.choice((0, 1, 2, 9))
        return home.lie("jam", after_ticks=ticks, wiggles=wiggles)
    return home.lie("slip", ticks=home.drawn.randint(1, 7))


FAULT = Fault("F12", "jam at any tick, slip, missing steps", strike, lie=True)
