"""The cup on its scale: lift switch, weight, settling, and what lies in it besides pieces.

Responsible for: what switch and scale read. Not for which pieces are in the cup (the ledger in
pieces.py tells the weight). Milligrams throughout.
"""

from hal.sim.sense import CUP_AWAY_MG
from hal.sim.tray import NEVER

TARE_MG = 18500
SETTLE_MS = 600
NOISE_MG = 3  # the reading lies 0..3 mg above the settled value


class Cup:
    """A light cup on a load cell, with a latched counter of lifts."""

    def __init__(self) -> None:
        self.present = True
        self.lift_count = 0
        self.foreign_mg = 0  # water, a coin, a hand
        self.drift_mg = 0
        self.lift_stuck = False  # the switch says present for ever, lifts are not counted
        self.stuck_mg = -1  # scale stuck at this reading (gross), -1: it works
        self.from_mg = TARE_MG
        self.to_mg = TARE_MG
        self.change_ms = -SETTLE_MS
        self.settle_ms = NEVER

    def load(self, pieces_mg: int, now_ms: int) -> None:
        """The true load changed: the reading follows within SETTLE_MS."""
        load = TARE_MG + pieces_mg + self.foreign_mg if self.present else 0
        if load == self.to_mg:
            return
        self.from_mg = self._follow(now_ms)
        self.to_mg = load
        self.change_ms = now_ms
        self.settle_ms = now_ms + SETTLE_MS

    def _follow(self, now_ms: int) -> int:
        since = now_ms - self.change_ms
        if since >= SETTLE_MS:
            return self.to_mg
        return self.from_mg + (self.to_mg - self.from_mg) * since // SETTLE_MS

    def reads_present(self) -> bool:
        """What the switch says."""
        return self.present or self.lift_stuck

    def reads_mg(self, now_ms: int) -> int:
        """Load less tare as the scale shows it, CUP_AWAY_MG while the switch says away."""
        if not self.reads_present():
            return CUP_AWAY_MG
        gross = self.stuck_mg if self.stuck_mg >= 0 else self._follow(now_ms)
        noise = ((now_ms // 10) * 2654435761 >> 13) % (NOISE_MG + 1)
        return gross - TARE_MG + self.drift_mg + noise

    def lift(self) -> None:
        """The cup leaves its place."""
        self.present = False
        if not self.lift_stuck:
            self.lift_count += 1
