"""Is the drop beam able to see? Light off must be dark, light on must be bright.

Responsible for: the beam test at boot, before every PREPARE and once a minute at rest
(what prevents the next round is known within 60 s), and unexplained drops between tests.
Not responsible for drops during an order (cycle.py).
"""

from firmware.device import Device
from hal.wire import codes

STEP_MS = 10  # for the receiver to follow the emitter
GOOD_MS = 2000  # a PREPARE accepts a test no older than this
AGAIN_MS = 60000

REST = 0
DARK = 1
LIT = 2


class BeamTest:
    """`fault` is 0, BEAM_BLIND or BEAM_SPURIOUS; `busy` while the light is being switched."""

    def __init__(self) -> None:
        self.fault = 0
        self.busy = False
        self.wake_ms = 0
        self._phase = REST
        self._dark = False
        self._tested_ms = -AGAIN_MS
        self._drops = -1  # odometer as explained so far, -1: not read yet
        self._doubt = False  # something happened since the last test

    def fresh(self, now_ms: int) -> bool:
        """Whether the last test is young enough to prepare on."""
        return not self.busy and not self._doubt and now_ms - self._tested_ms <= GOOD_MS

    def start(self, board: Device, now_ms: int) -> None:
        """Switch the light off and look."""
        if self.busy:
            return
        self.busy = True
        self._phase = DARK
        self.wake_ms = now_ms + STEP_MS
        board.emitter(0)

    def watch(self, drop_count: int) -> bool:
        """At rest: True when a drop was counted that nothing explains."""
        spurious = self._drops >= 0 and drop_count != self._drops
        self._drops = drop_count
        if spurious:
            self._doubt = True
            self.fault = self.fault or codes.BEAM_SPURIOUS
        return spurious

    def explain(self, drop_count: int) -> None:
        """An order accounts for the odometer up to here."""
        self._drops = drop_count

    def blind(self) -> None:
        """An order showed that the beam missed a fall: only a new test clears that."""
        self.fault = codes.BEAM_BLIND
        self._doubt = True

    def is_blind(self) -> bool:
        """The last test has failed, and nothing has happened since that asks for another."""
        return self.fault == codes.BEAM_BLIND and not self.busy and not self._doubt

    def step(self, board: Device, now_ms: int) -> None:
        """Go on with a running test, or begin the next one when it is due."""
        if not self.busy:
            if now_ms - self._tested_ms >= AGAIN_MS:
                self.start(board, now_ms)
            else:
                self.wake_ms = self._tested_ms + AGAIN_MS
            return
        if now_ms < self.wake_ms:
            return
        if self._phase == DARK:
            self._dark = not board.sense.beam_lit
            board.emitter(1)
            self._phase = LIT
            self.wake_ms = now_ms + STEP_MS
            return
        good = self._dark and board.sense.beam_lit
        self.fault = 0 if good else codes.BEAM_BLIND
        self.busy = False
        self._doubt = False
        self._phase = REST
        self._tested_ms = now_ms
        self.wake_ms = now_ms + AGAIN_MS

    def stop(self, board: Device, now_ms: int) -> None:
        """Something may fall now: light on, test given up, to be repeated."""
        if self.busy:
            board.emitter(1)
            self.busy = False
            self._phase = REST
            self._tested_ms = now_ms - AGAIN_MS

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, deadlines as distance from `now_ms`."""
        return (
            self.fault,
            int(self.busy),
            self.wake_ms - now_ms,
            self._phase,
            int(self._dark),
            self._tested_ms - now_ms,
            self._drops,
            int(self._doubt),
        )

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the test `snapshot` was taken of."""
        self.fault = values[0]
        self.busy = bool(values[1])
        self.wake_ms = values[2] + now_ms
        self._phase = values[3]
        self._dark = bool(values[4])
        self._tested_ms = values[5] + now_ms
        self._drops = values[6]
        self._doubt = bool(values[7])
