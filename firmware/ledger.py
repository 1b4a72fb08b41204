"""What was used up, what is held, and what fell when: the board's durable book.

Responsible for: spent, held, prepared and settled compartments with the fills those
bits speak of, the release log behind gap and cap, latched faults. Not responsible for
judging by it (guard.py) or for making it durable (mind.py).
"""

import struct

from hal.wire.codes import COMPARTMENTS
from hal.wire.messages import Row
from hal.wire.packed import PackedLease

DAY_S = 86400
MAX_RELEASES = 40
MAX_LATCHED = 6

_HEAD = "<IIIIIIIIBBB"
_RELEASE = "<IIIHB"
_FILLS = "<" + "I" * COMPARTMENTS
SIZE = (
    struct.calcsize(_HEAD)
    + 2 * MAX_LATCHED
    + struct.calcsize(_FILLS)
    + MAX_RELEASES * struct.calcsize(_RELEASE)
)


class Ledger:
    """A release is [order, group key, at_s, units, in_cup]; in_cup: counts as of now."""

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
        self.releases: "list[list[int]]" = []

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

    def start(
        self, order: int, compartment: int, row: Row, lease: PackedLease, utc_s: int
    ) -> None:
        """The fill of `compartment` counts as released from here on."""
        self.spent |= 1 << compartment
        self.top_fill = max(self.top_fill, row.fill)
        self.floor_s = max(self.floor_s, utc_s)
        for index, units in row.groups:
            while len(self.releases) >= MAX_RELEASES:
                self._forget()
            self.releases.append([order, lease.group(index).key, utc_s, units, 1])

    def give_back(self, order: int, compartment: int) -> None:
        """It is proven that nothing fell: the fill may be exposed again."""
        self.spent &= ~(1 << compartment)
        self.releases = [r for r in self.releases if r[0] != order]

    def lifted(self, utc_s: int) -> bool:
        """The cup was taken: gaps and caps run from now. True if anything changed."""
        changed = False
        for release in self.releases:
            if release[4]:
                release[2] = max(release[2], utc_s)
                release[4] = 0
                changed = True
        return changed

    def clock_set(self, utc_s: int) -> None:
        """A person has set the clock: nothing can have been released later than now."""
        self.floor_s = min(self.floor_s, utc_s)
        for release in self.releases:
            release[2] = min(release[2], utc_s)

    def in_cup(self) -> bool:
        """Whether anything released is still counted as lying in the cup."""
        for release in self.releases:
            if release[4]:
                return True
        return False

    def gap_open(self, key: int, gap_s: int, utc_s: int, round_no: int, grace_s: int) -> bool:
        """Whether `gap_s` has passed since the last release of `key`; one round is one intake."""
        for order, of_key, at_s, _, in_cup in self.releases:
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
        for _, of_key, at_s, units, in_cup in self.releases:
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
        for i in range(len(self.releases)):
            old = self.releases[i]
            for later in self.releases[i + 1 :]:
                if later[1] == old[1]:
                    later[2] = max(old[2], later[2])
                    later[3] = min(old[3] + later[3], 65535)
                    later[4] |= old[4]
                    self.releases.pop(i)
                    return
        self.releases.pop(0)  # more keys than a lease has: the oldest is of a former plan

    def pack(self) -> bytes:
        """At most SIZE bytes."""
        parts = [
            struct.pack(
                _HEAD,
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
                len(self.releases),
            )
        ]
        for code in self.latched:
            parts.append(struct.pack("<H", code))
        for fill in self.fills:
            parts.append(struct.pack("<I", fill))
        for order, key, at_s, units, in_cup in self.releases:
            parts.append(struct.pack(_RELEASE, order, key, at_s, units, in_cup))
        return b"".join(parts)

    def unpack(self, data: bytes, at: int) -> None:
        """Become what `pack` wrote at offset `at`."""
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
        self.releases = []
        for _ in range(releases):
            self.releases.append(list(struct.unpack_from(_RELEASE, data, at)))
            at += struct.calcsize(_RELEASE)
