"""F03: the board is reset at any operation, or between two turns."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """At the n-th operation from now, or at once."""
    if home.drawn.random() < 0.7:
        return home.cause("cut_at_operation", operations=home.drawn.randint(1, 120))
    return home.cause("reset", cause=home.drawn.randint(0, 3))


FAULT = Fault("F03", "board reset at any operation", strike)
