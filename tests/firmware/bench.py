"""A board on the bench: the firmware in the simulated world, a scripted controller on its cable.

Responsible for: what every firmware test needs to tell a story in a few lines. Not a
controller: it repeats the one Desired the test gave it and keeps what the board said.
"""

from collections.abc import Callable

from firmware.loop import Executive
from hal.sim.board import SimBoard
from hal.sim.chance import Chance
from hal.sim.direct import Direct
from hal.sim.house import BoardSeat, Go, House, Inside, InsideController
from hal.sim.machine import EPOCH_2020_MS
from hal.sim.world import World
from hal.wire import codes
from hal.wire.controller_end import ControllerEnd
from hal.wire.frame import DESIRED, LEASE
from hal.wire.messages import NO_DIGEST, Actual, Desired, Group, Lease, unpack_actual

KEY = bytes(range(32))
PIECE_MG = 300
GROUP = 0xA11CE
HOUR_S = 3600
REPEAT_MS = 250
DIGEST = b"digest of doses."
HEAD = b"head of journal."


class Bench:
    """World, house, firmware and one end of the cable."""

    def __init__(self, seed: int = 1, seat: Callable[[World], BoardSeat] | None = None) -> None:
        self.world = World(seed)
        self.luck = Chance(seed + 99)
        self.end = ControllerEnd(KEY)
        self.desired = Desired()
        self.offered: Lease | None = None
        self.actual = Actual()
        self.heard: list[Actual] = []
        self.talking = True
        self.executives: list[Executive] = []
        board = seat(self.world) if seat else Inside(self.world, self._boot)
        self.house = House(self.world, board, InsideController(self._controller))
        self._sent_ms = -REPEAT_MS

    def _boot(self, world: World) -> Callable[[], int]:
        self.executives.append(Executive(SimBoard(Direct(world)), KEY))
        return self.executives[-1].turn

    def _controller(self, go: Go) -> tuple[int | None, bytes]:
        now = go.mono_ms
        for _, body in self.end.receive(go.rx, now, self.luck.bytes(16)):
            heard = unpack_actual(body)
            assert heard is not None
            self.actual = heard
            self.heard.append(heard)
        out = b""
        if self.talking:
            out = self.end.outgoing(now, self.luck.bytes(16))
            if now - self._sent_ms >= REPEAT_MS:
                self._sent_ms = now
                out += self.end.seal(DESIRED, self.desired.pack())
                if self.offered is not None and self.offered.lease_no != self.actual.lease_no:
                    out += self.end.seal(LEASE, self.offered.pack())
        return now + REPEAT_MS, out

    @property
    def executive(self) -> Executive:
        """The firmware of the present boot."""
        return self.executives[-1]

    def run(self, ms: int) -> None:
        """Let `ms` of simulated time pass."""
        self.house.run(self.world.now_ms + ms)

    def until(self, fact: Callable[[], bool], limit_ms: int = 20000) -> None:
        """Let time pass until `fact` holds; fails after `limit_ms`."""
        end = self.world.now_ms + limit_ms
        while not fact():
            assert self.world.now_ms < end, "it never came true"
            self.run(50)

    def utc_s(self) -> int:
        """True time in the board's seconds."""
        return (self.world.utc_ms() - EPOCH_2020_MS) // 1000

    def load(self, fills: dict[int, list[int]], **limits: int) -> Lease:
        """A person lays pieces into compartments and the board takes the lease for them."""
        self.until(lambda: self.end.joined)
        self.world.service(True)
        self.world.open_door()
        numbers = {k: self.world.put(k, pieces) for k, pieces in fills.items()}
        lease = self.lease(fills, numbers, **limits)
        self.offered = lease
        self.until(lambda: self.actual.lease_no == lease.lease_no)
        self.world.close_door()
        self.world.service(False)
        self.run(1000)
        return lease

    def lease(
        self,
        fills: dict[int, list[int]],
        numbers: dict[int, int],
        *,
        gap_s: int = 0,
        cap: int = 0,
        open_s: int = 0,
        warn_s: int = 0,
        close_s: int = 0,
        kind: int = codes.ROW_DAY,
    ) -> Lease:
        """The next lease: all rows of the last one, and one more row for each fill."""
        lease = Lease()
        lease.lease_no = self.actual.lease_no + 1
        lease.tray_index = self.world.tray.index
        lease.door_count = self.world.door_count
        lease.groups = [Group(GROUP, gap_s, cap)]
        if self.offered is not None:
            lease.rows = list(self.offered.rows)
        for k, pieces in fills.items():
            row = Lease().rows[k]
            row.fill = numbers[k]
            row.kind = kind
            row.open_s = open_s or self.utc_s() - HOUR_S
            row.warn_s = warn_s
            row.close_s = close_s or self.utc_s() + HOUR_S
            row.pieces = len(pieces)
            row.weight_mg = sum(pieces)
            row.tolerance_mg = min(pieces) // 2 - 10
            row.groups = [(0, len(pieces))]
            lease.rows[k] = row
        return lease

    def ask(self, stage: int, order: int, compartment: int = 0, **more: int) -> Desired:
        """Say one Desired from now on; the round is the order itself unless given."""
        d = Desired()
        d.stage = stage
        d.order = order
        d.compartment = compartment
        if self.offered is not None and compartment < codes.COMPARTMENTS:
            d.fill = self.offered.rows[compartment].fill
        d.not_after_s = more.get("not_after_s", self.utc_s() + HOUR_S)
        if self.desired.order == order and "not_after_s" not in more:
            d.not_after_s = self.desired.not_after_s
        d.boot_epoch = more.get("boot_epoch", self.actual.boot_epoch)
        d.digest = DIGEST
        d.head = HEAD if stage == codes.START else NO_DIGEST
        d.round = more.get("round", order)
        d.round_orders = more.get("round_orders", 1)
        d.round_digest = DIGEST
        d.signal = more.get("signal", codes.CALL)
        d.hold_mask = more.get("hold_mask", 0)
        d.fill = more.get("fill", d.fill)
        self.desired = d
        return d

    def prepare(self, order: int, compartment: int = 0, **more: int) -> None:
        """Ask until the order is prepared."""
        self.ask(codes.PREPARE, order, compartment, **more)
        self.until(lambda: self.actual.order == order and self.actual.order_state == codes.PREPARED)

    def press(self) -> None:
        """The patient presses; the board counts it."""
        before = self.actual.press_count
        self.world.press()
        self.until(lambda: self.actual.press_count > before)

    def start(self, order: int, compartment: int = 0, **more: int) -> None:
        """Commit the order and wait for its DONE."""
        self.ask(codes.START, order, compartment, **more)
        self.until(lambda: self.actual.order == order and self.actual.order_state == codes.DONE)

    def dispense(self, order: int, compartment: int = 0) -> None:
        """One round of one order, with everything right."""
        self.prepare(order, compartment)
        self.press()
        self.start(order, compartment)

    def bring_back_cup(self) -> None:
        """The patient lifts the cup, and puts it back empty."""
        self.world.take_cup()
        self.run(700)
        self.world.return_cup()
        self.run(2000)

    def two_rounds_and_a_cut(self) -> None:
        """Loaded; one fill released and taken; the power fails while the next one falls."""
        self.load({0: [300, 260], 5: [120], 27: [410, 90, 100]})
        self.dispense(1)
        self.bring_back_cup()
        self.prepare(2, 5)
        self.press()
        self.ask(codes.START, 2, 5)
        self.until(lambda: self.world.sense(0).gate_open == 1)
        self.world.mains(False)
        self.world.supply.charge_ms = 0
        self.run(500)
        self.world.mains(True)
        self.until(lambda: self.actual.order == 2 and self.actual.order_state == codes.DONE)

    def refused(self, stage: int, order: int, compartment: int = 0, **more: int) -> int:
        """Ask for two seconds; the code with which the board refuses, 0: it does not."""
        self.ask(stage, order, compartment, **more)
        self.run(2000)
        return self.actual.refusal

    def fell(self, fill: int) -> int:
        """Ground truth: pieces of a fill that ever left their compartment through the hole."""
        for row in self.world.ledger.fills:
            if row.number == fill:
                return sum(1 for piece in row.pieces if piece.fell_ms is not None)
        return 0
