"""The lease the board enforces: taking one, keeping it, and whether it still fits the tray.

Responsible for: accepting a lease only with a person at the open machine, in the very
opening and on the very tray that it names (I18), its durable copy, and completing an
acceptance that a power cut has split. Not responsible for judging an order by it (guard.py).
"""

from firmware import store
from firmware.device import Inputs
from firmware.mind import Mind
from firmware.store import Store
from hal.wire import codes
from hal.wire.layouts import LEASE_SIZE, NO_DIGEST, lease_digest
from hal.wire.packed import PackedLease, read_lease

LAYOUT = b"\2"  # behind the lease in memory: a record of another layout is no lease
NOISES = 3  # a piece weighs at least so many times the noise of the scale (R15)


class Holding:
    """`lease` in force or None, and its `digest`."""

    def __init__(self, memory: Store, mind: Mind) -> None:
        self.lease: "PackedLease | None" = None
        self.digest = NO_DIGEST
        self._store = memory
        self._mind = mind

    def load(self) -> None:
        """Read the lease; the mind is locked where its record is lost."""
        packed = self._store.read(store.LEASE)
        if packed is None:
            self._mind.locked = True
            return
        lease = read_lease(packed)
        if lease is None or packed[LEASE_SIZE:] != LAYOUT:
            return
        self._hold(lease, packed)
        ledger = self._mind.ledger
        if lease.lease_no > ledger.lease_no:  # cut between the two records: go on from there
            ledger.lease(lease)
            self._mind.save()

    def offer(self, body: bytes, sense: Inputs, noise_mg: int) -> int:
        """Take the lease in `body` if it may be taken; a refusal code, 0: it is in force."""
        if self._mind.locked:
            return codes.STORE_MISSING
        lease = read_lease(body)
        if lease is None or len(body) != LEASE_SIZE:
            return codes.NO_LEASE
        ledger = self._mind.ledger
        if lease.lease_no == ledger.lease_no and lease_digest(body) == self.digest:
            return 0
        if not sense.service or not sense.door_open or lease.lease_no <= ledger.lease_no:
            return codes.NO_LEASE
        if self._mind.order.state == codes.STARTED:
            return codes.SERVICE_ON
        code = self.misfit_of(lease, sense) or self._rows_refusal(lease, noise_mg)
        if code:
            return code
        if not self._store.write(store.LEASE, body, LAYOUT):
            self._mind.locked = True
            return codes.STORE_TORN
        ledger.lease(lease)
        if not self._mind.save():
            return codes.STORE_TORN
        self._hold(lease, body)
        return 0

    def _rows_refusal(self, lease: PackedLease, noise_mg: int) -> int:
        """Fills that are old, that one piece more or less would not show in, or too light."""
        ledger = self._mind.ledger
        for k in range(codes.COMPARTMENTS):
            fill, kind = lease.fill(k)
            if kind in (codes.ROW_EMPTY, codes.ROW_CARRIED) or fill == ledger.fills[k]:
                continue
            if fill <= ledger.top_fill:
                return codes.FILL_SPENT  # numbers of fills only rise: this one is old
            row = lease.row(k)
            if 2 * row.tolerance_mg * row.pieces >= row.weight_mg:
                return codes.SHORT_OR_OVER  # not below half the lightest piece (R15)
            if 2 * (row.tolerance_mg + 1) < NOISES * noise_mg:
                return codes.SCALE_FAULT
        return 0

    def misfit(self, sense: Inputs) -> int:
        """Why the fills on the tray are not those of the lease, 0: they are."""
        return codes.NO_LEASE if self.lease is None else self.misfit_of(self.lease, sense)

    def misfit_of(self, lease: PackedLease, sense: Inputs) -> int:
        """Why `lease` speaks of another tray or another opening than this one, 0: it does not."""
        if sense.tray_index != lease.tray_index:
            return codes.TRAY_CHANGED
        return codes.FILL_UNKNOWN if sense.door_count != lease.door_count else 0

    def _hold(self, lease: PackedLease, packed: bytes) -> None:
        self.lease = lease
        self.digest = lease_digest(memoryview(packed)[:LEASE_SIZE])
