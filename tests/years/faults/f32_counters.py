"""F32: counters near their end, and the last days of 32-bit time."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """The latched counters began a million below 2**32; half of these lives are in 2038."""
    return f"counters near 2**32 from {home.first.year}"


FAULT = Fault("F32", "counters near 2**32, year 2038", strike, setting=True)
