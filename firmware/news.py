"""When the board's Actual is worth sending: at once when it is news, else now and then.

Responsible for: remembering what was told and when. Not responsible for what is said
(status.py) or for sealing and the cable (loop.py).
"""

from hal.wire.layouts import ACTUAL_SIZE

KEEPALIVE_MS = 10000
OPEN_MS = 250  # while an order is open or somebody is at the button


class News:
    """`now` is Actual in its coarse form, written anew every turn; `due`: whether to send it."""

    def __init__(self) -> None:
        self.now = bytearray(ACTUAL_SIZE)
        self._told = bytearray(ACTUAL_SIZE)
        self._told_ms = 0
        self._sessions = 0

    def due(self, now_ms: int, sessions: int, is_open: bool) -> bool:
        """News, a new session, or time for a keepalive; remembers what was told."""
        now = self.now
        if now != self._told or sessions != self._sessions or now_ms >= self.wake_at(is_open):
            self.now = self._told
            self._told = now
            self._told_ms = now_ms
            self._sessions = sessions
            return True
        return False

    def wake_at(self, is_open: bool) -> int:
        """When the next keepalive is due."""
        return self._told_ms + (OPEN_MS if is_open else KEEPALIVE_MS)

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, the instant as distance from `now_ms`."""
        return (self._told_ms - now_ms, self._sessions) + tuple(self._told)

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become what `snapshot` was taken of."""
        self._told_ms = values[0] + now_ms
        self._sessions = values[1]
        self._told = bytearray(values[2:])
