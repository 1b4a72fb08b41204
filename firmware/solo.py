"""What the board raises by itself: a controller that is gone, a window nobody answered.

Responsible for: F_ALONE and F_OVERDUE, and when either will next change. Not
responsible for any motion: alone, nothing moves. Not responsible for the sound (panel.py).
"""

from firmware.clock import Clock
from firmware.ledger import Ledger
from hal.wire import codes
from hal.wire.messages import Lease, Row

NEVER_S = 0xFFFFFFFF


def _waits(row: Row, k: int, ledger: Ledger) -> bool:
    """A watched window whose fill was neither started nor settled."""
    return row.kind == codes.ROW_DAY and not (ledger.spent | ledger.settled) >> k & 1


def flags(lease: "Lease | None", ledger: Ledger, clock: Clock, link_lost: bool) -> int:
    """F_ALONE, F_OVERDUE or both. An untrusted clock may hide a window: alone, it alarms."""
    if lease is None:
        return 0
    if not clock.ok:
        return codes.F_ALONE if link_lost else 0
    found = 0
    for k in range(codes.COMPARTMENTS):
        row = lease.rows[k]
        if not _waits(row, k, ledger):
            continue
        if link_lost and row.open_s <= clock.utc_s < row.close_s:
            found |= codes.F_ALONE
        if row.warn_s and row.warn_s <= clock.utc_s and not ledger.prepared >> k & 1:
            found |= codes.F_OVERDUE
    return found


def next_s(lease: "Lease | None", ledger: Ledger, utc_s: int) -> int:
    """The next UTC second at which `flags` may change by itself, NEVER_S: none."""
    soonest = NEVER_S
    if lease is None:
        return soonest
    for k in range(codes.COMPARTMENTS):
        row = lease.rows[k]
        if _waits(row, k, ledger):
            for at_s in (row.open_s, row.warn_s, row.close_s):
                if utc_s < at_s < soonest:
                    soonest = at_s
    return soonest
