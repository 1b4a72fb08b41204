"""What will prevent the next round, seen before anybody asks for it (R9).

Responsible for: naming, from one Actual, everything at the machine that would make the board
refuse the next order. Not responsible for how long it has stood (gather.py), for who is told
(alarms.py), or for what the board names by itself as its most severe fault: of several troubles
it tells one, so the flags behind it are read here as well.
"""

from __future__ import annotations

from typing import Final

from hal.wire import codes
from hal.wire.messages import Actual

SAME_MG: Final = 40  # beyond this the board does not take a cup for empty
AHEAD_S: Final = 45  # stands for so long: with a turn to spare, told within 60 s
VISIT_S: Final = 1800  # a person is at the machine: what they do is not yet a trouble
LASTING: Final = frozenset(  # known only by a test, or ended only by a person: nothing to wait for
    {codes.BEAM_BLIND, codes.POSITION_UNPROVEN, codes.CHUTE_HELD, codes.ASSERTION, codes.NO_LEASE}
)
MOTION: Final = frozenset(range(codes.JAM, codes.HOMING_FAILED + 1))

# while medicine waits in the cup, or the patient holds it, these are nothing unusual
OF_THE_CUP: Final = frozenset({codes.CUP_MISSING, codes.CUP_NOT_EMPTY, codes.SCALE_FAULT})

_MISSING: Final = (  # flags that must be up
    (codes.F_GATE_CLOSED, codes.GATE_STUCK_OPEN),
    (codes.F_BEAM_OK, codes.BEAM_BLIND),
    (codes.F_SELFTEST_OK, codes.ASSERTION),
)
_PRESENT: Final = (  # flags that must not be up
    (codes.F_DOOR_OPEN, codes.DOOR_OPEN),
    (codes.F_SERVICE, codes.SERVICE_ON),
    (codes.F_DRIVE_OFF, codes.POSITION_UNPROVEN),
    (codes.F_CHUTE_HELD, codes.CHUTE_HELD),
)


def troubles(board: Actual) -> frozenset[int]:
    """Codes of all that stands against the next PREPARE, whatever it will ask for."""
    found = {code for bit, code in _MISSING if not board.flags & bit}
    found |= {code for bit, code in _PRESENT if board.flags & bit}
    if not board.flags & codes.F_CUP_PRESENT:
        found.add(codes.CUP_MISSING)
    elif abs(board.cup_mg) > SAME_MG:
        found.add(codes.CUP_NOT_EMPTY if board.cup_mg > 0 else codes.SCALE_FAULT)
    if not board.flags & codes.F_FITS:
        found.add(codes.NO_LEASE)
    if board.fault == codes.BEAM_SPURIOUS:
        found.discard(codes.BEAM_BLIND)  # the next test ends it, and PREPARE brings one
    if board.flags & codes.F_LOCKED:
        return frozenset()  # the machine is locked: that is told by itself
    return frozenset(found)


def told(code: int, seconds: int, faults: frozenset[int], visit: bool) -> bool:
    """Whether a trouble that stands for so long is told now, and not by the board's own fault."""
    by_fault = code in faults or (code == codes.POSITION_UNPROVEN and bool(faults & MOTION))
    wait_s = VISIT_S if visit else 0 if code in LASTING else AHEAD_S
    return seconds >= wait_s and not by_fault
