"""Every way a clock can be wrong, as a table of rows.

Responsible for: what is done to which clock, and making it right again. Not responsible for
the home it is done to (life.py) or for what must hold (judge.py).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from hal.sim import mishaps
from hal.sim.world import World

MINUTE: Final = 60
DAY: Final = 86_400
YEAR: Final = 31_557_600
WHO: Final = ("controller", "board", "both")
JUMPS: Final = (
    1, 5, 30, 60, 115, 125, 600, 3600, 2 * 3600, DAY, 2 * DAY, 30 * DAY, YEAR, 5 * YEAR, 20 * YEAR,
)  # fmt: skip
STANDS_STILL: Final = -1_000_000
PPM: Final = (STANDS_STILL, -500_000, -100_000, -20_000, -2_000, -200, -20,
              20, 200, 2_000, 20_000, 100_000, 1_000_000)  # fmt: skip
YEARS: Final = (1970, 2000, 2020)
NEVER_S: Final = 1 << 40
BELIEVED_S: Final = 100  # wrong by no more than this, no rule may notice and no dose may suffer
NOTICED_S: Final = 125  # wrong by more than this, somebody hears of it


@dataclass(frozen=True)
class Trouble:
    """One thing that happens to a clock. `off_s`: how wrong it is at once; `ppm`: and then."""

    kind: str  # jump, rate, dead, network
    who: str
    amount: int  # seconds, ppm, or the year after a dead battery
    restarts: bool = False  # its machine starts anew with the wrong time, and knows no other

    @property
    def name(self) -> str:
        """For people."""
        return f"{self.kind} {self.who} {self.amount:+d}{' restart' if self.restarts else ''}"

    def begin(self, world: World) -> None:
        """Let it happen now."""
        for who in ("controller", "board") if self.who == "both" else (self.who,):
            if self.kind in ("jump", "network"):
                mishaps.cause(world, "clock_jump", {"who": who, "seconds": self.amount})
            elif self.kind == "rate":
                mishaps.cause(world, "clock_rate", {"who": who, "ppm": self.amount})
            else:
                mishaps.cause(world, "clock_dead", {"who": who, "year": self.amount})

    def apart_s(self, after_s: int) -> int:
        """How far the wrong clock is from the truth (or from the other clock) after so long."""
        if self.kind == "rate":
            return abs(self.amount) * after_s // 1_000_000
        if self.kind == "dead":
            return 5 * YEAR
        return abs(self.amount)

    def clearly_wrong_after(self, bound_s: int) -> int:
        """Seconds until it is wrong by more than this; NEVER_S: it will not be."""
        if self.kind == "rate":
            return bound_s * 1_000_000 // abs(self.amount) + 1
        return 0 if self.apart_s(0) > bound_s else NEVER_S


def set_right(world: World) -> None:
    """Both clocks show the true time and keep it."""
    now_ms = world.now_ms
    mishaps.heal_all(world)
    for clock in (world.controller_clock, world.board_clock):
        clock.rate(0, now_ms)
        clock.jump(world.utc_ms() - clock.utc_ms(now_ms), now_ms)


def troubles() -> Iterator[Trouble]:
    """All of them."""
    for who in WHO:
        for seconds in JUMPS:
            yield Trouble("jump", who, seconds)
            yield Trouble("jump", who, -seconds)
        for ppm in PPM:
            yield Trouble("rate", who, ppm)
    for who in ("controller", "board"):
        for year in YEARS:
            yield Trouble("dead", who, year, restarts=True)
    # R8: false network time writes the controller's own battery clock, which a restart reads
    for seconds in (600, -600, DAY, -DAY, 2 * DAY, -2 * DAY, YEAR, -YEAR):
        yield Trouble("network", "controller", seconds, restarts=True)
