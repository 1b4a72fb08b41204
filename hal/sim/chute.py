"""What falls through the hole, when, and what the beam under it counts.

Responsible for: exposure of compartments by tray and gate, the timing of every fall, the beam
and its drop odometer. Not for where pieces are (pieces.py keeps that) or what reads the count.

A piece over the passable hole lets go after 20..300 ms, crosses the beam 100 ms later and lands
20 ms after that. A tray that turns over a passable hole drops what passes, at once.
"""

from hal.sim.chance import Chance
from hal.sim.gate import Gate
from hal.sim.pieces import Ledger, Piece
from hal.sim.tray import NEVER, Tray

LET_GO_MS = (20, 300)
FALL_MS = 100
LAND_MS = 20
DARK_MS = 8

WORKS = "works"
BLIND_LIT = "lit"  # the receiver always sees light
BLIND_DARK = "dark"  # it never does
BLIND_MISSES = "misses"  # light follows the emitter, but no piece is counted


class Chute:
    """Hole, beam and catch; the ledger learns of every fall."""

    def __init__(self) -> None:
        self.exposed = -1  # compartment resting over the passable hole
        self.releases: list[tuple[int, Piece]] = []
        self.flights: list[tuple[int, Piece]] = []
        self.landings: list[tuple[int, Piece]] = []
        self.emitter = False
        self.beam = WORKS
        self.dark_until_ms = 0
        self.drop_count = 0
        self.lose_before = 0  # so many of the next pieces never reach the beam
        self.lose_after = 0  # so many of the next pieces pass the beam and miss the cup
        self.exposures: list[dict[str, object]] = []  # truth: every exposure with its fills
        self.passed_turning = 0  # truth: compartments that passed an open gate

    def lit(self, now_ms: int) -> bool:
        """The receiver reports light."""
        if self.beam in (BLIND_LIT, BLIND_DARK):
            return self.beam == BLIND_LIT
        return self.emitter and now_ms >= self.dark_until_ms

    def next_ms(self, now_ms: int) -> int:
        """The next instant at which something lets go, crosses the beam or lands."""
        near = NEVER
        for moment in (*self.releases, *self.flights, *self.landings):
            near = min(near, moment[0])
        return min(near, self.dark_until_ms) if self.dark_until_ms > now_ms else near

    def busy(self) -> bool:
        """Something is about to fall or falling."""
        return bool(self.releases or self.flights or self.landings)

    def expose(self, tray: Tray, gate: Gate, ledger: Ledger, chance: Chance, now_ms: int) -> None:
        """See what lies over the hole now; called whenever tray or gate may have changed."""
        passable = gate.passable(now_ms)
        turning = tray.moving(now_ms)
        over = tray.over_hole(tray.position(now_ms), 0 if turning else 1) if passable else -1
        if over >= 0 and turning:
            self._record(over, ledger, now_ms, turning=True)
            for piece in list(ledger.in_compartment.get(over, ())):
                if not piece.stays:
                    self._let_go(over, piece, ledger, now_ms)
        resting = -1 if turning else over
        if resting == self.exposed:
            return
        self.exposed = resting
        self.releases = []
        if resting >= 0:
            self._record(resting, ledger, now_ms, turning=False)
            for piece in ledger.in_compartment.get(resting, ()):
                if not piece.stays:
                    self.releases.append((now_ms + chance.between(*LET_GO_MS), piece))

    def _record(self, over: int, ledger: Ledger, now_ms: int, *, turning: bool) -> None:
        held = ledger.in_compartment.get(over, ())
        fills = sorted({piece.fill for piece in held})
        row = {"at_ms": now_ms, "compartment": over, "fills": fills, "turning": turning}
        if row in self.exposures[-1:]:
            return
        self.exposures.append(row)
        self.passed_turning += turning

    def _let_go(self, compartment: int, piece: Piece, ledger: Ledger, now_ms: int) -> None:
        ledger.let_go(compartment, piece, now_ms)
        if self.lose_before > 0:
            self.lose_before -= 1
            ledger.land(piece, False, "before the beam")
            return
        self.flights.append((now_ms + FALL_MS, piece))

    def settle(self, ledger: Ledger, cup_present: bool, now_ms: int) -> list[str]:
        """Let everything due happen; words for what the board could notice."""
        noticed: list[str] = []
        for at, piece in [m for m in self.releases if m[0] <= now_ms]:
            self.releases.remove((at, piece))
            self._let_go(self.exposed, piece, ledger, now_ms)
        for moment in [m for m in self.flights if m[0] <= now_ms]:
            self.flights.remove(moment)
            self.landings.append((moment[0] + LAND_MS, moment[1]))
            if self.beam == WORKS and self.emitter and now_ms >= self.dark_until_ms:
                self.drop_count += 1
                noticed.append("drop")
            if self.beam == WORKS:
                self.dark_until_ms = now_ms + DARK_MS
        for moment in [m for m in self.landings if m[0] <= now_ms]:
            self.landings.remove(moment)
            lost = self.lose_after > 0
            self.lose_after -= lost
            ledger.land(moment[1], cup_present and not lost, "beside the cup")
            noticed.append("landed")
        return noticed
