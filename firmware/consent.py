"""What the patient has agreed to: one round, by a press on the board itself.

Responsible for: that a press counts only after the round's first PREPARE and in the
same boot, how long it lasts, and what ends it (a lift, the door). Not responsible for
the button's bounces (panel.py) or the number of STARTs (guard.py). Kept in RAM on
purpose: no consent survives a reset.
"""

from firmware.device import Inputs
from hal.wire import codes

PRESS_MS = 60000  # from the press, or the previous DONE, to the next START


class Consent:
    """`round` is the round a press stands for, 0: none."""

    def __init__(self) -> None:
        self.round = 0
        self._at_ms = 0
        self._lifts = 0
        self._doors = 0

    def press(self, round_no: int, sense: Inputs, now_ms: int) -> None:
        """A press while an order of `round_no` is prepared."""
        self.round = round_no
        self._keep(sense, now_ms)

    def _keep(self, sense: Inputs, now_ms: int) -> None:
        self._at_ms = now_ms
        self._lifts = sense.lift_count
        self._doors = sense.door_count

    def done(self, sense: Inputs, now_ms: int) -> None:
        """An order of the round has ended: its next START may follow within PRESS_MS."""
        if self.round and not self.refusal(self.round, sense, self._at_ms):
            self._at_ms = now_ms

    def refusal(self, round_no: int, sense: Inputs, now_ms: int) -> int:
        """Why no START of `round_no` is covered now, 0: it is."""
        if round_no == 0 or self.round != round_no:
            return codes.NO_CONSENT
        if sense.door_open or sense.door_count != self._doors:
            return codes.DOOR_OPEN
        if sense.lift_count != self._lifts:
            return codes.CUP_MOVED
        if now_ms - self._at_ms > PRESS_MS:
            return codes.CONSENT_STALE
        return 0

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, instants as distance from `now_ms`."""
        return (self.round, self._at_ms - now_ms, self._lifts, self._doors)

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the consent `snapshot` was taken of."""
        self.round = values[0]
        self._at_ms = values[1] + now_ms
        self._lifts = values[2]
        self._doors = values[3]
