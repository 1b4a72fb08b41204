"""One release of the carousel, from a durable START to settled witnesses.

Responsible for: turn behind the closed gate, rest, mark exposed durably, open, wait for
the fall, close, let the scale settle; giving up early whenever something moves that must
not. Not responsible for the verdict (evidence.py), for START or DONE (loop.py), for the
way home (homing.py). Nothing here runs twice: a cycle ends in FINISHED and is judged.
"""

from firmware import mover, notes
from firmware.device import Device
from firmware.evidence import SAME_MG
from firmware.mind import Mind
from firmware.mover import Mover
from hal.wire import codes

SECTOR_TICKS = 8
REST_MS = 100  # the tray must stand still so long before the gate opens
GATE_MS = 600  # an end sensor must answer within
FALL_MIN_MS = 500  # pills fall within 400 ms of an open gate
FALL_QUIET_MS = 300  # after the newest drop
FALL_EMPTY_MS = 1000  # with no drop at all
FALL_LIMIT_MS = 2000  # the gate is never told to stay open longer; the hardware says 3,000
SETTLE_MS = 900  # the scale needs 600 after the last change
SETTLE_LIMIT_MS = 4000

IDLE = 0
TURN = 1
REST = 2
OPENING = 3
FALL = 4
CLOSING = 5
SETTLE = 6
FINISHED = 7


def tick(compartment: int) -> int:
    """The encoder tick at which `compartment` lies over the hole."""
    return (compartment + 1) * SECTOR_TICKS


