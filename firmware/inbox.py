"""The newest Desired and how long it may be followed.

Responsible for: keeping one Desired with the instant it came. Not responsible for
frames and keys (hal.wire.session), for leases (lease.py) or for following it (orders.py).
"""

from hal.wire.layouts import Desired, unpack_desired

ORDER_MS = 1000  # an order acts only so long after its frame: repetition keeps it alive
SIGNAL_MS = 30000  # lamp, buzzer and holds outlast three missed keepalives, no more


class Inbox:
    """`desired` is None until the first one of this boot."""

    def __init__(self) -> None:
        self.desired: "Desired | None" = None
        self._at_ms = 0

    def take(self, body: bytes, now_ms: int) -> "Desired | None":
        """The Desired in `body`, None where it is not one."""
        found = unpack_desired(body)
        if found is not None:
            self.desired = found
            self._at_ms = now_ms
        return found

    def order(self, now_ms: int) -> "Desired | None":
        """The Desired while its order may be acted upon."""
        if self.desired is None or now_ms - self._at_ms > ORDER_MS:
            return None
        return self.desired

    def hold_mask(self) -> int:
        """Compartments the controller holds: the last word counts, however old."""
        return 0 if self.desired is None else self.desired.hold_mask

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, the instant as distance from `now_ms`."""
        body = b"" if self.desired is None else self.desired.pack()
        return (self._at_ms - now_ms,) + tuple(body)

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become the inbox `snapshot` was taken of."""
        self._at_ms = values[0] + now_ms
        self.desired = unpack_desired(bytes(values[1:]))
