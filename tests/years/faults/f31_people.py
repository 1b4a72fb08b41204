"""F31: people press twice, hold, walk away, leave pieces, bounce the button, skip."""

from __future__ import annotations

from tests.years.fault import Fault
from tests.years.life import Life

_KINDS = (
    "double press",
    "hold",
    "stuck button",
    "bounce",
    "leaves pieces",
    "walks away",
    "skips",
    "sees to alerts",
    "lifts the cup",
)


def strike(home: Life) -> str:
    """One of the things that people do."""
    kind = home.drawn.choice(_KINDS)
    if kind == "double press":
        home.world.press()
        home.later(home.drawn.randint(150, 3_000), home.world.press)
    elif kind == "hold":
        home.world.press(home.drawn.randint(1_000, 60_000))
    elif kind == "stuck button":
        home.cause("button_stuck")
        home.later(home.drawn.randint(1, 600) * 1000, lambda: home.healed("button_stuck"))
    elif kind == "bounce":
        home.cause("button_bounce", edges=home.drawn.randint(1, 9))
        home.later(3_600_000, lambda: home.healed("button_bounce"))
    elif kind in ("leaves pieces", "walks away"):
        home.mood = kind
    elif kind == "lifts the cup":
        home.world.take_cup()
        home.later(home.drawn.randint(300, 20_000), home.world.return_cup)
    else:
        home.asks_for(kind)
    return kind


FAULT = Fault("F31", "human: presses, cups, wishes", strike)
