"""Turn the tray to an absolute tick behind a closed gate, with a bounded fight against a jam.

Responsible for: one move, its stall limit, two reverse wiggles of half a sector, its
total time, and stopping at once when the gate is not closed. Not responsible for why
the tray turns or for what a failed move means (cycle.py, homing.py).
"""

from firmware.device import NO_READING, Device

TICKS = 232
STALL_MS = 300  # no new tick for so long is a stall (H10)
WIGGLES = 2
WIGGLE_TICKS = 4  # half a sector: never reaches a neighbour
WIGGLE_MS = 200
WATCH_MS = 30  # between two looks: an encoder that jumps by a sector cannot hide
TICK_US = 6250  # 8 ticks in 50 ms; the tray is never faster
AHEAD_TICKS = 2  # the encoder may read so far ahead of the fastest tray
LIMIT_MS = 5000  # for the whole move, wiggles included

IDLE = 0
TURNING = 1
BACKING = 2
ARRIVED = 3
STALLED = 4
BLIND = 5  # the encoder does not answer, or says what cannot be
GATE_NOT_CLOSED = 6


class Mover:
    """`state` tells how the move stands; `wake_ms` when to look again."""

    def __init__(self) -> None:
        self.state = IDLE
        self.wake_ms = 0
        self._target = 0
        self._forward = 1
        self._last = 0
        self._from = 0  # where and when this stretch began
        self._from_ms = 0
        self._moved_ms = 0
        self._end_ms = 0
        self._back_ms = 0
        self._wiggles = 0

    def start(self, board: Device, now_ms: int, target: int) -> None:
        """Begin to turn to `target`, unless gate or encoder forbid it."""
        self._target = target
        self._begin(board, now_ms)
        self._forward = 1 if (target - self._last) % TICKS <= TICKS // 2 else -1
        self._end_ms = now_ms + LIMIT_MS
        self._wiggles = 0
        self.state = TURNING
        if not self._may_turn(board):
            return
        board.drive(target)

    def _begin(self, board: Device, now_ms: int) -> None:
        self._last = self._from = board.sense.encoder
        self._moved_ms = self._from_ms = now_ms
        self.wake_ms = now_ms + WATCH_MS

    def step(self, board: Device, now_ms: int) -> None:
        """Look at encoder and gate; change `state`."""
        if self.state not in (TURNING, BACKING) or not self._may_turn(board):
            return
        encoder = board.sense.encoder
        if self.state == BACKING:
            if now_ms >= self._back_ms:
                self._turn_again(board, now_ms)
            return
        if self._too_far(encoder, now_ms):
            self._stop(board, BLIND)
            return
        if encoder == self._target:
            board.drive_off()
            self.state = ARRIVED
            return
        if encoder != self._last:
            self._last = encoder
            self._moved_ms = now_ms
        if now_ms >= self._end_ms:
            self._stop(board, STALLED)
        elif now_ms - self._moved_ms >= STALL_MS:
            self._wiggle(board, now_ms)
        else:
            self.wake_ms = now_ms + WATCH_MS

    def give_up(self, board: Device) -> None:
        """Stop where the tray is."""
        self._stop(board, IDLE)

    def _may_turn(self, board: Device) -> bool:
        if not board.sense.gate_closed:
            self._stop(board, GATE_NOT_CLOSED)
            return False
        if board.sense.encoder == NO_READING:
            self._stop(board, BLIND)
            return False
        return True

    def _stop(self, board: Device, state: int) -> None:
        board.drive_off()
        self.state = state

    def _wiggle(self, board: Device, now_ms: int) -> None:
        if self._wiggles >= WIGGLES:
            self._stop(board, STALLED)
            return
        self._wiggles += 1
        self.state = BACKING
        self._back_ms = now_ms + WIGGLE_MS
        self.wake_ms = self._back_ms
        board.drive((board.sense.encoder - self._forward * WIGGLE_TICKS) % TICKS)

    def _turn_again(self, board: Device, now_ms: int) -> None:
        self.state = TURNING
        self._begin(board, now_ms)
        board.drive(self._target)

    def _too_far(self, encoder: int, now_ms: int) -> bool:
        """More ticks than time allows: the reading is not the tray's."""
        turned = (encoder - self._from) * self._forward % TICKS
        if turned > TICKS - WIGGLE_TICKS * WIGGLES:
            return False  # play, against the direction
        return turned > (now_ms - self._from_ms) * 1000 // TICK_US + AHEAD_TICKS

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, deadlines as distance from `now_ms`."""
        return (
            self.state,
            self.wake_ms - now_ms,
            self._target,
            self._forward,
            self._last,
            self._from,
            self._from_ms - now_ms,
            self._moved_ms - now_ms,
            self._end_ms - now_ms,
            self._back_ms - now_ms,
            self._wiggles,
        )

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the mover `snapshot` was taken of."""
        self.state = values[0]
        self.wake_ms = values[1] + now_ms
        self._target = values[2]
        self._forward = values[3]
        self._last = values[4]
        self._from = values[5]
        self._from_ms = values[6] + now_ms
        self._moved_ms = values[7] + now_ms
        self._end_ms = values[8] + now_ms
        self._back_ms = values[9] + now_ms
        self._wiggles = values[10]
