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
LIMIT_MS = 5000  # for the whole move, wiggles included

IDLE = 0
TURNING = 1
BACKING = 2
ARRIVED = 3
STALLED = 4
BLIND = 5  # the encoder does not answer
GATE_NOT_CLOSED = 6


class Mover:
    """`state` tells how the move stands; `wake_ms` when to look again."""

    def __init__(self) -> None:
        self.state = IDLE
        self.wake_ms = 0
        self._target = 0
        self._forward = 1
        self._last = 0
        self._moved_ms = 0
        self._end_ms = 0
        self._back_ms = 0
        self._wiggles = 0

    def start(self, board: Device, now_ms: int, target: int) -> None:
        """Begin to turn to `target`, unless gate or encoder forbid it."""
        self._target = target
        self._last = board.sense.encoder
        self._forward = 1 if (target - self._last) % TICKS <= TICKS // 2 else -1
        self._moved_ms = now_ms
        self._end_ms = now_ms + LIMIT_MS
        self._wiggles = 0
        self.state = TURNING
        if not self._may_turn(board):
            return
        board.drive(target)
        self.wake_ms = now_ms + STALL_MS

    def step(self, board: Device, now_ms: int) -> None:
        """Look at encoder and gate; change `state`."""
        if self.state not in (TURNING, BACKING) or not self._may_turn(board):
            return
        encoder = board.sense.encoder
        if self.state == BACKING:
            if now_ms >= self._back_ms:
                self._turn_again(board, now_ms)
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
            self.wake_ms = min(self._moved_ms + STALL_MS, self._end_ms)

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
        self._last = board.sense.encoder
        self._moved_ms = now_ms
        self.wake_ms = now_ms + STALL_MS
        board.drive(self._target)

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, deadlines as distance from `now_ms`."""
        return (
            self.state,
            self.wake_ms - now_ms,
            self._target,
            self._forward,
            self._last,
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
        self._moved_ms = values[5] + now_ms
        self._end_ms = values[6] + now_ms
        self._back_ms = values[7] + now_ms
        self._wiggles = values[8]
