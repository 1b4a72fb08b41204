"""Where the tray is, whether that is proven, and the way back to the blank sector.

Responsible for: proving the position from encoder and home switch, parking after an
order, the service move that a person at the machine asks for, latching what stops them.
Not responsible for releasing anything: the tray turns here only behind a closed gate.
"""

from firmware import mover
from firmware.device import NO_READING, Device, Inputs
from firmware.ledger import Ledger
from firmware.mover import Mover
from hal.wire import codes

HOME_TICK = 0
MOTION_FAULTS = (
    codes.JAM,
    codes.POSITION_UNPROVEN,
    codes.GATE_STUCK_CLOSED,
    codes.GATE_STUCK_OPEN,
    codes.HOMING_FAILED,
)


def consistent(sense: Inputs) -> bool:
    """Encoder and home switch tell the same story."""
    return sense.encoder != NO_READING and (sense.encoder == HOME_TICK) == bool(sense.home)


class Homing:
    """`moving`: the tray is on its way home; `wake_ms` when to look again."""

    def __init__(self, ledger: Ledger) -> None:
        self.moving = False
        self.wake_ms = 0
        self._ledger = ledger
        self._mover = Mover()
        self._service = False  # this move was asked for with D_SERVICE_MOVE
        self._asked = False  # the flag was up in the last Desired

    def drive_off(self) -> bool:
        """No motion until a service move has proven the position."""
        for code in self._ledger.latched:
            if code in MOTION_FAULTS:
                return True
        return False

    def at_home(self, sense: Inputs) -> bool:
        """Parked on the blank sector, by both witnesses."""
        return not self.moving and sense.encoder == HOME_TICK and bool(sense.home)

    def watch(self, sense: Inputs) -> int:
        """At rest: a fault to latch when the position is no longer proven, else 0."""
        return 0 if self.moving or consistent(sense) else codes.POSITION_UNPROVEN

    def ask(self, board: Device, now_ms: int, flagged: bool) -> None:
        """The service flag of the newest Desired: one move for each time it goes up."""
        sense = board.sense
        may = sense.service and not sense.door_open and not self.moving
        if flagged and not self._asked and may:
            self._begin(board, now_ms, True)
        self._asked = flagged

    def park(self, board: Device, now_ms: int) -> None:
        """Go home by itself where nothing stands against it."""
        sense = board.sense
        if self.moving or self.drive_off() or sense.door_open or sense.service:
            return
        if sense.gate_closed and sense.encoder != HOME_TICK and sense.encoder != NO_READING:
            self._begin(board, now_ms, False)

    def _begin(self, board: Device, now_ms: int, service: bool) -> None:
        self._service = service
        self.moving = True
        self._mover.start(board, now_ms, HOME_TICK)
        self.wake_ms = self._mover.wake_ms
        if self._mover.state != mover.TURNING:
            self.wake_ms = now_ms

    def step(self, board: Device, now_ms: int) -> int:
        """One look at the world while moving; returns a fault to latch, else 0."""
        sense = board.sense
        if sense.door_open or bool(sense.service) != self._service:
            self._mover.give_up(board)
            self.moving = False
            return 0
        self._mover.step(board, now_ms)
        state = self._mover.state
        if state in (mover.TURNING, mover.BACKING):
            self.wake_ms = self._mover.wake_ms
            return 0
        self.moving = False
        if state == mover.GATE_NOT_CLOSED:
            return codes.GATE_STUCK_OPEN
        if state == mover.ARRIVED and sense.home:
            if self._service:
                self._proven()
            return 0
        if self._service:
            return codes.HOMING_FAILED
        if state == mover.STALLED and consistent(sense):
            return codes.JAM
        return codes.POSITION_UNPROVEN

    def _proven(self) -> None:
        """A person stood by and the tray is home: motion and chute are free again."""
        ledger = self._ledger
        ledger.latched = []
        ledger.chute_held = 0

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, deadlines as distance from `now_ms`."""
        return (
            int(self.moving),
            self.wake_ms - now_ms,
            int(self._service),
            int(self._asked),
        ) + self._mover.snapshot(now_ms)

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the homing `snapshot` was taken of."""
        self.moving = bool(values[0])
        self.wake_ms = values[1] + now_ms
        self._service = bool(values[2])
        self._asked = bool(values[3])
        self._mover.restore(values[4:], now_ms)
