"""What a board and the people around it can do to the simulated machine, and the truth about it.

Responsible for: the board's operations (the same words as the codes in sense.py), the acts of
patient and loader, `truth()`. Not for time (machine.py), troubles (mishaps.py), files (save.py).
Acts of people return the number of pieces that moved, where pieces can move.
"""

import zlib

from hal.sim.cable import BOARD, CONTROLLER
from hal.sim.machine import EPOCH_2020_MS, Machine
from hal.sim.pieces import BY_HAND, GONE, LIFTED, LOADER
from hal.sim.sense import BROWN_OUT, COMPARTMENTS, FRAM_SIZE, SECTOR_TICKS, TICKS
from hal.sim.supply import PowerLost

DEFAULT_UTC_MS = 1773014400000  # 2026-03-09T00:00:00Z, a Monday
PRESS_MS = 120
MAX_WATCHDOG_MS = 60_000
MAX_PIECES = 40  # a compartment holds no more


class World(Machine):
    """One dispenser in one home."""

    def __init__(self, seed: int, utc_ms: int = DEFAULT_UTC_MS, *, clock_set: bool = True) -> None:
        super().__init__(seed, utc_ms, clock_set=clock_set)
        self.standing: dict[str, dict[str, object]] = {}  # mishaps by name, with their arguments
        self.bounces = 0  # extra edges of every press
        self.button_stuck = False

    def _operation(self) -> None:
        """Every operation passes here: a dead board can do nothing, and any can be its last."""
        if not self.up:
            raise PowerLost
        if self.cut_in_ops > 0:
            self.cut_in_ops -= 1
            if self.cut_in_ops == 0:
                self.reset(BROWN_OUT)
                self.settle()
                raise PowerLost

    def drive(self, to_tick: int) -> None:
        """DRIVE: turn the tray to an absolute tick by the shorter way."""
        self._operation()
        now = self.now_ms
        if self.flap.position(now) > 0:
            self.hazard("drive with the gate not closed")
        if self.door_open:
            self.hazard("drive with the door open")
        self.coils_off()
        self.tray.drive(to_tick % TICKS, now)
        self.drives.append([now, -1, to_tick % TICKS])
        self.mark(f"drive {to_tick}")
        self.settle()

    def drive_off(self) -> None:
        """DRIVE_OFF: no current in the coils; the tray stays where it is."""
        self._operation()
        self.mark("drive off")
        self.coils_off()
        self.settle()

    def gate(self, opened: int) -> None:
        """GATE: current in the solenoid or not."""
        self._operation()
        self.mark(f"gate {'opening' if opened else 'closing'}")
        self.flap.command(bool(opened), self.now_ms)
        self.settle()

    def emitter(self, on: int) -> None:
        """EMITTER: the light of the beam."""
        self._operation()
        self.mark(f"emitter {int(bool(on))}")
        self.chute.emitter = bool(on)

    def lamp(self, signal: int) -> None:
        """LAMP: what the lamp shows."""
        self._operation()
        self.lamp_shows = signal
        self.mark(f"lamp {signal}")

    def buzzer(self, signal: int) -> None:
        """BUZZER: what the buzzer sounds."""
        self._operation()
        self.buzzer_sounds = signal
        self.mark(f"buzzer {signal}")

    def feed(self, timeout_ms: int) -> None:
        """FEED: the watchdog resets the board after this long without another feeding."""
        self._operation()
        if not self.starved:
            self.watchdog_ms = self.now_ms + min(max(timeout_ms, 1), MAX_WATCHDOG_MS)
            self._next_ms = -1

    def set_clock(self, utc_s: int) -> None:
        """SET_CLOCK: seconds since 2020-01-01 UTC into the board's own clock."""
        self._operation()
        self.mark(f"set clock {utc_s}")
        self.board_clock.set(EPOCH_2020_MS + utc_s * 1000, self.now_ms)

    def fram_read(self, address: int, length: int) -> bytes:
        """FRAM_READ: durable bytes."""
        self._operation()
        assert address >= 0 and length >= 0 and address + length <= FRAM_SIZE
        return bytes(self.fram.data[address : address + length])

    def fram_write(self, address: int, data: bytes) -> None:
        """FRAM_WRITE: durable when it returns; raises PowerLost where a cut hits it."""
        self._operation()
        self.mark(f"fram {address} {len(data)} {zlib.crc32(data)}")
        if not self.fram.write(address, data, self.chance):
            self.reset(BROWN_OUT)
            self.settle()
            raise PowerLost

    def transmit(self, data: bytes) -> None:
        """TX: bytes to the controller."""
        self._operation()
        self.mark(f"tx {len(data)} {zlib.crc32(data)}")
        self.cable.send(CONTROLLER, data, self.chance, self.now_ms)

    def note(self, code: int, argument: int) -> None:
        """NOTE: the board's own mark in the trace."""
        self._operation()
        self.mark(f"note {code} {argument}")

    def to_board(self, data: bytes) -> None:
        """Bytes from the controller's end of the cable."""
        self.cable.send(BOARD, data, self.chance, self.now_ms)
        self._next_ms = -1

    def from_board(self) -> bytes:
        """Bytes that arrived at the controller's end, once."""
        return self.cable.take(CONTROLLER, self.now_ms)

    def happen(self, what: str, argument: int) -> None:
        """Things planned by people and mishaps come due."""
        if what == "button":
            self._button(bool(argument))
        elif what == "mains":
            self.mains(bool(argument))
        elif what == "hand off":
            self.cup.foreign_mg -= argument
        elif what == "press":
            self.press(argument)
        else:
            super().happen(what, argument)

    def _button(self, down: bool) -> None:
        down = down or self.button_stuck
        if down and not self.button_down and self.up:
            self.press_count += 1
        self.attention |= down != self.button_down
        self.button_down = down

    def press(self, hold_ms: int = PRESS_MS) -> None:
        """The patient presses the one big button."""
        self.mark("press")
        self._button(True)
        for i in range(self.bounces):
            self.plan(4 + 8 * i, "button", 0)
            self.plan(8 + 8 * i, "button", 1)
        self.plan(max(hold_ms, 10 + 8 * self.bounces), "button", 0)
        self.settle()

    def take_cup(self) -> int:
        """The patient lifts the cup; what is in it is gone with it."""
        if not self.cup.present:
            return 0
        self.mark("cup taken")
        self.cup.lift()
        count = self.ledger.leave_cup(len(self.ledger.in_cup), LIFTED, self.now_ms)
        self.attention = True
        self.settle()
        return count

    def return_cup(self, pieces_left: int = 0) -> int:
        """The cup comes back, with so many of the lifted pieces still in it."""
        if self.cup.present:
            return 0
        self.mark(f"cup returned {pieces_left}")
        self.cup.present = True
        count = self.ledger.back_into_cup(pieces_left)
        self.attention = True
        self.settle()
        return count

    def fingers(self, count: int, press_mg: int = 0) -> int:
        """Somebody takes pieces out of the cup without lifting it, pressing on it for 2 s."""
        self.mark(f"fingers {count}")
        taken = self.ledger.leave_cup(count, BY_HAND, self.now_ms) if self.cup.present else 0
        if press_mg:
            self.cup.foreign_mg += press_mg
            self.plan(2000, "hand off", press_mg)
        self.settle()
        return taken

    def open_door(self) -> None:
        """The service door opens; its counter is latched."""
        if self.door_open:
            return
        self.mark("door open")
        self.door_open = True
        self.door_count += 1
        if self.tray.energised_ms >= 0:
            self.hazard("door opened while the drive was on")
        self.attention = True
        self.settle()

    def close_door(self) -> None:
        """The service door closes."""
        self.mark("door closed")
        self.attention |= self.door_open
        self.door_open = False

    def service(self, on: bool) -> None:
        """The service switch is held or let go."""
        self.mark(f"service {int(on)}")
        self.attention |= on != self.service_on
        self.service_on = on

    def mains(self, on: bool) -> None:
        """The plug goes in or out."""
        self.mark(f"mains {int(on)}")
        self.attention |= on != self.supply.mains
        charge = self.supply.charge(self.now_ms)
        self.supply.change(self.now_ms, mains=on, charge_ms=charge)
        self.settle()

    def put(self, compartment: int, pieces_mg: list[int], label: str = "") -> int:
        """The loader lays pieces into a compartment; the number of the new fill."""
        assert 0 <= compartment < COMPARTMENTS and 0 < len(pieces_mg) <= MAX_PIECES
        self.mark(f"put {compartment} {pieces_mg}")
        fill = self.ledger.put(compartment, list(pieces_mg), label, self.now_ms)
        self.chute.exposed = -1  # what lies over an open hole falls at once
        self.settle()
        return fill.number

    def empty(self, compartment: int) -> int:
        """The loader takes everything out of a compartment and counts it."""
        self.mark(f"empty {compartment}")
        return self.ledger.take_out(compartment, MAX_PIECES * 9, LOADER, "loader", self.now_ms)

    def hand_out(self, compartment: int, count: int = MAX_PIECES) -> int:
        """Somebody opens the machine mechanically and takes pieces by hand."""
        self.mark(f"hand out {compartment} {count}")
        return self.ledger.take_out(compartment, count, GONE, BY_HAND, self.now_ms)

    def truth(self) -> dict[str, object]:
        """Ground truth for proofs: every piece of every fill, every exposure, every hazard."""
        return {
            "now_ms": self.now_ms,
            "utc0_ms": self.utc0_ms,
            "fills": self.ledger.save(),
            "exposures": list(self.chute.exposures),
            "drives": [list(row) for row in self.drives],
            "resets": [list(row) for row in self.resets],
            "hazards": list(self.hazards),
            "in_cup": len(self.ledger.in_cup),
            "tick": self.tray.position(self.now_ms),
            "over_hole": self.tray.over_hole(self.tray.position(self.now_ms), SECTOR_TICKS // 2),
            "boots": self.boots,
            "trace": self.trace.hex(),
        }
