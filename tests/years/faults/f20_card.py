"""F20: an old image of the card comes back, or the card is empty."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Doses given since then are unknown to the journal: nothing may move any more."""
    return home.old_card()


FAULT = Fault("F20", "old card restored", strike, last=True)
