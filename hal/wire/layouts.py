"""What the board needs of the sentences of the cable: their layouts, Desired, a lease's row.

Responsible for: names, order and width of every field, and what the board itself packs or
unpacks. Not responsible for: the sentences as the controller sees them (messages.py), framing,
authentication (frame.py, session.py) or meaning (codes.py). Little-endian throughout. Times
ending in `_s` are seconds since 2020-01-01 UTC; weights are milligrams; quantities are
quarters of a piece.
"""

import hashlib
import struct

from hal.wire.codes import COMPARTMENTS, GROUPS, ROW_GROUPS

NO_DIGEST = b"\0" * 16

DESIRED_FIELDS = (
    ("order", "I"),  # 0: nothing is wanted
    ("stage", "B"),
    ("compartment", "B"),
    ("fill", "I"),
    ("not_after_s", "I"),
    ("boot_epoch", "I"),  # START counts only in the boot it was prepared in
    ("digest", "16s"),  # the doses of this fill
    ("head", "16s"),  # of the COMMIT with START; else the newest that is durable, 0: not told
    ("round", "I"),  # first order number of the round: what a press consents to
    ("round_orders", "B"),
    ("round_digest", "16s"),
    ("signal", "B"),
    ("hold_mask", "I"),  # bit k: the controller holds compartment k
    ("settled_mask", "I"),  # bit k: the window of compartment k needs no alarm (R19)
    ("settled_lease", "I"),  # the lease those bits speak of
    ("set_clock_s", "I"),  # 0: leave the board's clock; needs the service switch
    ("flags", "B"),
)

ACTUAL_FIELDS = (
    ("boot_epoch", "I"),
    ("utc_s", "I"),
    ("flags", "I"),
    ("fault", "H"),  # most severe standing fault, 0: none
    ("refusal", "H"),  # why the newest Desired is not followed, 0: it is
    ("refused_order", "I"),  # the order that refusal speaks of
    ("order", "I"),  # highest order number ever seen; durable before it is shown
    ("order_state", "B"),
    ("verdict", "B"),
    ("code", "H"),  # with REFUSED, NOT_RELEASED, UNCERTAIN: why
    ("compartment", "B"),
    ("fill", "I"),
    ("digest", "16s"),  # as durably kept with START
    ("head", "16s"),
    ("round", "I"),
    ("consent_round", "I"),  # the round a press stands for, 0: none
    ("drops", "H"),  # since the pre-evidence of `order`
    ("weight_delta_mg", "i"),
    ("encoder", "H"),  # ticks, ENCODER_UNKNOWN: no reading
    ("press_count", "I"),  # since this boot
    ("lift_count", "I"),  # latched, survives reset
    ("cup_mg", "i"),  # load on the scale, cup tare already subtracted; < 0: cup away
    ("noise_mg", "H"),  # how far readings of an untouched cup lie apart, as measured (R15)
    ("door_count", "I"),  # latched, survives reset
    ("tray_index", "B"),
    ("lease_no", "I"),
    ("lease_digest", "16s"),
    ("held_mask", "I"),  # bit k: the board itself holds compartment k
    ("spent_mask", "I"),  # bit k: the fill of compartment k was started once
    ("drop_count", "I"),  # odometer, latched, survives reset
    ("battery_mv", "H"),
    ("bad_frames", "H"),
    ("signal", "B"),
    ("version", "H"),
)

ROW_FIELDS = (
    ("fill", "I"),
    ("kind", "B"),
    ("open_s", "I"),
    ("warn_s", "I"),  # 0: not watched
    ("close_s", "I"),
    ("pieces", "B"),
    ("weight_mg", "I"),
    ("tolerance_mg", "H"),
)

_DESIRED = "<" + "".join([code for _, code in DESIRED_FIELDS])
ACTUAL_LAYOUT = "<" + "".join([code for _, code in ACTUAL_FIELDS])
ROW_LAYOUT = "<" + "".join([code for _, code in ROW_FIELDS])
ROW_GROUP_LAYOUT = "<BH"
GROUP_LAYOUT = "<IIH"
LEASE_HEAD = "<IBII"

DESIRED_SIZE = struct.calcsize(_DESIRED)
ACTUAL_SIZE = struct.calcsize(ACTUAL_LAYOUT)
ROW_SIZE = struct.calcsize(ROW_LAYOUT) + ROW_GROUPS * struct.calcsize(ROW_GROUP_LAYOUT)
GROUP_SIZE = struct.calcsize(GROUP_LAYOUT)
LEASE_SIZE = struct.calcsize(LEASE_HEAD) + GROUPS * GROUP_SIZE + COMPARTMENTS * ROW_SIZE

NO_GROUP = 255


class Desired:
    """What the controller wants now; repeated, so loss and repetition do no harm."""

    def __init__(self) -> None:
        self.order = 0
        self.stage = 0
        self.compartment = 0
        self.fill = 0
        self.not_after_s = 0
        self.boot_epoch = 0
        self.digest = NO_DIGEST
        self.head = NO_DIGEST
        self.round = 0
        self.round_orders = 0
        self.round_digest = NO_DIGEST
        self.signal = 0
        self.hold_mask = 0
        self.settled_mask = 0
        self.settled_lease = 0
        self.set_clock_s = 0
        self.flags = 0

    def pack(self) -> bytes:
        """The DESIRED_SIZE bytes of this sentence."""
        return struct.pack(
            _DESIRED,
            self.order,
            self.stage,
            self.compartment,
            self.fill,
            self.not_after_s,
            self.boot_epoch,
            self.digest,
            self.head,
            self.round,
            self.round_orders,
            self.round_digest,
            self.signal,
            self.hold_mask,
            self.settled_mask,
            self.settled_lease,
            self.set_clock_s,
            self.flags,
        )


def unpack_desired(data: bytes) -> "Desired | None":
    """A Desired, or None where the length is wrong."""
    if len(data) != DESIRED_SIZE:
        return None
    d = Desired()
    (
        d.order,
        d.stage,
        d.compartment,
        d.fill,
        d.not_after_s,
        d.boot_epoch,
        d.digest,
        d.head,
        d.round,
        d.round_orders,
        d.round_digest,
        d.signal,
        d.hold_mask,
        d.settled_mask,
        d.settled_lease,
        d.set_clock_s,
        d.flags,
    ) = struct.unpack(_DESIRED, data)
    return d


class Row:
    """What the lease allows for one compartment: one fill, one window, its counters."""

    def __init__(self) -> None:
        self.fill = 0
        self.kind = 0
        self.open_s = 0
        self.warn_s = 0
        self.close_s = 0
        self.pieces = 0
        self.weight_mg = 0
        self.tolerance_mg = 0
        self.groups: "list[tuple[int, int]]" = []  # (index into Lease.groups, units per release)


class Group:
    """One lease counter: an ingredient group (or regimen) with its gap and rolling cap."""

    def __init__(self, key: int, gap_s: int, cap: int) -> None:
        self.key = key  # stable 32-bit name of the group, so counts survive a new lease
        self.gap_s = gap_s
        self.cap = cap  # units per rolling 24 h, 0: no cap given


def lease_digest(packed: "bytes | memoryview") -> bytes:
    """First 16 bytes of SHA-256 over the packed lease: what the board reports as accepted."""
    return hashlib.sha256(packed).digest()[:16]
