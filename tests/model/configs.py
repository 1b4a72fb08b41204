"""The bounds that are explored: a slice for every test run, and the long target.

Responsible for: one row per configuration. To add one, add a row; README.md says how to read
its figures. Not responsible for exploring (explore.py).
"""

from __future__ import annotations

from typing import Final

from tests.model.explore import Config

SLICE: Final = (
    Config("slice: crash, old sentences", crashes=1, resets=0, presses=1, lifts=0, orders=2,
           quiet=0, asked=1, told=1, times=3),
    Config("slice: power lost anywhere", crashes=0, resets=1, presses=1, lifts=0, orders=2,
           quiet=0, asked=1, told=0, times=3),
    Config("slice: the cup", crashes=0, resets=0, presses=1, lifts=1, orders=2, quiet=0,
           asked=0, told=1, times=3),
)  # fmt: skip

LONG: Final = (*SLICE,)
