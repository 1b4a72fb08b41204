"""F28: a new plan at any moment of a round."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Signed by both, in force when the board takes the next lease."""
    return "new plan" if home.new_plan() else ""


FAULT = Fault("F28", "plan changed at any step", strike)
