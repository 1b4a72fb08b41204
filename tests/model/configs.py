"""The bounds that are explored: a slice for every test run, and the long target.

Responsible for: one row per configuration. To add one, add a row; README.md says how to read
its figures. Not responsible for exploring (explore.py).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from tests.model.inputs import Config

_BASE: Final = Config(
    "", crashes=0, resets=0, presses=1, lifts=0, orders=2, quiet=0, asked=1, told=0, times=3
)

SLICE: Final = (
    replace(_BASE, name="slice: crash, old sentences", crashes=1, told=1),
    replace(_BASE, name="slice: power lost anywhere", resets=1),
    replace(_BASE, name="slice: power lost, paused motion", resets=1, asked=0, pauses=True),
    replace(_BASE, name="slice: the cup", lifts=1, asked=0, told=1),
    replace(_BASE, name="slice: spurious drop, power lost", resets=1, fault="beam-spurious",
            asked=0),
    replace(_BASE, name="slice: silence", quiet=1, asked=0),
    replace(_BASE, name="slice: a round of two, crash", plan="round", crashes=1, orders=6),
)  # fmt: skip

# Each fault may begin at any moment, beside a loss of power anywhere and a lift of the cup.
_FAULTS: Final = (
    "beam-blind", "beam-lit", "beam-dark", "beam-spurious", "encoder-stuck", "encoder-dead",
    "scale-stuck", "scale-drift", "lift-stuck", "cup-removed", "cup-not-empty", "jam",
    "jam-freed", "slip", "gate-closed", "gate-open", "pill-lost", "pill-lost-before",
    "pill-stuck", "button-stuck", "button-bounce",
)  # fmt: skip
_ONE: Final = replace(_BASE, orders=6, told=1)

LONG: Final = (
    replace(_ONE, name="one dose, 1 crash, 1 reset", crashes=1, resets=1),
    replace(_ONE, name="one dose, 1 crash, 1 reset, cup", crashes=1, resets=1, lifts=1, told=0),
    replace(_ONE, name="one dose, 2 crashes", crashes=2),
    replace(_ONE, name="one dose, 2 resets, cup", resets=2, lifts=1, told=0),
    replace(_ONE, name="one dose, 2 presses, 4 sentences", presses=2, asked=2, told=2, lifts=1),
    replace(_ONE, name="one dose, silence, crash", quiet=2, crashes=1, told=0),
    replace(_ONE, name="one dose, door, 1 reset", doors=1, resets=1, told=0),
    replace(_ONE, name="one dose, paused, reset, cup, door", pauses=True, resets=1, lifts=1,
            doors=1, told=0),
    replace(_ONE, name="one dose, more instants, 1 reset", times=5, resets=1, told=0),
    replace(_ONE, name="two pieces, one stuck, 1 reset, cup", plan="pieces", fault="pill-stuck",
            resets=1, lifts=1, leave=True, told=0),
    replace(_ONE, name="settled by a person, 1 reset, cup", settle=True, resets=1, lifts=1,
            told=0),
    replace(_ONE, name="a round of two, 1 reset, cup", plan="round", resets=1, lifts=1, told=0),
    replace(_ONE, name="a round of two, 1 crash", plan="round", crashes=1, told=0),
    replace(_ONE, name="two doses in their gap, cup", plan="gap", presses=2, lifts=2, told=0,
            asked=0),
    replace(_ONE, name="two doses in their gap, 1 crash", plan="gap", presses=2, lifts=1,
            crashes=1, told=0, asked=0),
    replace(_ONE, name="an older journal, 1 reset, cup", crashes=1, older=True, resets=1, lifts=1,
            asked=0, told=0),
    replace(_ONE, name="an older journal, two doses in gap", plan="gap", crashes=1, older=True,
            presses=2, asked=0, told=0),
    *(
        row
        for f in _FAULTS  # the rows of a fault share the tables of its board
        for row in (
            replace(_ONE, name=f"{f}, 1 reset, cup", fault=f, resets=1, lifts=1, told=0),
            replace(_ONE, name=f"{f}, 1 crash, 1 reset", fault=f, crashes=1, resets=1),
            replace(_ONE, name=f"{f}, 1 crash, silence, cup", fault=f, crashes=1, quiet=1,
                    lifts=1, told=0),
        )
    ),
)  # fmt: skip
