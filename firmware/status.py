"""The board's Actual, and when it is worth sending.

Responsible for: filling every field from the machines' state, noticing change. Not
responsible for which fault is told (faults.py), for sealing or the cable (loop.py).
"""

from firmware.device import Inputs
from firmware.order import Order
from hal.wire import codes
from hal.wire.messages import ACTUAL_SIZE, Actual

VERSION = 1
KEEPALIVE_MS = 10000
OPEN_MS = 250  # while an order is open or somebody is at the button
NOISE_MG = 25  # smaller movements of the scale are not news


class Status:
    """One Actual, filled anew every turn; `due` tells whether to send it."""

    def __init__(self) -> None:
        self.actual = Actual()
        self.actual.version = VERSION
        self._told = bytearray(ACTUAL_SIZE)  # as it was compared, not as it was sent
        self._news = bytearray(ACTUAL_SIZE)
        self._told_ms = 0
        self._sessions = 0

    def sense(self, sense: Inputs) -> int:
        """Fill what the sensors say, coarsely where they are never quiet; returns their flags."""
        a = self.actual
        a.lift_count = sense.lift_count
        a.door_count = sense.door_count
        a.tray_index = sense.tray_index
        a.drop_count = sense.drop_count
        a.utc_s = a.encoder = a.bad_frames = 0  # noise must not make more traffic
        cup_mg = sense.cup_mg
        a.cup_mg = -1 if cup_mg < -NOISE_MG else (cup_mg + NOISE_MG) // (2 * NOISE_MG)
        a.battery_mv = sense.battery_mv // 128
        flags = codes.F_SIMULATED if sense.simulated else 0
        if sense.service:
            flags |= codes.F_SERVICE
        if sense.door_open:
            flags |= codes.F_DOOR_OPEN
        if sense.mains:
            flags |= codes.F_MAINS
        if sense.cup_present:
            flags |= codes.F_CUP_PRESENT
        if sense.gate_closed:
            flags |= codes.F_GATE_CLOSED
        if sense.button_down:
            flags |= codes.F_BUTTON_DOWN
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
        news = self._news
        self.actual.pack_into(news)
        if news != self._told or sessions != self._sessions or now_ms >= self.wake_at(is_open):
            self._news = self._told
            self._told = news
            self._told_ms = now_ms
            self._sessions = sessions
            return True
        return False

    def told(self, sense: Inputs, bad_frames: int) -> bytes:
        """Actual as it is sent, with everything as it is now."""
        a = self.actual
        a.utc_s = sense.utc_s
        a.encoder = sense.encoder
        a.cup_mg = sense.cup_mg
        a.battery_mv = sense.battery_mv
        a.bad_frames = bad_frames
        return a.pack()

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
        self._told = bytearray(values[2:])
