"""What the firmware needs of a board: inputs to read, outputs to command, memory, a cable.

Responsible for: naming the seam that hal/sim/board.py and hal/mcu/board.py fill. Not
responsible for any of it. Every output goes off by itself at a reset, and each has a
hardware limit on its on-time; no method waits, except that memory is durable on return.
"""

NO_READING = 65535  # Inputs.encoder: the encoder does not answer
NO_DEADLINE = 0xFFFFFFFF
POWER = 0  # Inputs.reset_cause
WATCHDOG = 1
BROWN_OUT = 2
EXTERNAL = 3


class Inputs:
    """Every input at one instant; all of them stand still during a turn."""

    def __init__(self) -> None:
        self.now_ms = 0  # since this boot, modulo 2**32
        self.utc_s = 0  # battery-backed clock, seconds since 2020-01-01 UTC
        self.clock_ok = 0  # it has kept time since it was last set
        self.encoder = NO_READING  # absolute, ticks
        self.home = 0  # switch, closed only at tick 0
        self.gate_closed = 0
        self.gate_open = 0
        self.beam_lit = 0
        self.drop_count = 0  # latched, survives resets
        self.cup_present = 0
        self.cup_mg = 0  # load less tare, < 0 while away
        self.lift_count = 0  # latched, survives resets
        self.door_open = 0
        self.door_count = 0  # openings, latched
        self.service = 0
        self.press_count = 0  # edges since this boot
        self.button_down = 0
        self.battery_mv = 0
        self.mains = 0
        self.tray_index = 0
        self.reset_cause = 0
        self.simulated = 0
        self.luck = 0  # 64 random bits, fresh every turn


class Device:
    """The interface of a board, which overrides all of it. The firmware calls nothing else."""

    def __init__(self, sense: Inputs) -> None:
        self.sense = sense

    def begin(self) -> None:
        """Start a turn: `sense` and `received` are of now."""
        raise NotImplementedError

    def drive(self, to_tick: int) -> None:
        """Turn the tray to `to_tick` by the shorter way and stop there."""
        raise NotImplementedError

    def drive_off(self) -> None:
        """Stop the tray where it is."""
        raise NotImplementedError

    def gate(self, is_open: int) -> None:
        """Open (1) or close (0) the hole under the chute."""
        raise NotImplementedError

    def emitter(self, on: int) -> None:
        """Light of the drop beam; the odometer counts only while it is on."""
        raise NotImplementedError

    def lamp(self, signal: int) -> None:
        """Show a signal of codes.SIGNALS."""
        raise NotImplementedError

    def buzzer(self, signal: int) -> None:
        """Sound a signal of codes.SIGNALS."""
        raise NotImplementedError

    def feed(self, timeout_ms: int) -> None:
        """The watchdog resets the board unless fed again within `timeout_ms`."""
        raise NotImplementedError

    def set_clock(self, utc_s: int) -> None:
        """Set the battery-backed clock."""
        raise NotImplementedError

    def fram_read(self, addr: int, count: int) -> bytes:
        """`count` bytes of the memory."""
        raise NotImplementedError

    def fram_write(self, addr: int, data: "bytes | bytearray") -> None:
        """Durable on return; a power cut may leave any part of it."""
        raise NotImplementedError

    def received(self) -> bytes:
        """The next cable bytes of those that came since the last turn, b"": no more."""
        raise NotImplementedError

    def transmit(self, data: bytes) -> None:
        """Send bytes over the cable."""
        raise NotImplementedError

    def wait(self, until_ms: int) -> None:
        """End the turn; the next begins at `until_ms` (32 bits), a changed input, or bytes."""
        raise NotImplementedError

    def note(self, code: int, arg: int) -> None:
        """A mark in the trace, see firmware/notes.py."""
        raise NotImplementedError
