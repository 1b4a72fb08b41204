"""From a cycle that has ended, or a START found at boot, to a durable DONE.

Responsible for: collecting the witnesses, asking evidence.py, and writing verdict and
consequences (given back, held, latched) in one record. Not responsible for motion. A
DONE that could not be made durable is not told to anybody: the order stays STARTED.
"""

from firmware import notes
from firmware.cycle import Cycle, tick
from firmware.device import BROWN_OUT, NO_READING, WATCHDOG, Device, Inputs
from firmware.evidence import AT_START, AT_TARGET, BETWEEN, NO_ANSWER, Finding, Witness, judge
from firmware.homing import MOTION_FAULTS, consistent
from firmware.lease import Holding
from firmware.mind import Mind
from hal.wire import codes

DROPS_MAX = 65535
RESETS = {WATCHDOG: codes.WATCHDOG, BROWN_OUT: codes.BROWN_OUT}  # why a boot found a START


def _encoder(sense: Inputs, compartment: int) -> int:
    if sense.encoder == NO_READING or not consistent(sense):
        return NO_ANSWER
    if sense.encoder == 0:
        return AT_START
    return AT_TARGET if sense.encoder == tick(compartment) else BETWEEN


def witness(sense: Inputs, mind: Mind, holding: Holding, cycle: "Cycle | None") -> Witness:
    """All that is known now about the started order; `cycle` None: found at boot."""
    order = mind.order
    w = Witness()
    w.live = cycle is not None
    w.proven = w.exposed = bool(order.exposed)
    if cycle is None:
        w.cause = RESETS.get(sense.reset_cause, codes.RESET_BEFORE_START)
    else:
        w.exposed = cycle.gate_left  # the gate was watched: told to open is not yet open
        w.cause = cycle.cause
    w.gate_closed = bool(sense.gate_closed)
    w.encoder = _encoder(sense, order.compartment)
    w.drops = (sense.drop_count - order.pre_drops) & 0xFFFFFFFF
    w.weight_known = bool(sense.cup_present) and sense.lift_count == order.pre_lifts
    w.delta_mg = sense.cup_mg - order.pre_mg if w.weight_known else 0
    lease = holding.lease
    if lease is not None and lease.fill(order.compartment)[0] == order.fill:
        row = lease.row(order.compartment)
        w.pieces = row.pieces
        w.weight_mg = row.weight_mg
        w.tolerance_mg = row.tolerance_mg
    return w


def conclude(board: Device, mind: Mind, w: Witness, utc_s: int) -> "Finding | None":
    """Judge and make it durable; None: the memory failed, nothing is concluded."""
    finding = judge(w)
    order = mind.order
    ledger = mind.ledger
    assert order.state == codes.STARTED
    order.state = codes.DONE
    order.verdict = finding.verdict
    order.code = finding.code
    order.drops = min(w.drops, DROPS_MAX)
    order.weight_delta_mg = w.delta_mg
    order.round_end_mg = board.sense.cup_mg
    order.round_lifts = order.pre_lifts  # a lift during the order ends its round, too
    if finding.verdict == codes.UNCERTAIN:
        order.round_starts = max(order.round_starts, order.round_orders)  # nor does doubt go on
    if finding.verdict == codes.NOT_RELEASED:
        ledger.give_back(order.number, order.compartment)
    else:  # only a round of which something is out is to be finished; since its START (R14)
        order.round_first_s = min(order.round_first_s, ledger.floor_s)
        if board.sense.lift_count != order.pre_lifts:
            ledger.lifted(utc_s)
    ledger.lifts = board.sense.lift_count
    if finding.hold or codes.JAM in (w.cause, finding.code):
        ledger.held |= 1 << order.compartment
    if finding.chute:
        ledger.chute_held = 1
    for code in (w.cause, finding.code):
        # a jam behind a proven position holds its compartment; the way home shows the rest (R9)
        if code in MOTION_FAULTS and (code != codes.JAM or not consistent(board.sense)):
            ledger.latch(code)
    if not mind.save():
        return None
    board.note(notes.DONE, order.number)
    return finding


def refuse_after_reset(mind: Mind) -> None:
    """PREPARED found at boot: consent and watch over the cup are gone with the power."""
    order = mind.order
    if order.state == codes.PREPARED:
        order.state = codes.DONE
        order.verdict = codes.REFUSED
        order.code = codes.RESET_BEFORE_START
        mind.save()
