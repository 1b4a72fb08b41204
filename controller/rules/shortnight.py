"""The short night of spring: how far one lease must raise a cap so that no planned dose is lost.

Responsible for: the cap of a counter in the lease that is being built. The board counts 24 elapsed
hours, and the day on which the clock goes forward has 23. Not responsible for the stated cap, which
the controller keeps by the wall clock whatever the lease says (limits.py), nor for the board's
own count (firmware/guard.py): its gaps and windows stay what they are.
"""

from __future__ import annotations

from controller.agenda import between, plan_of_envelope
from controller.rules.limits import counts, eased
from controller.rules.units import fed
from controller.state import Fill, State
from schedules.limits import MOST_UNITS, gone_s
from schedules.model import DAY_S, Counter

Due = tuple[int, int]  # when a planned dose is due (Unix s), and what it adds


def lease_cap(state: State, envelope: str, counter: Counter, fills: list[Fill]) -> int:
    """The stated cap; more only as far as signed doses in `fills` need within 24 elapsed hours.

    Never for a counter that anything as needed feeds: the board could not tell it apart.
    """
    if not counter.cap or not eased(state, envelope, counter):
        return counter.cap
    zone = plan_of_envelope(envelope).zone
    lying = _lying(envelope, counter, fills)
    every = list((_fallen(state, envelope, counter) | lying).values())
    most = counter.cap
    for due_s, _ in lying.values():
        before = [(at_s, units) for at_s, units in every if due_s - DAY_S < at_s <= due_s]
        by_wall = sum(units for at_s, units in before if gone_s(zone, at_s) > due_s)
        if by_wall <= counter.cap:
            most = max(most, sum(units for _, units in before))
    return most if most <= MOST_UNITS else counter.cap


def _lying(envelope: str, counter: Counter, fills: list[Fill]) -> dict[str, Due]:
    """Doses in the compartments that are rows of the signed plan, at their time and amount."""
    found: dict[str, Due] = {}
    for fill in fills:
        if fill.kind != "day":
            continue
        rows = {d.dose_id: d for d in between(envelope, fill.due_at, fill.due_at + 1)}
        for dose_id, quarters in zip(fill.doses, fill.quarters, strict=True):
            row = rows.get(dose_id)
            if row and row.regimen_id in counter.regimens and row.quarters == quarters:
                found[dose_id] = (row.due_at, counter.units_of(row.regimen_id, quarters))
    return found


def _fallen(state: State, envelope: str, counter: Counter) -> dict[str, Due]:
    """Planned doses that fell already: they fill the board's count too."""
    return {
        r.dose_id: (state.doses[r.dose_id].due_at, fed(envelope, counter, r))
        for r in state.releases
        if counts(counter, r.regimen, r.groups)
    }
