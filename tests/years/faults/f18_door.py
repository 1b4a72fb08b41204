"""F18: the door is opened at any moment, the tray put back another way."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """A child at the door; or the tray one or more places off, seen by its index."""
    if home.drawn.random() < 0.7 or home.world.tray.offset:
        home.world.open_door()
        home.later(home.drawn.randint(200, 20_000), home.world.close_door)
        return "door"
    return home.cause("tray_reseated", sectors=home.drawn.randint(1, 28))


FAULT = Fault("F18", "door opened, tray reseated", strike)
