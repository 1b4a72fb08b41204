"""F05: mains out, battery flat, power that bounces, and the controller's power."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Any of four ways to lose power."""
    way = home.drawn.choice(("mains", "flat", "bouncing", "controller"))
    if way == "mains":
        home.cause("mains_cut", for_ms=home.drawn.choice((2_000, 60_000, 3_600_000)))
    elif way == "flat":
        home.cause("mains_cut", for_ms=home.drawn.choice((5_000, 120_000)))
        home.cause("battery_flat", percent=0)
    elif way == "bouncing":
        for i in range(10):
            home.later(i * 200, lambda: home.cause("brown_out", dark_ms=60))
    elif not home.pull_plug(home.drawn.choice((2, 30, 300))):
        return ""
    return f"power {way}"


FAULT = Fault("F05", "power cut, battery flat, bouncing power", strike)
