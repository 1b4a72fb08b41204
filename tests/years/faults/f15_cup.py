"""F15: scale and cup: stuck, drifting, away, not empty, pressed, a dead switch."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """One of them."""
    kind = home.drawn.choice(("scale_stuck", "scale_drift", "cup_missing", "cup_not_empty",
                              "lift_stuck", "fingers"))  # fmt: skip
    if kind == "fingers":
        home.world.fingers(home.drawn.randint(0, 3), home.drawn.choice((0, 300, 900)))
        return kind
    if kind == "cup_missing":
        return home.lie(kind, 5, 4000)
    if kind == "scale_drift":
        return home.lie(kind, mg=home.drawn.choice((-200, -60, 40, 90, 150, 400)))
    if kind == "cup_not_empty":
        return home.lie(kind, mg=home.drawn.choice((60, 200, 400, 5_000)))
    return home.lie(kind)


FAULT = Fault("F15", "scale and cup untrue", strike, lie=True)
