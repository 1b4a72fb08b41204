"""Button, lamp and buzzer at the patient's side.

Responsible for: making one press of a bouncing button, and switching lamp and buzzer
only when what they show changes. Not responsible for which signal (loop.py, solo.py).
"""

from firmware.device import Device, Inputs
from hal.wire import codes

BOUNCE_MS = 200
RECENT_MS = 10000  # so long a press keeps the reports frequent


class Panel:
    """`presses` counts since boot; `signal` is what lamp and buzzer show now."""

    def __init__(self) -> None:
        self.presses = 0
        self.signal = codes.QUIET
        self._tone = codes.QUIET
        self._edges = 0
        self._edge_ms = -RECENT_MS

    def begin(self, sense: Inputs) -> None:
        """At boot: edges from before the first turn are nobody's press."""
        self._edges = sense.press_count

    def read(self, sense: Inputs, now_ms: int) -> bool:
        """True when this turn holds a new press; edges closer than BOUNCE_MS are one."""
        if sense.press_count == self._edges:
            return False
        self._edges = sense.press_count
        bounce = now_ms - self._edge_ms < BOUNCE_MS
        self._edge_ms = now_ms
        if bounce:
            return False
        self.presses += 1
        return True

    def recent(self, now_ms: int) -> bool:
        """Somebody is at the button."""
        return now_ms - self._edge_ms < RECENT_MS

    def show(self, board: Device, signal: int, hush: bool) -> None:
        """Lamp and buzzer say `signal`; hush keeps the buzzer silent."""
        if signal != self.signal:
            self.signal = signal
            board.lamp(signal)
        tone = codes.QUIET if hush else signal
        if tone != self._tone:
            self._tone = tone
            board.buzzer(tone)

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, instants as distance from `now_ms`."""
        return (self.presses, self.signal, self._tone, self._edges, self._edge_ms - now_ms)

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the panel `snapshot` was taken of."""
        self.presses = values[0]
        self.signal = values[1]
        self._tone = values[2]
        self._edges = values[3]
        self._edge_ms = values[4] + now_ms
