"""The lease as the board reads it: nothing but what unpack_lease reads from the same bytes."""

import random
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from hal.wire import codes
from hal.wire.messages import GROUP_SIZE, LEASE_SIZE, Lease, unpack_lease
from hal.wire.packed import PackedLease, read_lease
from tests.wire import samples

BEHIND = b"more bytes"
GROUPS_AT = 13  # behind lease_no, tray_index, door_count and version


def whole(lease: Lease) -> list[Any]:
    """All that an unpacked lease allows."""
    rows = [vars(row) for row in lease.rows]
    groups = [vars(group) for group in lease.groups]
    return [lease.lease_no, lease.tray_index, lease.door_count, rows, groups]


def piecewise(lease: PackedLease, groups: int) -> list[Any]:
    """The same, asked for piece by piece."""
    rows = [vars(lease.row(k)) for k in range(codes.COMPARTMENTS)]
    for k, row in enumerate(rows):
        assert (row["fill"], row["kind"]) == lease.fill(k)
    counters = [vars(lease.group(i)) for i in range(groups)]
    return [lease.lease_no, lease.tray_index, lease.door_count, rows, counters]


@settings(deadline=None, max_examples=200)
@given(st.integers(0, 2**32), st.integers(0, 24), st.booleans())
def test_two_readers_read_the_same_from_any_bytes(seed: int, hits: int, hole: bool) -> None:
    """Sound, damaged, or with a counter without a key in the middle: both say the same."""
    luck = random.Random(seed)
    packed = bytearray(samples.lease().pack())
    for _ in range(hits):
        packed[luck.randrange(LEASE_SIZE)] = luck.randrange(256)
    if hole:
        packed[GROUPS_AT + GROUP_SIZE : GROUPS_AT + 2 * GROUP_SIZE] = bytes(GROUP_SIZE)
    expected = unpack_lease(bytes(packed))

    lease = read_lease(bytes(packed) + BEHIND)

    assert (expected is None) == (lease is None)
    if expected is not None and lease is not None:
        assert whole(expected) == piecewise(lease, len(expected.groups))


def test_too_few_bytes_are_no_lease() -> None:
    """A lease that was cut off is refused as a whole."""
    packed = samples.lease().pack()

    assert read_lease(packed) is not None
    assert read_lease(packed[:-1]) is None
    assert read_lease(b"") is None


def test_the_board_ranks_every_fault_as_the_table_does() -> None:
    """`severity` needs no words and agrees with FAULTS; what it does not know is medium."""
    expected = {code: row[1] for code, row in codes.FAULTS.items()}

    assert expected == {code: codes.severity(code) for code in codes.FAULTS}
    assert codes.MEDIUM == codes.severity(999)
