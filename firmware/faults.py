"""Which faults stand now: what the board would say if asked what is wrong with it.

Responsible for: one list out of latched faults, machines and sensors. Not responsible for
latching (homing.py, verdict.py), for severity (codes.py) or for refusing (guard.py).
"""

from firmware.cycle import IDLE
from firmware.device import BROWN_OUT, WATCHDOG, Inputs
from firmware.machines import Machines
from hal.wire import codes

RESET_TOLD_MS = 60000  # so long a boot says why it happened
SETTLED_MS = 1000  # after boot: the gate's spring has closed it
LOW_BATTERY_MV = 3900  # two thirds of the charge, a day of running, are left


def standing(m: Machines, sense: Inputs, up_ms: int) -> "list[int]":
    """Codes of everything that is wrong, `up_ms` after the boot."""
    found = list(m.mind.ledger.latched)
    misfit = m.holding.misfit(sense)
    resting = m.cycle.phase == IDLE and up_ms >= SETTLED_MS
    for stands, code in (
        (m.mind.locked, codes.STORE_MISSING),
        (not m.clock.ok, codes.CLOCK_NOT_SET),
        (m.beam.fault, m.beam.fault),
        (m.mind.ledger.chute_held, codes.CHUTE_HELD),
        (not sense.service and misfit not in (0, codes.NO_LEASE), misfit),
        (resting and not sense.gate_closed, codes.GATE_STUCK_OPEN),
        (sense.battery_mv < LOW_BATTERY_MV, codes.BATTERY_LOW),
        (not sense.mains, codes.MAINS_LOST),
        (m.memory.torn, codes.STORE_TORN),
        (up_ms < RESET_TOLD_MS and sense.reset_cause == WATCHDOG, codes.WATCHDOG),
        (up_ms < RESET_TOLD_MS and sense.reset_cause == BROWN_OUT, codes.BROWN_OUT),
    ):
        if stands:
            found.append(code)
    return found
