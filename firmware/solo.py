"""What the board raises by itself: a controller that is gone, a window nobody answered.

Responsible for: F_ALONE and F_OVERDUE, and when either will next change. Not
responsible for any motion: alone, nothing moves. Not responsible for the sound (panel.py).
The lease is looked through only when it, the ledger or the second could change the answer.
"""

from firmware.clock import Clock
from firmware.guard import ROUND_GRACE_S
from firmware.ledger import Ledger
from firmware.order import Order
from hal.wire import codes
from hal.wire.layouts import Desired
from hal.wire.packed import PackedLease

NEVER_S = 0xFFFFFFFF


def behind(order: Order, d: "Desired | None", pressed: bool) -> int:
    """How many fills wait behind this order for the same press, while somebody is called to it.

    Called: the newest Desired of a controller that lives (else None) asks for the prepared order
    with lamp and tone. After the press: while it moves, and while consent lasts.
    """
    prepared = order.state == codes.PREPARED
    called = prepared and d is not None and d.order == order.number and d.stage == codes.PREPARE
    if called:
        assert d is not None
        called = d.signal in (codes.CALL, codes.WARN) and not d.flags & codes.D_HUSH
    if not (called or pressed or order.state == codes.STARTED):
        return 0
    return order.round_orders - order.round_starts - prepared


class Solo:
    """`next_s` is the next UTC second at which `flags` may change by itself, NEVER_S: none."""

    def __init__(self) -> None:
        self.next_s = NEVER_S
        self._lease: "PackedLease | None" = None  # what the answer below was found with
        self._answered = 0
        self._prepared = 0
        self._order = 0
        self._behind = 0
        self._from_s = 0  # the answer holds from here until next_s
        self._open = False
        self._overdue = False

    def flags(
        self,
        lease: "PackedLease | None",
        ledger: Ledger,
        clock: Clock,
        link_lost: bool,
        order: Order,
        waiting: int,
    ) -> int:
        """F_ALONE, F_OVERDUE or both. An untrusted clock may hide a window: alone, it alarms.

        So many as are `waiting` behind `order` are answered with it: at most to their window's end.
        """
        if lease is None:
            self.next_s = NEVER_S
            self._lease = None
            return 0
        answered = ledger.spent | ledger.settled
        if (
            lease is not self._lease
            or answered != self._answered
            or ledger.prepared != self._prepared
            or order.number != self._order
            or waiting != self._behind
            or not self._from_s <= clock.utc_s < self.next_s
        ):
            self._lease = lease
            self._answered = answered
            self._prepared = ledger.prepared
            self._order = order.number
            self._behind = waiting
            self._look(lease, clock.utc_s, order.compartment)
        if not clock.ok:
            return codes.F_ALONE if link_lost else 0
        alone = codes.F_ALONE if link_lost and self._open else 0
        return alone | codes.F_OVERDUE if self._overdue else alone

    def _look(self, lease: PackedLease, utc_s: int, first: int) -> None:
        """Every watched window whose fill was neither started nor settled."""
        self._from_s = utc_s
        self.next_s = NEVER_S
        self._open = self._overdue = False
        waiting = self._behind
        late = 0
        for k in range(codes.COMPARTMENTS):
            if self._answered >> k & 1 or lease.fill(k)[1] != codes.ROW_DAY:
                continue
            row = lease.row(k)
            end_s = row.close_s + ROUND_GRACE_S  # the controller settles when its clock is past too
            for at_s in (row.open_s, row.warn_s, row.close_s, end_s):
                if utc_s < at_s < self.next_s:
                    self.next_s = at_s
            if row.open_s <= utc_s < row.close_s:
                self._open = True
            if k == first and utc_s >= end_s:
                waiting = 0  # nobody can be called to what is over
            if row.warn_s and row.warn_s <= utc_s and not self._prepared >> k & 1:
                late += 1
                if utc_s >= end_s:
                    self._overdue = True
        if late > waiting:
            self._overdue = True
