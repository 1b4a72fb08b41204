"""F27: plans that are forged, old, cut short, of another home or signed once."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """None of them may be taken; the machine goes on with the plan it has."""
    return home.forged_plan()


FAULT = Fault("F27", "forged, old, truncated plan", strike)