class Cycle:
    """`phase` and, once FINISHED, `cause` (0: nothing was given up) and `gate_left`."""

    def __init__(self, mind: Mind) -> None:
        self.phase = IDLE
        self.cause = 0
        self.gate_left = False  # the gate was seen not closed since START
        self.wake_ms = 0
        self._mind = mind
        self._mover = Mover()
        self._since_ms = 0
        self._drop_ms = 0
        self._drops = 0
        self._limit_ms = 0

    def start(self, board: Device, now_ms: int) -> None:
        """Begin to turn. START is durable, or this must not be called."""
        order = self._mind.order
        assert order.state == codes.STARTED and not order.exposed and self.phase == IDLE
        self.cause = 0
        self.gate_left = False
        self._drops = board.sense.drop_count
        self.phase = TURN
        self._mover.start(board, now_ms, tick(order.compartment))
        self.wake_ms = self._mover.wake_ms
        if self._mover.state != mover.TURNING:
            self.wake_ms = now_ms

    def step(self, board: Device, now_ms: int) -> None:
        """One look at the world; sets `wake_ms`."""
        sense = board.sense
        if not sense.gate_closed:
            self.gate_left = True
        if sense.drop_count != self._drops:
            self._drops = sense.drop_count
            self._drop_ms = now_ms
        if self.phase == TURN:
            self._turn(board, now_ms)
        elif self.phase == REST:
            self._rest(board, now_ms)
        elif self.phase == OPENING:
            self._opening(board, now_ms)
        elif self.phase == FALL:
            self._fall(board, now_ms)
        elif self.phase == CLOSING:
            self._closing(board, now_ms)
        elif self.phase == SETTLE:
            self._settle(now_ms)

    def _disturbed(self, board: Device) -> int:
        """Why nothing may be exposed now, 0: it may."""
        sense = board.sense
        order = self._mind.order
        if sense.door_open or sense.door_count != order.pre_doors:
            return codes.DOOR_OPEN
        if sense.service:
            return codes.SERVICE_ON
        if sense.tray_index != order.pre_tray:
            return codes.TRAY_CHANGED
        if not sense.cup_present:
            return codes.CUP_MISSING
        if sense.lift_count != order.pre_lifts:
            return codes.CUP_MOVED
        return 0

    def _turn(self, board: Device, now_ms: int) -> None:
        why = self._disturbed(board)
        if not why and board.sense.drop_count != self._mind.order.pre_drops:
            why = codes.BEAM_SPURIOUS
        if why:
            self._mover.give_up(board)
            self._give_up(board, now_ms, why)
            return
        self._mover.step(board, now_ms)
        state = self._mover.state
        if state == mover.ARRIVED:
            self.phase = REST
            self._since_ms = now_ms
            self.wake_ms = now_ms + REST_MS
        elif state == mover.STALLED:
            self._give_up(board, now_ms, codes.JAM)
        elif state == mover.BLIND:
            self._give_up(board, now_ms, codes.POSITION_UNPROVEN)
        elif state == mover.GATE_NOT_CLOSED:
            self._give_up(board, now_ms, codes.GATE_STUCK_OPEN)
        else:
            self.wake_ms = self._mover.wake_ms

    def _rest(self, board: Device, now_ms: int) -> None:
        sense = board.sense
        order = self._mind.order
        why = self._disturbed(board)
        if not sense.gate_closed:
            why = codes.GATE_STUCK_OPEN
        elif sense.encoder != tick(order.compartment) or sense.home:
            why = codes.POSITION_UNPROVEN
        elif sense.drop_count != order.pre_drops:
            why = codes.BEAM_SPURIOUS
        elif not why and abs(sense.cup_mg - order.pre_mg) > SAME_MG:
            why = codes.CUP_MOVED
        if why:
            self._give_up(board, now_ms, why)
            return
        if now_ms - self._since_ms < REST_MS:
            self.wake_ms = self._since_ms + REST_MS
            return
        order.exposed = 1
        if not self._mind.save():
            self._give_up(board, now_ms, codes.STORE_TORN)
            return
        board.note(notes.EXPOSED, order.number)
        board.gate(1)
        self.phase = OPENING
        self._since_ms = now_ms
        self.wake_ms = now_ms + GATE_MS

    def _opening(self, board: Device, now_ms: int) -> None:
        why = self._disturbed(board)
        if why:
            self._give_up(board, now_ms, why)
        elif board.sense.gate_open:
            self.phase = FALL
            self._since_ms = now_ms
            self._drop_ms = now_ms
            self._fall(board, now_ms)
        elif now_ms - self._since_ms >= GATE_MS:
            self._give_up(board, now_ms, codes.GATE_STUCK_CLOSED)

    def _fall(self, board: Device, now_ms: int) -> None:
        why = self._disturbed(board)
        if why:
            self._give_up(board, now_ms, why)
            return
        if self._drops == self._mind.order.pre_drops:
            end_ms = self._since_ms + FALL_EMPTY_MS
        else:
            end_ms = max(self._since_ms + FALL_MIN_MS, self._drop_ms + FALL_QUIET_MS)
        end_ms = min(end_ms, self._since_ms + FALL_LIMIT_MS)
        if now_ms >= end_ms:
            self._close(board, now_ms)
        else:
            self.wake_ms = end_ms

    def _give_up(self, board: Device, now_ms: int, why: int) -> None:
        self.cause = self.cause or why
        board.drive_off()
        self._close(board, now_ms)

    def _close(self, board: Device, now_ms: int) -> None:
        board.gate(0)
        self.phase = CLOSING
        self._since_ms = now_ms
        self.wake_ms = now_ms + GATE_MS
        self._closing(board, now_ms)

    def _closing(self, board: Device, now_ms: int) -> None:
        if not board.sense.gate_closed:
            if now_ms - self._since_ms < GATE_MS:
                return
            self.cause = self.cause or codes.GATE_STUCK_OPEN
        self.phase = SETTLE
        self._since_ms = now_ms
        self._limit_ms = now_ms + SETTLE_LIMIT_MS
        self.wake_ms = now_ms + SETTLE_MS

    def _settle(self, now_ms: int) -> None:
        end_ms = min(max(self._since_ms, self._drop_ms) + SETTLE_MS, self._limit_ms)
        if now_ms >= end_ms:
            self.phase = FINISHED
        else:
            self.wake_ms = end_ms

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, deadlines as distance from `now_ms`."""
        return (
            self.phase,
            self.cause,
            int(self.gate_left),
            self.wake_ms - now_ms,
            self._since_ms - now_ms,
            self._drop_ms - now_ms,
            self._drops,
            self._limit_ms - now_ms,
        ) + self._mover.snapshot(now_ms)

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the cycle `snapshot` was taken of."""
        self.phase = values[0]
        self.cause = values[1]
        self.gate_left = bool(values[2])
        self.wake_ms = values[3] + now_ms
        self._since_ms = values[4] + now_ms
        self._drop_ms = values[5] + now_ms
        self._drops = values[6]
        self._limit_ms = values[7] + now_ms
        self._mover.restore(values[8:], now_ms)
