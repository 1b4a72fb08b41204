"""A lease read where it lies: the packed bytes stay packed, a row is made when it is asked for.

Responsible for: the same judgement of the bytes as messages.unpack_lease, at a tenth of
its memory; the board keeps its lease like this. Not responsible for writing one (messages.py).
"""

import struct

from hal.wire.codes import COMPARTMENTS, GROUPS, ROW_GROUPS
from hal.wire.layouts import (
    GROUP_LAYOUT,
    GROUP_SIZE,
    LEASE_HEAD,
    LEASE_SIZE,
    NO_GROUP,
    ROW_GROUP_LAYOUT,
    ROW_LAYOUT,
    ROW_SIZE,
    Group,
    Row,
)

_GROUPS_AT = struct.calcsize(LEASE_HEAD)
_ROWS_AT = _GROUPS_AT + GROUPS * GROUP_SIZE
_ROW_GROUPS_AT = struct.calcsize(ROW_LAYOUT)
_ROW_GROUP_SIZE = struct.calcsize(ROW_GROUP_LAYOUT)
_FILL_AND_KIND = "<IB"  # as ROW_LAYOUT begins


class PackedLease:
    """`data` begins with the LEASE_SIZE bytes of a lease that `read_lease` found whole."""

    def __init__(self, data: bytes) -> None:
        head = struct.unpack_from(LEASE_HEAD, data, 0)
        self.lease_no, self.tray_index, self.door_count = head[0], head[1], head[2]
        self._data = data

    def fill(self, k: int) -> "tuple[int, int]":
        """Number and kind of the fill in compartment `k`."""
        number, kind = struct.unpack_from(_FILL_AND_KIND, self._data, _ROWS_AT + k * ROW_SIZE)
        return number, kind

    def row(self, k: int) -> Row:
        """All that is allowed for compartment `k`."""
        at = _ROWS_AT + k * ROW_SIZE
        row = Row()
        (
            row.fill,
            row.kind,
            row.open_s,
            row.warn_s,
            row.close_s,
            row.pieces,
            row.weight_mg,
            row.tolerance_mg,
        ) = struct.unpack_from(ROW_LAYOUT, self._data, at)
        at += _ROW_GROUPS_AT
        for _ in range(ROW_GROUPS):
            index, units = struct.unpack_from(ROW_GROUP_LAYOUT, self._data, at)
            at += _ROW_GROUP_SIZE
            if index != NO_GROUP:
                row.groups.append((index, units))
        return row

    def group(self, index: int) -> Group:
        """The counter that a row calls `index`: those without a key are not counted."""
        for i in range(GROUPS):
            at = _GROUPS_AT + i * GROUP_SIZE
            key, gap_s, cap = struct.unpack_from(GROUP_LAYOUT, self._data, at)
            if key:
                if index == 0:
                    return Group(key, gap_s, cap)
                index -= 1
        raise AssertionError  # read_lease has counted them


def read_lease(data: bytes) -> "PackedLease | None":
    """The lease at the beginning of `data`, None where length or an index is wrong."""
    if len(data) < LEASE_SIZE:
        return None
    lease = PackedLease(data)
    count = 0
    for i in range(GROUPS):
        if struct.unpack_from("<I", data, _GROUPS_AT + i * GROUP_SIZE)[0]:
            count += 1
    for k in range(COMPARTMENTS):
        at = _ROWS_AT + k * ROW_SIZE + _ROW_GROUPS_AT
        for i in range(ROW_GROUPS):
            index = data[at + i * _ROW_GROUP_SIZE]
            if index != NO_GROUP and index >= count:
                return None
    return lease
