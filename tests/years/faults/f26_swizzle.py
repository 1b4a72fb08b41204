"""F26: cable, broker, hub, controller and power go one by one, and come in any order."""

from __future__ import annotations

from collections.abc import Callable

from tests.years.fault import Fault
from tests.years.life import Life


def strike(home: Life) -> str:
    """Off in a row, back in a random order."""
    post = home.mail

    def hub_down() -> None:
        post.hub.up = False

    off: list[Callable[[], object]] = [
        lambda: home.cause("cable_cut"),
        post.fall,
        hub_down,
        lambda: home.cut_process(200),
        lambda: home.cause("brown_out", dark_ms=20_000),
    ]
    on: list[Callable[[], object]] = [
        lambda: home.healed("cable_cut"),
        post.rise,
        post.hub_up,
        home.start_again,
    ]
    for i, act in enumerate(off):
        home.later(i * 3_000, act)
    home.drawn.shuffle(on)
    for i, back in enumerate(on):
        home.later(20_000 + i * home.drawn.randint(500, 40_000), back)
    return "swizzle"


FAULT = Fault("F26", "everything off, on in any order", strike)
