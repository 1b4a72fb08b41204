"""What was used up, what is held, and what fell when: the board's durable book.

Responsible for: spent, held, prepared and settled compartments with the fills those
bits speak of, the release log behind gap and cap, latched faults. Not responsible for
judging by it (guard.py) or for making it durable (mind.py).
"""

import struct

from hal.wire.codes import COMPARTMENTS
from hal.wire.layouts import Row
from hal.wire.packed import PackedLease

DAY_S = 86400
MAX_RELEASES = 40
MAX_LATCHED = 6

_HEAD = "<IIIIIIIIBBB"
_RELEASE = "<IIIHB"
_RELEASE_SIZE = struct.calcsize(_RELEASE)
_IN_CUP = _RELEASE_SIZE - 1  # its place within a release
_FILLS = "<" + "I" * COMPARTMENTS
SIZE = (
    struct.calcsize(_HEAD)
    + 2 * MAX_LATCHED
    + struct.calcsize(_FILLS)
    + MAX_RELEASES * _RELEASE_SIZE
)


class Ledger:
    """A release is (order, group key, at_s, units, in_cup); in_cup: counts as of now."""

    def __init__(self) -> None:
        self.lease_no = 0  # of the lease that the bits below speak of
        self.spent = 0  # bit k: the fill of compartment k was started once
        self.held = 0
        self.prepared = 0
        self.settled = 0
        self.top_fill = 0  # highest fill number ever started
        self.floor_s = 0  # latest UTC that a START was stamped with
        self.lifts = 0  # lift_count when what is in the cup fell
        self.chute_held = 0
        self.latched: "list[int]" = []
        self.fills = [0] * COMPARTMENTS
        self.in_cup = False  # whether any release is still counted as lying in the cup
        self._releases = bytearray()  # packed: forty of them fit into what five lists take

    def lease(self, lease: PackedLease) -> None:
        """A new lease is in force: forget what was known about fills that are gone."""
        for k in range(COMPARTMENTS):
            fill, _ = lease.fill(k)
            if fill != self.fills[k]:
                keep = ~(1 << k)
                self.spent &= keep
                self.held &= keep
                self.prepared &= keep
                self.settled &= keep
                self.fills[k] = fill
        self.lease_no = lease.lease_no
        self.chute_held = 0

    def start(self, order: int, compartment: int, row: Row, lease: PackedLease, utc_s: int) -> None:
        """The fill of `compartment` counts as released from here on."""
        self.spent |= 1 << compartment
        self.top_fill = max(self.top_fill, row.fill)
        self.floor_s = max(self.floor_s, utc_s)
        for index, units in row.groups:
            while len(self._releases) >= MAX_RELEASES * _RELEASE_SIZE:
                self._forget()
            key = lease.group(index).key
            self._releases += struct.pack(_RELEASE, order, key, utc_s, units, 1)
            self.in_cup = True

    def give_back(self, order: int, compartment: int) -> None:
        """It is proven that nothing fell: the fill may be exposed again."""
        self.spent &= ~(1 << compartment)
        for i in range(self.count() - 1, -1, -1):
            if self.release(i)[0] == order:
                self._remove(i)
        self._look()

    def lifted(self, utc_s: int) -> None:
        """The cup was taken: gaps and caps run from now."""
        for i in range(self.count()):
            order, key, at_s, units, in_cup = self.release(i)
            if in_cup:
                self._put(i, order, key, max(at_s, utc_s), units, 0)
        self.in_cup = False

    def clock_set(self, utc_s: int) -> None:
        """A person has set the clock: nothing can have been released later than now."""
        self.floor_s = min(self.floor_s, utc_s)
        for i in range(self.count()):
            order, key, at_s, units, in_cup = self.release(i)
            self._put(i, order, key, min(at_s, utc_s), units, in_cup)

    def count(self) -> int:
        """Releases in the log."""
        return len(self._releases) // _RELEASE_SIZE

    def release(self, i: int) -> "tuple[int, int, int, int, int]":
        """Order, key, at_s, units and in_cup of the release at place `i`, oldest first."""
        order, key, at_s, units, in_cup = struct.unpack_from(
            _RELEASE, self._releases, i * _RELEASE_SIZE
        )
        return order, key, at_s, units, in_cup

    def _put(self, i: int, order: int, key: int, at_s: int, units: int, in_cup: int) -> None:
        at = i * _RELEASE_SIZE
        struct.pack_into(_RELEASE, self._releases, at, order, key, at_s, units, in_cup)

    def _remove(self, i: int) -> None:
        at = i * _RELEASE_SIZE
        self._releases = self._releases[:at] + self._releases[at + _RELEASE_SIZE :]

    def _look(self) -> None:
        self.in_cup = False
        for at in range(_IN_CUP, len(self._releases), _RELEASE_SIZE):
            if self._releases[at]:
                self.in_cup = True

    def gap_open(self, key: int, gap_s: int, utc_s: int, round_no: int, grace_s: int) -> bool:
        """Whether `gap_s` has passed since the last release of `key`; one round is one intake."""
        for i in range(self.count()):
            order, of_key, at_s, _, in_cup = self.release(i)
            if of_key != key:
                continue
            since_s = 0 if in_cup else utc_s - at_s
            same_round = round_no != 0 and order >= round_no and abs(utc_s - at_s) < grace_s
            if since_s < gap_s and not same_round:
                return False
        return True

    def units(self, key: int, utc_s: int) -> int:
        """Units of `key` in the last 24 h; what lies in the cup counts as of now."""
        total = 0
        for i in range(self.count()):
            _, of_key, at_s, units, in_cup = self.release(i)
            if of_key == key and (in_cup or utc_s - at_s < DAY_S):
                total += units
        return total

    def latch(self, code: int) -> bool:
        """Remember a fault until a person clears it. True if it is new."""
        if code == 0 or code in self.latched:
            return False
        if len(self.latched) >= MAX_LATCHED:
            self.latched.pop()  # the first faults tell more than the last
        self.latched.append(code)
        return True

    def _forget(self) -> None:
        """Make room, never in favour of a release: merge two of one key into the later one."""
        for i in range(self.count()):
            _, key, at_s, units, in_cup = self.release(i)
            for later in range(i + 1, self.count()):
                order, of_key, later_s, more, still = self.release(later)
                if of_key == key:
                    total = min(units + more, 65535)
                    self._put(later, order, key, max(at_s, later_s), total, in_cup | still)
                    self._remove(i)
                    return
        self._remove(0)  # more keys than a lease has: the oldest is of a former plan
        self._look()

    def size(self) -> int:
        """How many bytes `pack_into` writes now; at most SIZE."""
        empty = SIZE - 2 * MAX_LATCHED - MAX_RELEASES * _RELEASE_SIZE
        return empty + 2 * len(self.latched) + len(self._releases)

    def pack_into(self, buffer: bytearray, at: int) -> None:
        """Write `size` bytes into `buffer`."""
        struct.pack_into(
            _HEAD,
            buffer,
            at,
            self.lease_no,
            self.spent,
            self.held,
            self.prepared,
            self.settled,
            self.top_fill,
            self.floor_s,
            self.lifts,
            self.chute_held,
            len(self.latched),
            self.count(),
        )
        at += struct.calcsize(_HEAD)
        for code in self.latched:
            struct.pack_into("<H", buffer, at, code)
            at += 2
        for fill in self.fills:
            struct.pack_into("<I", buffer, at, fill)
            at += 4
        buffer[at : at + len(self._releases)] = self._releases

    def unpack(self, data: "bytes | bytearray", at: int) -> None:
        """Become what `pack_into` wrote at offset `at`."""
        (
            self.lease_no,
            self.spent,
            self.held,
            self.prepared,
            self.settled,
            self.top_fill,
            self.floor_s,
            self.lifts,
            self.chute_held,
            latched,
            releases,
        ) = struct.unpack_from(_HEAD, data, at)
        at += struct.calcsize(_HEAD)
        self.latched = []
        for _ in range(latched):
            self.latched.append(struct.unpack_from("<H", data, at)[0])
            at += 2
        self.fills = list(struct.unpack_from(_FILLS, data, at))
        at += struct.calcsize(_FILLS)
        self._releases = bytearray(data[at : at + releases * _RELEASE_SIZE])
        self._look()
