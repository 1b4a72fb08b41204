"""F08: a second controller with a copy of the card talks to the same board."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Its copy of the journal, the same key, for a minute or two, while the first one lives."""
    return "second controller" if home.second_controller(home.drawn.randint(20, 120)) else ""


FAULT = Fault("F08", "two controllers on one board", strike)
