"""Which faults stand now: what the board would say if asked what is wrong with it.

Responsible for: the most severe of latched faults, machines and sensors. Not responsible
for latching (homing.py, verdict.py), for severity (codes.py) or for refusing (guard.py).
"""

from firmware.cycle import IDLE
from firmware.device import BROWN_OUT, WATCHDOG, Inputs
from firmware.machines import Machines
from hal.wire import codes

RESET_TOLD_MS = 60000  # so long a boot says why it happened
SETTLED_MS = 1000  # after boot: the gate's spring has closed it
LOW_BATTERY_MV = 3900  # two thirds of the charge, a day of running, are left


def _worse(found: int, code: int) -> int:
    """The more severe of two, the first of equals; 0: none."""
    return code if not found or codes.severity(code) > codes.severity(found) else found


def worst(m: Machines, sense: Inputs, up_ms: int) -> int:
    """The most severe of everything that is wrong `up_ms` after the boot, 0: nothing is."""
    found = 0
    for code in m.mind.ledger.latched:
        found = _worse(found, code)
    if m.mind.locked:
        found = _worse(found, codes.STORE_MISSING)
    if not m.clock.ok:
        found = _worse(found, codes.CLOCK_NOT_SET)
    if m.beam.fault:
        found = _worse(found, m.beam.fault)
    if m.mind.ledger.chute_held:
        found = _worse(found, codes.CHUTE_HELD)
    misfit = 0 if sense.service else m.holding.misfit(sense)
    if misfit and misfit != codes.NO_LEASE:
        found = _worse(found, misfit)
    if not sense.gate_closed and m.cycle.phase == IDLE and up_ms >= SETTLED_MS:
        found = _worse(found, codes.GATE_STUCK_OPEN)
    if sense.battery_mv < LOW_BATTERY_MV:
        found = _worse(found, codes.BATTERY_LOW)
    if not sense.mains:
        found = _worse(found, codes.MAINS_LOST)
    if m.memory.torn:
        found = _worse(found, codes.STORE_TORN)
    if up_ms < RESET_TOLD_MS:
        if sense.reset_cause == WATCHDOG:
            found = _worse(found, codes.WATCHDOG)
        elif sense.reset_cause == BROWN_OUT:
            found = _worse(found, codes.BROWN_OUT)
    return found
