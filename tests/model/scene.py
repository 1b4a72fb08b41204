"""Where every exploration begins: a home that was loaded by the real controller and firmware.

Responsible for: the plans, the instants time may move to, and the first state of controller
and world, reached by the production code itself. Not responsible for what happens then.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Final

import hal.sim.cup
from controller.agenda import counters_of
from controller.state import State
from hal.wire import codes
from tests.controller.home import Home
from tests.controller.plan_text import head, row

START: Final = "2026-11-23T05:00:00+00:00"
# A day in rows: name, mg of a piece, pieces, times, more.
_PLANS: Final[Mapping[str, tuple[tuple[str, int, str, str, str], ...]]] = {
    "one": (("metformin", 620, "1", "08:00", ""),),
    "pieces": (("metformin", 620, "2", "08:00", ""),),
    "round": (
        ("metformin", 620, "1", "08:00", ""),
        ("levodopa", 300, "1", "08:00", "window: {early: 10min, late: 25min}\n    "
         "time_critical: yes"),
    ),
    "gap": (("metformin", 620, "1", "08:00, 10:00", "limits: {min_gap: 90min}\n    "
             "window: {early: 20min, late: 40min}"),),
}  # fmt: skip


@dataclass(frozen=True)
class Loaded:
    """What the ground truth of one fill is compared with."""

    compartment: int
    fill: int
    doses: tuple[str, ...]
    open_at: int
    close_at: int
    pieces: int
    regimens: tuple[str, ...]


@dataclass(frozen=True)
class Scene:
    """A loaded home just before its first dose falls due."""

    name: str
    home: Home
    state: State
    fills: tuple[Loaded, ...]
    times: tuple[int, ...]  # Unix s; time moves from one to the next
    gaps: Mapping[str, int]  # seconds, by regimen
    doors: int  # door count and tray index of the loading
    tray: int
    head: bytes  # of the journal, as the board has kept it since the loading

    def over(self, dose_id: str) -> int:
        """Unix s at which this dose has an outcome, whatever the world does short of a START."""
        return max(f.close_at for f in self.fills if dose_id in f.doses) + 1805


def _times(fills: tuple[Loaded, ...], state: State, most: int) -> tuple[int, ...]:
    """Due, over, settled and a day later; with more: just before the close, warn, and so on."""
    found: set[int] = set()
    for f in fills:
        row = state.fills[f.compartment]
        telling = (
            row.due_at, row.close_at + 1, row.due_at + 90, row.close_at - 2, row.close_at + 1810,
            row.warn_at + 1, row.close_at + 130, row.open_at + 1,
        )  # fmt: skip
        found |= set(telling[: most - 1])
    last = max(found) + 86400
    return (*sorted(found), last, last + 2000)


@lru_cache(maxsize=8)
def scene(name: str, times: int = 9) -> Scene:
    """A home with the plan of this name, loaded by a person, ready for its first dose."""
    hal.sim.cup.NOISE_MG = 0  # the trembling of the scale would make equal futures unequal
    plan = head("model", last="2026-11-23") + "".join(row(*day) for day in _PLANS[name])
    with tempfile.TemporaryDirectory() as folder:
        home = Home(Path(folder), START, plan=plan)
        home.install()
        home.run(60)
        assert home.controller is not None
        state = home.controller.state
        home.kill_controller()
    fills = tuple(
        Loaded(c, f.fill, f.doses, f.open_at, f.close_at, f.pieces, f.regimens)
        for c, f in sorted(state.fills.items())
    )
    assert fills, "nothing was loaded"
    gaps = {r: c.gap_s for c in counters_of(state.plan_envelope) for r in c.regimens}
    world = home.world
    return Scene(
        name, home, state, fills, _times(fills, state, times), gaps,
        world.door_count, world.tray.index, home.executives[-1].mind.order.head,
    )  # fmt: skip


def utc_2020(unix_s: int) -> int:
    """Unix seconds as the board counts them."""
    return unix_s - codes.EPOCH_2020_S
