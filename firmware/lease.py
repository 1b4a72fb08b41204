"""The lease the board enforces: taking one, keeping it, and whether it still fits the tray.

Responsible for: accepting a lease only with a person at the open machine, its durable
copy with the door count it was loaded under, and completing an acceptance that a power
cut has split. Not responsible for judging an order by it (guard.py).
"""

import struct

from firmware import store
from firmware.device import Inputs
from firmware.mind import Mind
from firmware.store import Store
from hal.wire import codes
from hal.wire.messages import LEASE_SIZE, NO_DIGEST, lease_digest
from hal.wire.packed import PackedLease, read_lease

_DOORS = "<I"


class Holding:
    """`lease` in force or None, its `digest`, and `doors`: the count it was accepted under."""

    def __init__(self, memory: Store, mind: Mind) -> None:
        self.lease: "PackedLease | None" = None
        self.digest = NO_DIGEST
        self.doors = 0
        self._store = memory
        self._mind = mind

    def load(self) -> None:
        """Read the lease; the mind is locked where its record is lost."""
        packed = self._store.read(store.LEASE)
        if packed is None:
            self._mind.locked = True
            return
        lease = read_lease(packed)
        if lease is None:
            return
        self._hold(lease, packed, struct.unpack_from(_DOORS, packed, LEASE_SIZE)[0])
        ledger = self._mind.ledger
        if lease.lease_no > ledger.lease_no:  # cut between the two records: go on from there
            ledger.lease(lease)
            self._mind.save()

    def offer(self, body: bytes, sense: Inputs) -> int:
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
        if lease.tray_index != sense.tray_index:
            return codes.TRAY_CHANGED
        for k in range(codes.COMPARTMENTS):
            fill, kind = lease.fill(k)
            new = kind != codes.ROW_EMPTY and fill != ledger.fills[k]
            if new and fill <= ledger.top_fill:
                return codes.FILL_SPENT  # numbers of fills only rise: this one is old
        if not self._store.write(store.LEASE, body, struct.pack(_DOORS, sense.door_count)):
            self._mind.locked = True
            return codes.STORE_TORN
        ledger.lease(lease)
        if not self._mind.save():
            return codes.STORE_TORN
        self._hold(lease, body, sense.door_count)
        return 0

    def misfit(self, sense: Inputs) -> int:
        """Why the fills on the tray are not those of the lease, 0: they are."""
        if self.lease is None:
            return codes.NO_LEASE
        if sense.tray_index != self.lease.tray_index:
            return codes.TRAY_CHANGED
        if sense.door_count != self.doors:
            return codes.FILL_UNKNOWN
        return 0

    def _hold(self, lease: PackedLease, packed: bytes, doors: int) -> None:
        self.lease = lease
        self.digest = lease_digest(memoryview(packed)[:LEASE_SIZE])
        self.doors = doors
