"""F14: the encoder keeps one reading, or none."""

from __future__ import annotations

from hal.sim.sense import NO_READING, TICKS
from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Where it is, somewhere else, or silent."""
    reading = home.drawn.choice((-1, NO_READING, home.drawn.randrange(TICKS)))
    return home.lie("encoder_stuck", reading=reading)


FAULT = Fault("F14", "encoder stuck, off, silent", strike, lie=True)
