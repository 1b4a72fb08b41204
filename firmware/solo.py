"""What the board raises by itself: a controller that is gone, a window nobody answered.

Responsible for: F_ALONE and F_OVERDUE, and when either will next change. Not
responsible for any motion: alone, nothing moves. Not responsible for the sound (panel.py).
The lease is looked through only when it, the ledger or the second could change the answer.
"""

from firmware.clock import Clock
from firmware.ledger import Ledger
from hal.wire import codes
from hal.wire.packed import PackedLease

NEVER_S = 0xFFFFFFFF


class Solo:
    """`next_s` is the next UTC second at which `flags` may change by itself, NEVER_S: none."""

    def __init__(self) -> None:
        self.next_s = NEVER_S
        self._lease: "PackedLease | None" = None  # what the answer below was found with
        self._answered = 0
        self._prepared = 0
        self._from_s = 0  # the answer holds from here until next_s
        self._open = False
        self._overdue = False

    def flags(
        self, lease: "PackedLease | None", ledger: Ledger, clock: Clock, link_lost: bool
    ) -> int:
        """F_ALONE, F_OVERDUE or both. An untrusted clock may hide a window: alone, it alarms."""
        if lease is None:
            self.next_s = NEVER_S
            self._lease = None
            return 0
        answered = ledger.spent | ledger.settled
        if (
            lease is not self._lease
            or answered != self._answered
            or ledger.prepared != self._prepared
            or not self._from_s <= clock.utc_s < self.next_s
        ):
            self._lease = lease
            self._answered = answered
            self._prepared = ledger.prepared
            self._look(lease, clock.utc_s)
        if not clock.ok:
            return codes.F_ALONE if link_lost else 0
        alone = codes.F_ALONE if link_lost and self._open else 0
        return alone | codes.F_OVERDUE if self._overdue else alone

    def _look(self, lease: PackedLease, utc_s: int) -> None:
        """Every watched window whose fill was neither started nor settled."""
        self._from_s = utc_s
        self.next_s = NEVER_S
        self._open = self._overdue = False
        for k in range(codes.COMPARTMENTS):
            if self._answered >> k & 1 or lease.fill(k)[1] != codes.ROW_DAY:
                continue
            row = lease.row(k)
            for at_s in (row.open_s, row.warn_s, row.close_s):
                if utc_s < at_s < self.next_s:
                    self.next_s = at_s
            if row.open_s <= utc_s < row.close_s:
                self._open = True
            if row.warn_s and row.warn_s <= utc_s and not self._prepared >> k & 1:
                self._overdue = True
