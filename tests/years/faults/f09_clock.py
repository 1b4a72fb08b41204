"""F09: a clock jumps, freezes, runs fast or slow, or has lost its time."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """One clock at a time; a person puts it right later."""
    kind = home.drawn.choice(("jump", "jump", "jump", "rate", "freeze", "dead"))
    who = home.drawn.choice(("controller", "board"))
    seconds = round(60 * 90 ** home.drawn.random())
    if not home.clock_lies(who, seconds):
        return ""
    if kind == "jump":
        size = round(630_000_000 ** home.drawn.random())
        home.cause("clock_jump", who=who, seconds=home.drawn.choice((-1, 1)) * size)
    elif kind == "dead":
        home.cause("clock_dead")
    else:
        ppm = -1_000_000 if kind == "freeze" else home.drawn.randint(-500_000, 1_000_000)
        home.cause("clock_rate", who=who, ppm=ppm)
    return f"clock {kind}"


FAULT = Fault("F09", "clock jump, freeze, rate, dead", strike, lie=True)
