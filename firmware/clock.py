"""The board's two clocks: milliseconds since boot, and its battery-backed UTC.

Responsible for: unwrapping the 32-bit milliseconds and for distrusting a UTC that
stepped against them. Not responsible for setting it (lease.py asks for that with the
service switch on) or for what is refused without it (guard.py).
"""

from firmware.device import Inputs

STEP_LIMIT_MS = 120000  # a larger step of UTC against the milliseconds is not believed
_TICKS = 0xFFFFFFFF


class Clock:
    """`now_ms` never wraps, `utc_s` counts from 2020; `ok`: windows may be judged by it."""

    def __init__(self) -> None:
        self.now_ms = 0
        self.utc_s = 0
        self.ok = False
        self.stepped = False
        self._raw_ms = 0
        self._seen = False

    def read(self, sense: Inputs, floor_s: int) -> None:
        """Take the clocks of this turn; `floor_s`: UTC already witnessed, never undercut."""
        passed = (sense.now_ms - self._raw_ms) & _TICKS
        if not self._seen:
            self.now_ms = passed = sense.now_ms
        else:
            self.now_ms += passed
            if abs((sense.utc_s - self.utc_s) * 1000 - passed) > STEP_LIMIT_MS:
                self.stepped = True
        self._seen = True
        self._raw_ms = sense.now_ms
        self.utc_s = sense.utc_s
        self.ok = bool(sense.clock_ok) and not self.stepped and sense.utc_s >= floor_s

    def was_set(self, utc_s: int) -> None:
        """A person at the machine has set the clock: what it says now is the new start."""
        self.utc_s = utc_s
        self.stepped = False

    def until_utc(self, at_s: int) -> int:
        """`now_ms` at which `utc_s` will have reached `at_s`, at least a second from now."""
        return self.now_ms + max(1, at_s - self.utc_s) * 1000

    def snapshot(self) -> "tuple[int, ...]":
        """State as integers."""
        return (
            self.now_ms,
            self.utc_s,
            int(self.ok),
            int(self.stepped),
            self._raw_ms,
            int(self._seen),
        )

    def restore(self, values: "tuple[int, ...]") -> None:
        """Become the clock `snapshot` was taken of."""
        self.now_ms = values[0]
        self.utc_s = values[1]
        self.ok = bool(values[2])
        self.stepped = bool(values[3])
        self._raw_ms = values[4]
        self._seen = bool(values[5])
