"""F02: it dies again, and again, while it recovers."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Three deaths, the later ones within the first effects of a new process."""
    if home.controller is None:
        return ""
    draw = home.drawn.randint
    home.crashes.at(draw(1, 30), draw(1, 12), draw(1, 8))
    return "three crashes"


FAULT = Fault("F02", "crash during recovery, three deep", strike)
