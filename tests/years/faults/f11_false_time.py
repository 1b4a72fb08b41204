"""F11: the network tells the controller a false time, now and again."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Small lies that add up, or an old answer replayed."""
    if not home.clock_lies("controller", home.drawn.randint(60, 3600)):
        return ""
    if home.drawn.random() < 0.5:
        step = home.drawn.randint(5, 40)
        for i in range(10):
            home.later(i * 5_000, lambda: home.cause("clock_jump", seconds=step))
        return "false time in small steps"
    home.cause("clock_jump", seconds=-home.drawn.randint(130, 90_000))
    return "old time replayed"


FAULT = Fault("F11", "false network time", strike, lie=True)
