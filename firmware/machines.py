"""Every machine of the firmware, wired once, and their state as integers.

Responsible for: who is given whom, snapshot and restore of the whole. Not responsible
for the order in which they step (loop.py) or for any rule.
"""

from firmware import pairing
from firmware.clock import Clock
from firmware.consent import Consent
from firmware.cycle import Cycle
from firmware.device import Device
from firmware.guard import Guard
from firmware.homing import Homing
from firmware.inbox import Inbox
from firmware.lease import Holding
from firmware.mind import Mind
from firmware.orders import Orders
from firmware.panel import Panel
from firmware.selftest import BeamTest
from firmware.status import Status
from firmware.store import Store
from hal.wire.session import BoardEnd


class Machines:
    """The parts of one board's firmware; all of them begin anew at a boot."""

    def __init__(self, board: Device, key: bytes) -> None:
        self._board = board
        self._key = key
        self._link: "BoardEnd | None" = None
        self.boot_epoch = 0
        self._store = Store(board)
        self.mind = Mind(self._store)
        self.clock = Clock()
        self.inbox = Inbox()
        self.panel = Panel()
        self.consent = Consent()
        self.beam = BeamTest()
        self.cycle = Cycle(self.mind)
        self.homing = Homing(self.mind.ledger)
        self.holding = Holding(self._store, self.mind)
        self.guard = Guard(self.clock, self.mind, self.holding, self.homing, self.beam)
        self.orders = Orders(
            self.mind,
            self.clock,
            self.guard,
            self.consent,
            self.holding,
            self.homing,
            self.beam,
            self.cycle,
        )
        self.status = Status()
        self._boot_ms = 0
        self._set_clock_s = 0  # the last request that was followed
        self._lease_refusal = 0

    def snapshot(self) -> "tuple[int, ...]":
        """State as integers: each part behind its length. The memory below is the world's."""
        assert self._link is not None
        now_ms = self.clock.now_ms
        parts = (
            self.clock.snapshot(),
            (self.boot_epoch, self._boot_ms - now_ms, self._set_clock_s, self._lease_refusal),
            self.mind.snapshot(),
            self.inbox.snapshot(now_ms),
            self.panel.snapshot(now_ms),
            self.consent.snapshot(now_ms),
            self.beam.snapshot(now_ms),
            self.cycle.snapshot(now_ms),
            self.homing.snapshot(now_ms),
            self.orders.snapshot(now_ms),
            self.status.snapshot(now_ms),
            self._link.snapshot(now_ms),
        )
        values: "tuple[int, ...]" = ()
        for part in parts:
            values += (len(part),) + part
        return values

    def restore(self, values: "tuple[int, ...]") -> None:
        """Become the firmware `snapshot` was taken of; lease and key are read from memory."""
        parts = []
        at = 0
        while at < len(values):
            parts.append(values[at + 1 : at + 1 + values[at]])
            at += 1 + values[at]
        self.clock.restore(parts[0])
        now_ms = self.clock.now_ms
        self.boot_epoch = parts[1][0]
        self._boot_ms = parts[1][1] + now_ms
        self._set_clock_s = parts[1][2]
        self._lease_refusal = parts[1][3]
        key = pairing.recall(self._store, self.mind, self._key)
        self.holding.load()
        self.mind.restore(parts[2])
        self.inbox.restore(parts[3], now_ms)
        self.panel.restore(parts[4], now_ms)
        self.consent.restore(parts[5], now_ms)
        self.beam.restore(parts[6], now_ms)
        self.cycle.restore(parts[7], now_ms)
        self.homing.restore(parts[8], now_ms)
        self.orders.restore(parts[9], now_ms)
        self.status.restore(parts[10], now_ms)
        self._link = BoardEnd(key, self.boot_epoch)
        self._link.restore(parts[11], now_ms)
