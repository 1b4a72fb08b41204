"""F22: the controller stands still for seconds to minutes, the board's dog is starved."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """SIGSTOP and SIGCONT; or the watchdog fires."""
    if home.drawn.random() < 0.2:
        return home.cause("watchdog_starve")
    return "stall" if home.stall(round(600 ** home.drawn.random())) else ""


FAULT = Fault("F22", "stalls, watchdog", strike)
