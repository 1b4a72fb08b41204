"""People of the field tests: a patient who answers the lamp, and what the world knows then.

Responsible for living through hours of a home in one process. Not responsible for what is
shown by it (the tests).
"""

from __future__ import annotations

from typing import Any

from hal.sim.world import World
from hal.wire import codes
from tests.controller.home import Home, at
from tests.controller.plan_text import head

EARLY = "2026-11-23T06:20:00+00:00"  # due at 07:00, offered from 06:30 to 08:00
LOOK_S = 600  # between two looks at the machine
CALLS = (codes.READY, codes.CALL, codes.WARN)
_REGIMEN = """\
  - id: amlodipine-5
    name: Amlodipine 5 mg
    form: tablet
    strength: 5 mg
    ingredients: [amlodipine]
    piece_mg: 200
    start: 2026-11-20
    last_taken: never
    steps:
      - take:
          - {dose: 1, at: [08:00]}
"""
# one pill a day, for stories in which nothing else matters
PILL = head("one-pill") + _REGIMEN


def attend(home: Home, until: str) -> None:
    """A patient who looks now and then, presses when called, takes the cup and puts it back."""
    while home.now_s < at(until):
        if home.world.lamp_shows in CALLS:
            home.world.press()
            home.run(12)
        if home.world.lamp_shows == codes.TAKE:
            home.world.take_cup()
            home.run(5)
            home.world.return_cup()
        home.run(LOOK_S)


def fallen(world: World) -> int:
    """Pieces that ever left a compartment by falling, as only the world knows."""
    return len(falls(world))


def falls(world: World) -> list[tuple[int, str]]:
    """(world time in ms, label of the fill) of every piece that fell, in order."""
    fills: Any = world.truth()["fills"]
    found = [
        (piece["fell_ms"], fill["label"])
        for fill in fills
        for piece in fill["pieces"]
        if piece["fell_ms"] is not None
    ]
    return sorted(found)
