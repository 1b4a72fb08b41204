"""What Desired asks for, and what the board makes of it: PREPARE, START, RESOLVE.

Responsible for: order numbers, epochs, rounds and consent around the guard, and making
each step durable before it is answered. START is durable and read back before the cycle
may move anything. Not responsible for motion (cycle.py) or for verdicts (verdict.py).
"""

from firmware import notes
from firmware.clock import Clock
from firmware.consent import Consent
from firmware.cycle import Cycle
from firmware.device import Device
from firmware.guard import Guard
from firmware.homing import Homing
from firmware.lease import Holding
from firmware.mind import Mind
from firmware.selftest import BeamTest
from hal.wire import codes
from hal.wire.layouts import Desired

STILL_MS = 800  # the cup must have stood so long before it is weighed


class Orders:
    """`refusal` speaks of `refused_order`: why the newest Desired is not followed, 0: it is."""

    def __init__(
        self,
        mind: Mind,
        clock: Clock,
        guard: Guard,
        consent: Consent,
        holding: Holding,
        homing: Homing,
        beam: BeamTest,
        cycle: Cycle,
    ) -> None:
        self.refusal = 0
        self.refused_order = 0
        self.boot_epoch = 0
        self._mind = mind
        self._clock = clock
        self._guard = guard
        self._consent = consent
        self._holding = holding
        self._homing = homing
        self._beam = beam
        self._cycle = cycle
        self._cup_lifts = 0
        self._cup_there = 0
        self._cup_ms = 0  # since when the cup stands where it is

    def watch_cup(self, board: Device, now_ms: int) -> None:
        """Every turn: remember since when nobody has moved the cup."""
        sense = board.sense
        if sense.lift_count != self._cup_lifts or sense.cup_present != self._cup_there:
            self._cup_lifts = sense.lift_count
            self._cup_there = sense.cup_present
            self._cup_ms = now_ms

    def still_at(self) -> int:
        """From when on the cup may be weighed."""
        return self._cup_ms + STILL_MS

    def consider(self, board: Device, d: "Desired | None", hold_mask: int) -> None:
        """Follow `d` as far as may be; None: nothing fresh is wanted."""
        if d is None:
            return
        order = self._mind.order
        if d.order == 0 or d.stage == codes.IDLE:
            self._refuse(board, 0, 0)
        elif order.state == codes.STARTED:
            return  # goes on to its DONE, whatever anybody wants now
        elif d.order < order.number:
            self._refuse(board, d.order, codes.ORDER_OLD)
        elif d.stage == codes.RESOLVE:
            self._resolve(board, d)
        elif d.stage == codes.PREPARE and d.order > order.number:
            self._prepare(board, d, hold_mask)
        elif d.stage == codes.START:
            self._start(board, d, hold_mask)
        else:
            self._refuse(board, d.order, 0)

    def _refuse(self, board: Device, number: int, code: int) -> None:
        if code and (code != self.refusal or number != self.refused_order):
            board.note(notes.REFUSED, code)
        self.refusal = code
        self.refused_order = number if code else 0

    def _prepare(self, board: Device, d: Desired, hold_mask: int) -> None:
        order = self._mind.order
        now_ms = self._clock.now_ms
        still = now_ms >= self.still_at()
        code = self._round_refusal(d)
        code = code or self._guard.refusal(d, board.sense, hold_mask, still)
        if code:
            self._refuse(board, d.order, code)
            return
        self._refuse(board, 0, 0)
        if not self._homing.at_home(board.sense) or not still:
            return  # soon: the tray is on its way, the scale settles
        if not self._beam.fresh(now_ms):
            self._beam.start(board, now_ms)
            return
        order.adopt(d, self.boot_epoch)
        order.enter(d)
        order.state = codes.PREPARED
        order.witness(board.sense)
        self._mind.ledger.prepared |= 1 << d.compartment
        if self._mind.save():
            board.note(notes.PREPARED, d.order)

    def _round_refusal(self, d: Desired) -> int:
        """A round is named once, by its first PREPARE and after that order; it never grows."""
        order = self._mind.order
        if d.round == 0 or d.round > d.order or d.round < order.round:
            return codes.ROUND_MISMATCH
        if d.round != order.round:  # a lower number would reach back to an earlier intake
            return 0 if d.round == d.order else codes.ROUND_MISMATCH
        full = order.round_starts >= d.round_orders
        return codes.ROUND_MISMATCH if full or order.round_differs(d) else 0

    def _start(self, board: Device, d: Desired, hold_mask: int) -> None:
        order = self._mind.order
        if order.state == codes.DONE and d.order == order.number:
            self._refuse(board, 0, 0)
            return
        code = self._start_refusal(board, d, hold_mask)
        self._refuse(board, d.order, code)
        now_ms = self._clock.now_ms
        if code or not self._homing.at_home(board.sense) or now_ms < self.still_at():
            return
        lease = self._holding.lease
        assert lease is not None and self._cycle.phase == 0
        self._beam.stop(board, now_ms)
        order.state = codes.STARTED
        order.started_digest = d.digest
        order.head = d.head
        order.round_starts += 1
        order.exposed = 0
        order.witness(board.sense)
        row = lease.row(d.compartment)
        self._mind.ledger.start(order.number, d.compartment, row, lease, self._clock.utc_s)
        if not self._mind.save():
            self._refuse(board, d.order, codes.STORE_TORN)
            return
        board.note(notes.STARTED, order.number)
        self._cycle.start(board, now_ms)

    def _start_refusal(self, board: Device, d: Desired, hold_mask: int) -> int:
        order = self._mind.order
        sense = board.sense
        if d.order != order.number or order.state != codes.PREPARED:
            return codes.EPOCH_OLD
        if d.boot_epoch != self.boot_epoch or order.boot_epoch != self.boot_epoch:
            return codes.EPOCH_OLD
        if order.differs(d) or order.round_starts >= order.round_orders:
            return codes.ROUND_MISMATCH
        now_ms = self._clock.now_ms
        still = now_ms >= self.still_at()
        code = self._guard.refusal(d, sense, hold_mask, still)
        code = code or self._consent.refusal(d.round, sense, now_ms)
        if code:
            return code
        if sense.lift_count != order.pre_lifts or sense.door_count != order.pre_doors:
            return codes.CUP_MOVED
        moved_mg = abs(sense.cup_mg - order.pre_mg)
        if still and moved_mg > self._guard.cup_tolerance_mg(d.compartment):
            return codes.CUP_MOVED
        if sense.drop_count != order.pre_drops or self._beam.fault:
            return codes.BEAM_SPURIOUS
        return 0

    def _resolve(self, board: Device, d: Desired) -> None:
        """Query and fence: what was not started by now never will be."""
        order = self._mind.order
        self._refuse(board, 0, 0)
        if d.order == order.number and order.state != codes.PREPARED:
            return
        if d.order > order.number:
            order.adopt(d, self.boot_epoch)
        order.state = codes.DONE
        order.verdict = codes.REFUSED
        order.code = codes.WITHDRAWN
        if self._mind.save():
            board.note(notes.DONE, order.number)

    def snapshot(self, now_ms: int) -> "tuple[int, ...]":
        """State as integers, instants as distance from `now_ms`."""
        return (
            self.refusal,
            self.refused_order,
            self.boot_epoch,
            self._cup_lifts,
            self._cup_there,
            self._cup_ms - now_ms,
        )

    def restore(self, values: "tuple[int, ...]", now_ms: int) -> None:
        """Become what `snapshot` was taken of."""
        self.refusal = values[0]
        self.refused_order = values[1]
        self.boot_epoch = values[2]
        self._cup_lifts = values[3]
        self._cup_there = values[4]
        self._cup_ms = values[5] + now_ms
