"""The board's Actual: every field of messages.ACTUAL_FIELDS, taken from the machines' state.

Responsible for: where each field comes from, and what of it is too restless to be news.
Not responsible for when it is sent (news.py), for which fault is told (faults.py), for
sealing or the cable (loop.py). Straight into bytes: it happens in every turn.
"""

import struct

from firmware.device import NO_READING, Inputs
from firmware.machines import Machines
from hal.wire import codes
from hal.wire.layouts import ACTUAL_LAYOUT

VERSION = 2
NOISE_MG = 25  # smaller movements of the scale are not news
COARSE = -1  # instead of a number of bad frames: leave out what is never quiet
_NOISE_MV = 128


def sensed(sense: Inputs) -> int:
    """The flags that sensors show."""
    flags = codes.F_SIMULATED if sense.simulated else 0
    if sense.service:
        flags |= codes.F_SERVICE
    if sense.door_open:
        flags |= codes.F_DOOR_OPEN
    if sense.mains:
        flags |= codes.F_MAINS
    if sense.cup_present:
        flags |= codes.F_CUP_PRESENT
    if sense.gate_closed:
        flags |= codes.F_GATE_CLOSED
    if sense.button_down:
        flags |= codes.F_BUTTON_DOWN
    return flags


def flags(m: Machines, sense: Inputs) -> int:
    """What sensors and machines show: all flags but those that the board raises by itself."""
    shown = sensed(sense)
    mind = m.mind
    if m.clock.ok:
        shown |= codes.F_CLOCK_SET
    if mind.locked:
        shown |= codes.F_LOCKED
    elif codes.ASSERTION not in mind.ledger.latched:
        shown |= codes.F_SELFTEST_OK
    if mind.locked or m.homing.drive_off():
        shown |= codes.F_DRIVE_OFF
    elif sense.encoder != NO_READING:
        shown |= codes.F_POSITION_PROVEN
    if not m.beam.fault:
        shown |= codes.F_BEAM_OK
    if mind.ledger.chute_held:
        shown |= codes.F_CHUTE_HELD
    if not m.holding.misfit(sense):
        shown |= codes.F_FITS
    return shown


def _coarse_mg(cup_mg: int) -> int:
    return -1 if cup_mg < -NOISE_MG else (cup_mg + NOISE_MG) // (2 * NOISE_MG)


def write(
    buffer: bytearray,
    m: Machines,
    sense: Inputs,
    shown: int,
    fault: int,
    refusal: int,
    bad_frames: int,
) -> None:
    """Actual over the ACTUAL_SIZE bytes of `buffer`; bad_frames COARSE: as it is compared."""
    order = m.mind.order
    ledger = m.mind.ledger
    is_coarse = bad_frames == COARSE
    struct.pack_into(
        ACTUAL_LAYOUT,
        buffer,
        0,
        m.orders.boot_epoch,
        0 if is_coarse else sense.utc_s,
        shown,
        fault,
        refusal,
        m.orders.refused_order,
        order.number,
        order.state,
        order.verdict,
        order.code,
        order.compartment,
        order.fill,
        order.started_digest,
        order.head,
        order.round,
        m.consent.round,
        order.drops,
        order.weight_delta_mg,
        0 if is_coarse else sense.encoder,
        m.panel.presses,
        sense.lift_count,
        _coarse_mg(sense.cup_mg) if is_coarse else sense.cup_mg,
        min(m.scale.noise_mg, 65535),
        sense.door_count,
        sense.tray_index,
        ledger.lease_no,
        m.holding.digest,
        ledger.held,
        ledger.spent,
        sense.drop_count,
        sense.battery_mv // _NOISE_MV if is_coarse else sense.battery_mv,
        0 if is_coarse else bad_frames,
        m.panel.signal,
        VERSION,
    )
