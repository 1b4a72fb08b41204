"""What a board can sense of the simulated world, and the operations it can ask for, as bytes.

Responsible for: the layout of Sense (house -> board with every GO) and the codes of the
operations (board -> house). Not for physics (world.py) or sockets (house.py, board.py).
Common tongue: board.py imports it on MicroPython.

Mechanics in one place: 29 sectors of 8 ticks; sector 0 is blank (parking), compartment k rests
over the hole at tick (k + 1) * 8. The drive takes the shorter way round, a tick is 6.25 ms.
`drop_count` counts only while the emitter is on; any reset puts every output off, the gate
closes by its spring, the tray stops.
"""

import struct

TICKS = 232
SECTOR_TICKS = 8
COMPARTMENTS = 28
NO_READING = 65535  # Sense.encoder: the encoder does not answer
CUP_AWAY_MG = -1  # Sense.cup_mg while the cup is away
FRAM_SIZE = 8192
NO_DEADLINE = 0xFFFFFFFF  # WAIT: wake me only when an input changes or bytes arrive

POWER = 0  # Sense.reset_cause
WATCHDOG = 1
BROWN_OUT = 2
EXTERNAL = 3

DRIVE = 1  # a: to_tick
DRIVE_OFF = 2
GATE = 3  # a: 1 open, 0 close
EMITTER = 4  # a: 1 on, 0 off
LAMP = 5  # a: signal
BUZZER = 6  # a: signal
FEED = 7  # a: timeout_ms until the watchdog resets the board
SET_CLOCK = 8  # a: utc_s
FRAM_WRITE = 9  # a: address, b: length, then the data; answered by one byte (1) once durable
FRAM_READ = 10  # a: address, b: length; answered by the data
TX = 11  # a: length, then the data
WAIT = 12  # a: until_ms (since this boot) or NO_DEADLINE; ends the turn
NOTE = 13  # a: code, b: argument; a mark in the trace

OP = "<BII"
OP_SIZE = struct.calcsize(OP)
LENGTH = "<I"  # before every GO: the number of bytes that follow (Sense, then cable bytes)
LENGTH_SIZE = struct.calcsize(LENGTH)
SENSE = "<IIBHBBBBIBiIBIBIBHBBBBQ"
SENSE_SIZE = struct.calcsize(SENSE)


def compartment_tick(compartment: int) -> int:
    """The tick at which `compartment` (0..27) rests over the hole."""
    return (compartment + 1) * SECTOR_TICKS


class Sense:
    """Every input of the board at one instant."""

    def __init__(self) -> None:
        self.now_ms = 0  # since this boot, modulo 2**32
        self.utc_s = 0  # the board's own clock, seconds since 2020-01-01 UTC
        self.clock_ok = 0  # it has kept time since it was last set
        self.encoder = 0  # ticks, NO_READING without an answer
        self.home = 1  # switch, closed only at tick 0
        self.gate_closed = 1
        self.gate_open = 0
        self.beam_lit = 0  # 1: the receiver sees the emitter's light
        self.drop_count = 0  # latched odometer, survives resets
        self.cup_present = 1
        self.cup_mg = 0  # load less tare; CUP_AWAY_MG while away
        self.lift_count = 0  # latched, survives resets
        self.door_open = 0
        self.door_count = 0  # openings, latched
        self.service = 0
        self.press_count = 0  # edges of the button since this boot
        self.button_down = 0
        self.battery_mv = 0
        self.mains = 1
        self.tray_index = 0  # read on the tray itself
        self.reset_cause = 0
        self.simulated = 1
        self.luck = 0  # 64 bits, fresh with every GO

    def pack(self) -> bytes:
        """The SENSE_SIZE bytes of these inputs."""
        return struct.pack(
            SENSE,
            self.now_ms,
            self.utc_s,
            self.clock_ok,
            self.encoder,
            self.home,
            self.gate_closed,
            self.gate_open,
            self.beam_lit,
            self.drop_count,
            self.cup_present,
            self.cup_mg,
            self.lift_count,
            self.door_open,
            self.door_count,
            self.service,
            self.press_count,
            self.button_down,
            self.battery_mv,
            self.mains,
            self.tray_index,
            self.reset_cause,
            self.simulated,
            self.luck,
        )

    def unpack(self, data: bytes) -> None:
        """Take the first SENSE_SIZE bytes of `data` as the inputs of now."""
        (
            self.now_ms,
            self.utc_s,
            self.clock_ok,
            self.encoder,
            self.home,
            self.gate_closed,
            self.gate_open,
            self.beam_lit,
            self.drop_count,
            self.cup_present,
            self.cup_mg,
            self.lift_count,
            self.door_open,
            self.door_count,
            self.service,
            self.press_count,
            self.button_down,
            self.battery_mv,
            self.mains,
            self.tray_index,
            self.reset_cause,
            self.simulated,
            self.luck,
        ) = struct.unpack_from(SENSE, data, 0)
