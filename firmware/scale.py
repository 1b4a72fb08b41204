"""How far the scale can be believed: its noise, measured while a person is at the machine.

Responsible for: looking at an untouched cup a few times after the service switch goes on,
and again as long as it is held (R15: a piece must weigh three times the noise). Not
responsible for what follows from it (lease.py, and the controller at loading).
"""

from firmware.device import Inputs

LOOKS = 16  # differences between neighbouring readings; all but the largest count
LOOK_MS = 50


class Scale:
    """`noise_mg`, 0: not measured yet; `wake_ms` when to look again, 0: no hurry."""

    def __init__(self) -> None:
        self.noise_mg = 0
        self.wake_ms = 0
        self._looks = 0  # in this window
        self._last_mg = 0
        self._first = 0  # largest difference: it may be a piece, or a hand
        self._second = 0
        self._hurry = False  # nobody has measured since the switch went on

    def look(self, sense: Inputs, still: bool, now_ms: int) -> None:
        """Every turn; `still`: nobody has moved the cup lately."""
        if not sense.service:
            self.wake_ms = self._looks = 0
            self._hurry = True
            return
        if not still or not sense.cup_present:
            self._looks = 0
            self.wake_ms = 0
            return
        if self._looks and now_ms < self.wake_ms:
            return
        if self._looks:
            self._note(abs(sense.cup_mg - self._last_mg))
        else:
            self._first = self._second = 0
        self._last_mg = sense.cup_mg
        self._looks += 1
        if self._looks > LOOKS:
            self.noise_mg = self._second
            self._looks = 1
            self._first = self._second = 0
            self._hurry = False
        self.wake_ms = now_ms + LOOK_MS

    def wanted_ms(self) -> int:
        """When to be woken for it, 0: whenever a turn comes anyway."""
        return self.wake_ms if self._hurry and self._looks else 0

    def _note(self, apart_mg: int) -> None:
        if apart_mg >= self._first:
            self._second = self._first
            self._first = apart_mg
        elif apart_mg > self._second:
            self._second = apart_mg

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, the instant as distance from `now_ms`."""
        wake_ms = self.wake_ms - now_ms if self.wake_ms else 0
        looks = (self._looks, self._last_mg, self._first, self._second, int(self._hurry))
        return (self.noise_mg, wake_ms) + looks

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become what `snapshot` was taken of."""
        self.noise_mg = values[0]
        self.wake_ms = values[1] + now_ms if values[1] else 0
        self._looks = values[2]
        self._last_mg = values[3]
        self._first = values[4]
        self._second = values[5]
        self._hurry = bool(values[6])
