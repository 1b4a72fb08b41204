"""Every machine of the firmware, wired once, and their state as integers.

Responsible for: who is given whom, snapshot and restore of all of them. Not responsible
for the order in which they step (loop.py) or for any rule.
"""

from firmware.clock import Clock
from firmware.consent import Consent
from firmware.cycle import Cycle
from firmware.device import Device
from firmware.guard import Guard
from firmware.homing import Homing
from firmware.inbox import Inbox
from firmware.lease import Holding
from firmware.mind import Mind
from firmware.news import News
from firmware.orders import Orders
from firmware.panel import Panel
from firmware.scale import Scale
from firmware.selftest import BeamTest
from firmware.solo import Solo
from firmware.store import Store


class Machines:
    """The parts of one board's firmware; all of them begin anew at a boot."""

    def __init__(self, board: Device) -> None:
        self.memory = Store(board)
        self.mind = Mind(self.memory)
        self.clock = Clock()
        self.inbox = Inbox()
        self.panel = Panel()
        self.consent = Consent()
        self.scale = Scale()
        self.beam = BeamTest()
        self.cycle = Cycle(self.mind)
        self.homing = Homing(self.mind.ledger)
        self.holding = Holding(self.memory, self.mind)
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
        self.solo = Solo()
        self.news = News()

    def photograph(self, now_ms: int) -> "tuple[tuple[int, ...], ...]":
        """The state of every machine, deadlines as distance from `now_ms`."""
        return (
            self.clock.snapshot(),
            self.mind.snapshot(),
            self.inbox.snapshot(now_ms),
            self.panel.snapshot(now_ms),
            self.consent.snapshot(now_ms),
            self.beam.snapshot(now_ms),
            self.cycle.snapshot(now_ms),
            self.homing.snapshot(now_ms),
            self.orders.snapshot(now_ms),
            self.news.snapshot(now_ms),
            self.scale.snapshot(now_ms),
        )

    def resume(self, parts: "list[tuple[int, ...]]") -> None:
        """Become what `photograph` was taken of; the lease is read from memory."""
        self.clock.restore(parts[0])
        now_ms = self.clock.now_ms
        self.holding.load()
        self.mind.restore(parts[1])
        self.inbox.restore(parts[2], now_ms)
        self.panel.restore(parts[3], now_ms)
        self.consent.restore(parts[4], now_ms)
        self.beam.restore(parts[5], now_ms)
        self.cycle.restore(parts[6], now_ms)
        self.homing.restore(parts[7], now_ms)
        self.orders.restore(parts[8], now_ms)
        self.news.restore(parts[9], now_ms)
        self.scale.restore(parts[10], now_ms)
