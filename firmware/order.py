"""The one order the board knows: what was asked, what was seen before, how it ended.

Responsible for: the durable fields of the newest order, of its round and of the last
START, and their layout. Not responsible for when they change (loop.py) or for what the
evidence means (evidence.py).
"""

import struct

from firmware.device import Inputs
from hal.wire import codes
from hal.wire.layouts import NO_DIGEST, Desired

_LAYOUT = "<IBBHBIII16s16s16sIB16sBIiIBHIiIIBiH"
SIZE = struct.calcsize(_LAYOUT)
NOT_BEGUN_S = 0xFFFFFFFF  # of a round of which nothing is out: no window can be after it


class Order:
    """Highest order number ever seen and all that the board can say about it."""

    def __init__(self) -> None:
        self.number = 0
        self.state = codes.NONE
        self.verdict = codes.NO_VERDICT
        self.code = 0
        self.compartment = 0
        self.fill = 0
        self.not_after_s = 0
        self.boot_epoch = 0  # in which it was prepared
        self.digest = NO_DIGEST
        self.started_digest = NO_DIGEST  # of the last START, kept beyond its order
        self.head = NO_DIGEST  # newest journal head that was told; a START brings its own
        self.round = 0
        self.round_orders = 0
        self.round_digest = NO_DIGEST
        self.round_starts = 0
        self.round_first_s = 0  # utc of the round's first START that let anything go
        self.round_end_mg = 0  # cup after the round's last started order
        self.round_lifts = 0  # lift_count then
        self.exposed = 0  # durable before the gate is told to open
        self.pre_encoder = 0
        self.pre_drops = 0
        self.pre_mg = 0
        self.pre_lifts = 0
        self.pre_doors = 0
        self.pre_tray = 0
        self.weight_delta_mg = 0
        self.drops = 0

    def adopt(self, desired: Desired, boot_epoch: int) -> None:
        """Take over what `desired` asks for, as a new order without a history."""
        self.number = desired.order
        self.verdict = codes.NO_VERDICT
        self.code = 0
        self.compartment = desired.compartment
        self.fill = desired.fill
        self.not_after_s = desired.not_after_s
        self.boot_epoch = boot_epoch
        self.digest = desired.digest
        self.exposed = 0
        self.weight_delta_mg = 0
        self.drops = 0

    def enter(self, desired: Desired) -> None:
        """The round of a prepared order; a fence names none, or it could reach back to any."""
        if desired.round != self.round:
            self.round = desired.round
            self.round_orders = desired.round_orders
            self.round_digest = desired.round_digest
            self.round_starts = 0
            self.round_first_s = NOT_BEGUN_S
            self.round_end_mg = 0

    def witness(self, sense: Inputs) -> None:
        """Keep the pre-evidence: what every sensor says before anything moves."""
        self.pre_encoder = sense.encoder
        self.pre_drops = sense.drop_count
        self.pre_mg = sense.cup_mg
        self.pre_lifts = sense.lift_count
        self.pre_doors = sense.door_count
        self.pre_tray = sense.tray_index

    def differs(self, desired: Desired) -> bool:
        """Whether `desired` speaks of another release than the prepared one."""
        return (
            desired.compartment != self.compartment
            or desired.fill != self.fill
            or desired.digest != self.digest
            or desired.not_after_s != self.not_after_s
            or self.round_differs(desired)
        )

    def round_differs(self, desired: Desired) -> bool:
        """Whether `desired` names another round than the one consent belongs to."""
        return (
            desired.round != self.round
            or desired.round_orders != self.round_orders
            or desired.round_digest != self.round_digest
        )

    def pack_into(self, buffer: bytearray) -> None:
        """Write the first SIZE bytes of `buffer`."""
        struct.pack_into(
            _LAYOUT,
            buffer,
            0,
            self.number,
            self.state,
            self.verdict,
            self.code,
            self.compartment,
            self.fill,
            self.not_after_s,
            self.boot_epoch,
            self.digest,
            self.started_digest,
            self.head,
            self.round,
            self.round_orders,
            self.round_digest,
            self.round_starts,
            self.round_first_s,
            self.round_end_mg,
            self.round_lifts,
            self.exposed,
            self.pre_encoder,
            self.pre_drops,
            self.pre_mg,
            self.pre_lifts,
            self.pre_doors,
            self.pre_tray,
            self.weight_delta_mg,
            self.drops,
        )

    def unpack(self, data: "bytes | bytearray") -> None:
        """Become what `pack_into` wrote."""
        (
            self.number,
            self.state,
            self.verdict,
            self.code,
            self.compartment,
            self.fill,
            self.not_after_s,
            self.boot_epoch,
            self.digest,
            self.started_digest,
            self.head,
            self.round,
            self.round_orders,
            self.round_digest,
            self.round_starts,
            self.round_first_s,
            self.round_end_mg,
            self.round_lifts,
            self.exposed,
            self.pre_encoder,
            self.pre_drops,
            self.pre_mg,
            self.pre_lifts,
            self.pre_doors,
            self.pre_tray,
            self.weight_delta_mg,
            self.drops,
        ) = struct.unpack_from(_LAYOUT, data, 0)
