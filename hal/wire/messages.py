"""The sentences of the cable as the controller sees them: Actual and Lease beside Desired.

Responsible for: packing and unpacking whole sentences. Not responsible for: their fields and
layouts, and what the board needs of them (layouts.py), framing, authentication (frame.py,
session.py) or meaning (codes.py). The board does not load this file.
"""

import struct

from hal.wire.codes import COMPARTMENTS, GROUPS, ROW_GROUPS
from hal.wire.layouts import (
    ACTUAL_FIELDS,
    ACTUAL_LAYOUT,
    ACTUAL_SIZE,
    DESIRED_FIELDS,
    DESIRED_SIZE,
    GROUP_LAYOUT,
    GROUP_SIZE,
    LEASE_HEAD,
    LEASE_SIZE,
    NO_DIGEST,
    NO_GROUP,
    ROW_FIELDS,
    ROW_GROUP_LAYOUT,
    ROW_LAYOUT,
    ROW_SIZE,
    Desired,
    Group,
    Row,
    lease_digest,
    unpack_desired,
)

__all__ = (
    "ACTUAL_FIELDS",
    "ACTUAL_LAYOUT",
    "ACTUAL_SIZE",
    "DESIRED_FIELDS",
    "DESIRED_SIZE",
    "ENCODER_UNKNOWN",
    "GROUP_LAYOUT",
    "GROUP_SIZE",
    "LEASE_HEAD",
    "LEASE_SIZE",
    "NO_DIGEST",
    "NO_GROUP",
    "ROW_FIELDS",
    "ROW_GROUP_LAYOUT",
    "ROW_LAYOUT",
    "ROW_SIZE",
    "Actual",
    "Desired",
    "Group",
    "Lease",
    "Row",
    "lease_digest",
    "unpack_actual",
    "unpack_desired",
    "unpack_lease",
)

ENCODER_UNKNOWN = 65535


class Actual:
    """What the board knows now; the whole of it, every time."""

    def __init__(self) -> None:
        self.boot_epoch = 0
        self.utc_s = 0
        self.flags = 0
        self.fault = 0
        self.refusal = 0
        self.refused_order = 0
        self.order = 0
        self.order_state = 0
        self.verdict = 0
        self.code = 0
        self.compartment = 0
        self.fill = 0
        self.digest = NO_DIGEST
        self.head = NO_DIGEST
        self.round = 0
        self.consent_round = 0
        self.drops = 0
        self.weight_delta_mg = 0
        self.encoder = ENCODER_UNKNOWN
        self.press_count = 0
        self.lift_count = 0
        self.cup_mg = 0
        self.noise_mg = 0
        self.door_count = 0
        self.tray_index = 0
        self.lease_no = 0
        self.lease_digest = NO_DIGEST
        self.held_mask = 0
        self.spent_mask = 0
        self.drop_count = 0
        self.battery_mv = 0
        self.bad_frames = 0
        self.signal = 0
        self.version = 0

    def pack(self) -> bytes:
        """The ACTUAL_SIZE bytes of this sentence."""
        return struct.pack(
            ACTUAL_LAYOUT,
            self.boot_epoch,
            self.utc_s,
            self.flags,
            self.fault,
            self.refusal,
            self.refused_order,
            self.order,
            self.order_state,
            self.verdict,
            self.code,
            self.compartment,
            self.fill,
            self.digest,
            self.head,
            self.round,
            self.consent_round,
            self.drops,
            self.weight_delta_mg,
            self.encoder,
            self.press_count,
            self.lift_count,
            self.cup_mg,
            self.noise_mg,
            self.door_count,
            self.tray_index,
            self.lease_no,
            self.lease_digest,
            self.held_mask,
            self.spent_mask,
            self.drop_count,
            self.battery_mv,
            self.bad_frames,
            self.signal,
            self.version,
        )


def unpack_actual(data: bytes) -> "Actual | None":
    """An Actual, or None where the length is wrong."""
    if len(data) != ACTUAL_SIZE:
        return None
    a = Actual()
    (
        a.boot_epoch,
        a.utc_s,
        a.flags,
        a.fault,
        a.refusal,
        a.refused_order,
        a.order,
        a.order_state,
        a.verdict,
        a.code,
        a.compartment,
        a.fill,
        a.digest,
        a.head,
        a.round,
        a.consent_round,
        a.drops,
        a.weight_delta_mg,
        a.encoder,
        a.press_count,
        a.lift_count,
        a.cup_mg,
        a.noise_mg,
        a.door_count,
        a.tray_index,
        a.lease_no,
        a.lease_digest,
        a.held_mask,
        a.spent_mask,
        a.drop_count,
        a.battery_mv,
        a.bad_frames,
        a.signal,
        a.version,
    ) = struct.unpack(ACTUAL_LAYOUT, data)
    return a


class Lease:
    """What the board itself enforces, whatever the controller asks."""

    def __init__(self) -> None:
        self.lease_no = 0
        self.tray_index = 0
        self.door_count = 0  # the opening in which every row was loaded or looked at (I18)
        self.version = 0  # plan version
        self.groups: "list[Group]" = []
        self.rows = [Row() for _ in range(COMPARTMENTS)]

    def pack(self) -> bytes:
        """The LEASE_SIZE bytes of this lease."""
        assert len(self.groups) <= GROUPS and len(self.rows) == COMPARTMENTS
        head = (self.lease_no, self.tray_index, self.door_count, self.version)
        parts = [struct.pack(LEASE_HEAD, *head)]
        for i in range(GROUPS):
            g = self.groups[i] if i < len(self.groups) else Group(0, 0, 0)
            parts.append(struct.pack(GROUP_LAYOUT, g.key, g.gap_s, g.cap))
        for row in self.rows:
            parts.append(
                struct.pack(
                    ROW_LAYOUT,
                    row.fill,
                    row.kind,
                    row.open_s,
                    row.warn_s,
                    row.close_s,
                    row.pieces,
                    row.weight_mg,
                    row.tolerance_mg,
                )
            )
            assert len(row.groups) <= ROW_GROUPS
            for i in range(ROW_GROUPS):
                index, units = row.groups[i] if i < len(row.groups) else (NO_GROUP, 0)
                parts.append(struct.pack(ROW_GROUP_LAYOUT, index, units))
        return b"".join(parts)


def unpack_lease(data: bytes) -> "Lease | None":
    """A Lease, or None where length or an index is wrong."""
    if len(data) != LEASE_SIZE:
        return None
    lease = Lease()
    head = struct.unpack_from(LEASE_HEAD, data, 0)
    lease.lease_no, lease.tray_index, lease.door_count, lease.version = head
    at = struct.calcsize(LEASE_HEAD)
    for _ in range(GROUPS):
        key, gap_s, cap = struct.unpack_from(GROUP_LAYOUT, data, at)
        at += GROUP_SIZE
        if key:
            lease.groups.append(Group(key, gap_s, cap))
    for row in lease.rows:
        (
            row.fill,
            row.kind,
            row.open_s,
            row.warn_s,
            row.close_s,
            row.pieces,
            row.weight_mg,
            row.tolerance_mg,
        ) = struct.unpack_from(ROW_LAYOUT, data, at)
        at += struct.calcsize(ROW_LAYOUT)
        for _ in range(ROW_GROUPS):
            index, units = struct.unpack_from(ROW_GROUP_LAYOUT, data, at)
            at += struct.calcsize(ROW_GROUP_LAYOUT)
            if index == NO_GROUP:
                continue
            if index >= len(lease.groups):
                return None
            row.groups.append((index, units))
    return lease
