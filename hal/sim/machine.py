"""The simulated machine in time: its parts, what moves by itself, and what a board can sense.

Responsible for: one instant after another (`advance`), resets and boots, Sense. Not for what
board or people do to it (world.py) or for troubles by name (mishaps.py). Time is `now_ms`,
integer milliseconds since the world began; nothing here reads a real clock.
"""

import hashlib

from hal.sim.cable import BOARD, Cable
from hal.sim.chance import Chance
from hal.sim.chute import Chute
from hal.sim.cup import Cup
from hal.sim.gate import TRAVEL_MS, Gate
from hal.sim.pieces import Ledger
from hal.sim.sense import BROWN_OUT, EXTERNAL, POWER, WATCHDOG, Sense
from hal.sim.supply import Clock, Fram, Supply
from hal.sim.tray import DRIVE_LIMIT_MS, NEVER, Tray

EPOCH_2020_MS = 1577836800000
BOOT_MS = 100  # from power to the first turn of the firmware
MAX_STEPS_AT_ONCE = 10_000
CAUSES = {POWER: "power", WATCHDOG: "watchdog", BROWN_OUT: "brown-out", EXTERNAL: "external"}


class Machine:
    """Tray, gate, chute, cup, supply, cable and memory, moved together."""

    def __init__(self, seed: int, utc_ms: int, *, clock_set: bool = True) -> None:
        self.seed = seed
        self.chance = Chance(seed)
        self._luck = Chance(seed ^ 0xB0A2D)
        self.now_ms = 0
        self.utc0_ms = utc_ms
        self.tray, self.flap, self.chute, self.cup = Tray(), Gate(), Chute(), Cup()
        self.ledger, self.supply, self.cable, self.fram = Ledger(), Supply(), Cable(), Fram()
        drift = Chance(seed ^ 0xC10C)
        self.board_clock = Clock(utc_ms, drift.between(-18, 18), kept=clock_set)
        self.controller_clock = Clock(utc_ms, drift.between(-18, 18), kept=True)
        self.door_open = self.service_on = self.button_down = False
        self.door_count = self.press_count = 0
        self.lamp_shows = self.buzzer_sounds = 0
        self.up = False  # the board runs
        self.boot_ms = 0
        self.boots = 0
        self.ready_ms = BOOT_MS  # when a board without power trouble may run, NEVER: no power
        self.reset_cause = POWER
        self.watchdog_ms = NEVER
        self.starved = False  # feeding the dog has no effect
        self.cut_in_ops = 0  # power is lost at this many-th operation from now, 0: never
        self.attention = False  # an input of the board changed since its last turn
        self.later: list[tuple[int, int, str, int]] = []
        self.later_serial = 0
        self.drives: list[list[int]] = []  # truth: [from_ms, to_ms, to_tick] coils energised
        self.resets: list[list[int]] = []  # truth: [at_ms, cause]
        self.hazards: list[dict[str, object]] = []
        self.trace = b""
        self.trace_lines: list[str] | None = None
        self._next_ms = -1
        self._gate_ends = (True, False)

    def utc_ms(self) -> int:
        """True time, Unix milliseconds."""
        return self.utc0_ms + self.now_ms

    def mark(self, what: str) -> None:
        """Chain (now, what) into the trace hash."""
        line = f"{self.now_ms} {what}"
        self.trace = hashlib.sha256(self.trace + line.encode()).digest()
        if self.trace_lines is not None:
            self.trace_lines.append(line)

    def hazard(self, what: str) -> None:
        """Something dangerous physically happened: kept for the proofs."""
        self.hazards.append({"at_ms": self.now_ms, "what": what})
        self.mark("hazard " + what)

    def next_event_ms(self) -> int:
        """The next instant at which something changes by itself, NEVER for none."""
        if self._next_ms < 0:
            self._next_ms = self._soonest()
        return self._next_ms

    def _soonest(self) -> int:
        now = self.now_ms
        soonest = min(self.watchdog_ms, self.supply.next_ms(), self.tray.next_ms())
        soonest = min(soonest, self.flap.next_ms(now), self.cup.settle_ms)
        if self.chute.busy() or self.chute.dark_until_ms > now:
            soonest = min(soonest, self.chute.next_ms(now))
        if self.tray.sign and self.flap.passable(now):
            soonest = min(soonest, self.tray.next_crossing_ms(now))
        if self.later:
            soonest = min(soonest, self.later[0][0])
        if not self.up and self.ready_ms > now:
            soonest = min(soonest, self.ready_ms)
        due = self.cable.due_ms(BOARD)
        return min(soonest, due) if due > now else soonest

    def advance(self, to_ms: int) -> None:
        """Let time pass up to `to_ms`, everything in its order."""
        assert to_ms >= self.now_ms
        for _ in range(MAX_STEPS_AT_ONCE):
            soonest = self.next_event_ms()
            if soonest > to_ms:
                self.now_ms = to_ms
                return
            self.now_ms = max(soonest, self.now_ms)
            self.settle()
        raise AssertionError(f"no end of events before {to_ms} ms (now {self.now_ms} ms)")

    def settle(self) -> None:
        """Let everything happen that is due at this instant."""
        now = self.now_ms
        self._next_ms = -1
        self._settle_power()
        while self.later and self.later[0][0] <= now:
            _, _, what, argument = self.later.pop(0)
            self.happen(what, argument)
        self._settle_motion()
        for noticed in self.chute.settle(self.ledger, self.cup.present, now):
            self.mark(noticed)
            self.attention |= noticed == "drop"
        self.cup.load(self.ledger.cup_mg(), now)
        if now >= self.cup.settle_ms:
            self.cup.settle_ms = NEVER
            self.attention = True
        if not self.up:
            self.cable.take(BOARD, now)
        elif self.cable.due_ms(BOARD) <= now:
            self.attention = True

    def _settle_power(self) -> None:
        now = self.now_ms
        if now >= self.watchdog_ms:
            self.starved = False
            self.reset(WATCHDOG)
        if not self.supply.powered(now):
            if self.ready_ms != NEVER or self.up:
                self.reset(POWER)
            self.ready_ms = NEVER
            self.supply.change(now, mains=False, charge_ms=0)
        elif self.ready_ms == NEVER and not self.up:
            self.ready_ms = now + BOOT_MS

    def _settle_motion(self) -> None:
        now = self.now_ms
        self.flap.settle(now)
        tray = self.tray
        if now >= tray.notice_ms:
            self.attention = True
            self.mark(f"{'stalled' if tray.short else 'arrived'} {tray.position(now)}")
            tray.rest(now)
        if tray.energised_ms >= 0 and now >= tray.energised_ms + DRIVE_LIMIT_MS:
            self.coils_off()
        self.chute.expose(tray, self.flap, self.ledger, self.chance, now)
        position = self.flap.position(now)
        ends = (position == 0, position == TRAVEL_MS)
        if ends != self._gate_ends:
            self._gate_ends = ends
            self.attention = True
            self.mark(f"gate {'closed' if ends[0] else 'open' if ends[1] else 'between'}")

    def coils_off(self) -> None:
        """The drive carries no current from now on."""
        if self.tray.energised_ms >= 0:
            self.drives[-1][1] = self.now_ms
        self.tray.off(self.now_ms)

    def happen(self, what: str, argument: int) -> None:
        """One thing planned with `plan` comes due; worlds add their own words."""
        raise AssertionError(f"nothing is called {what} ({argument})")

    def plan(self, in_ms: int, what: str, argument: int = 0) -> None:
        """Let `what` happen after `in_ms`."""
        self.later_serial += 1
        self.later.append((self.now_ms + in_ms, self.later_serial, what, argument))
        self.later.sort()
        self._next_ms = -1

    def reset(self, cause: int) -> None:
        """The board stops at once; every output falls to its safe side."""
        now = self.now_ms
        if self.up:
            self.resets.append([now, cause])
            self.mark("reset " + CAUSES[cause])
        self.up = False
        self.coils_off()
        self.flap.command(False, now)
        self.chute.emitter = False
        self.lamp_shows = self.buzzer_sounds = 0
        self.watchdog_ms = NEVER
        self.reset_cause = cause
        self.cut_in_ops = 0
        self.ready_ms = now + BOOT_MS if self.supply.powered(now) else NEVER
        self._next_ms = -1

    def boot(self) -> None:
        """The firmware starts: its milliseconds and its press counter begin at 0."""
        assert not self.up and self.now_ms >= self.ready_ms
        self.up = True
        self.boots += 1
        self.boot_ms = self.now_ms
        self.press_count = 0
        self.attention = True
        self._next_ms = -1
        self.mark("boot")

    def luck(self) -> int:
        """64 fresh bits for one Sense."""
        return self._luck.next()

    def sense(self, luck: int) -> Sense:
        """Every input of the board at this instant."""
        now, s = self.now_ms, Sense()
        s.now_ms = (now - self.boot_ms) & 0xFFFFFFFF
        s.utc_s = max(0, (self.board_clock.utc_ms(now) - EPOCH_2020_MS) // 1000) & 0xFFFFFFFF
        s.clock_ok = int(self.board_clock.kept)
        s.encoder = self.tray.encoder(now)
        s.home = int(self.tray.position(now) == 0)
        gate = self.flap.position(now)
        s.gate_closed, s.gate_open = int(gate == 0), int(gate == TRAVEL_MS)
        s.beam_lit = int(self.chute.lit(now))
        s.drop_count = self.chute.drop_count
        s.cup_present = int(self.cup.reads_present())
        s.cup_mg = self.cup.reads_mg(now)
        s.lift_count = self.cup.lift_count
        s.door_open, s.door_count = int(self.door_open), self.door_count
        s.service = int(self.service_on)
        s.press_count, s.button_down = self.press_count, int(self.button_down)
        s.battery_mv, s.mains = self.supply.battery_mv(now), int(self.supply.mains)
        s.tray_index, s.reset_cause = self.tray.index, self.reset_cause
        s.luck = luck
        return s

    def grant(self) -> tuple[Sense, bytes]:
        """Begin a turn of the board: its inputs, and the cable's bytes that arrived."""
        self.attention = False
        return self.sense(self.luck()), self.cable.take(BOARD, self.now_ms)
