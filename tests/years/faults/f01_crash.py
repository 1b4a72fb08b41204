"""F01: the controller dies before or after any write, send or receive."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Die at one of the next effects, wherever that is."""
    if home.controller is None:
        return ""
    home.crashes.at(home.drawn.randint(1, 40))
    return "crash at an effect"


FAULT = Fault("F01", "controller crash at any effect", strike)
