"""The board's Actual, and when it is worth sending.

Responsible for: filling every field from the machines' state, choosing the most severe
standing fault, noticing change. Not responsible for sealing or the cable (loop.py).
"""

from firmware.device import Inputs
from firmware.order import Order
from hal.wire import codes
from hal.wire.messages import Actual

VERSION = 1
KEEPALIVE_MS = 10000
OPEN_MS = 250  # while an order is open or somebody is at the button
NOISE_MG = 25  # smaller movements of the scale are not news


def worst(standing: "list[int]") -> int:
    """The most severe code, the first of equals; 0: none."""
    found = 0
    rank = 0
    for code in standing:
        row = codes.FAULTS.get(code)
        if row is not None and row[1] > rank:
            found, rank = code, row[1]
    return found


class Status:
    """One Actual, filled anew every turn; `due` tells whether to send it."""

    def __init__(self) -> None:
        self.actual = Actual()
        self._told = b""
        self._told_ms = 0
        self._sessions = 0

    def sense(self, sense: Inputs) -> int:
        """Fill what the sensors say and return their flags."""
        a = self.actual
        a.utc_s = sense.utc_s
        a.encoder = sense.encoder
        a.lift_count = sense.lift_count
        a.cup_mg = sense.cup_mg
        a.door_count = sense.door_count
        a.tray_index = sense.tray_index
        a.drop_count = sense.drop_count
        a.battery_mv = sense.battery_mv
        flags = 0
        for value, flag in (
            (sense.simulated, codes.F_SIMULATED),
            (sense.service, codes.F_SERVICE),
            (sense.door_open, codes.F_DOOR_OPEN),
            (sense.mains, codes.F_MAINS),
            (sense.cup_present, codes.F_CUP_PRESENT),
            (sense.gate_closed, codes.F_GATE_CLOSED),
            (sense.button_down, codes.F_BUTTON_DOWN),
        ):
            if value:
                flags |= flag
        return flags

    def order(self, order: Order) -> None:
        """Fill what is durably known about the newest order."""
        a = self.actual
        a.order = order.number
        a.order_state = order.state
        a.verdict = order.verdict
        a.code = order.code
        a.compartment = order.compartment
        a.fill = order.fill
        a.digest = order.started_digest
        a.head = order.head
        a.round = order.round
        a.drops = order.drops
        a.weight_delta_mg = order.weight_delta_mg

    def due(self, now_ms: int, sessions: int, is_open: bool) -> bool:
        """News, a new session, or time for a keepalive; remembers what was told."""
        a = self.actual
        kept = (a.utc_s, a.encoder, a.cup_mg, a.battery_mv, a.bad_frames)
        a.utc_s = a.encoder = 0
        a.cup_mg = -1 if a.cup_mg < -NOISE_MG else (a.cup_mg + NOISE_MG) // (2 * NOISE_MG)
        a.battery_mv //= 128
        a.bad_frames = 0  # noise must not make more traffic
        news = a.pack()
        a.utc_s, a.encoder, a.cup_mg, a.battery_mv, a.bad_frames = kept
        if news != self._told or sessions != self._sessions or now_ms >= self.wake_at(is_open):
            self._told = news
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
        """Become the status `snapshot` was taken of."""
        self._told_ms = values[0] + now_ms
        self._sessions = values[1]
        self._told = bytes(values[2:])
