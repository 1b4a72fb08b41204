"""What a release adds to a counter that weighs an ingredient instead of counting pieces.

Responsible for: units of a counter, whatever the medicine was called when it fell, and a sum in
milligrams for people. Not responsible for how a counter is scaled (schedules/limits.py).
In doubt about a strength more is counted, never less.
"""

from __future__ import annotations

from controller.agenda import plan_of_envelope
from controller.state import DoseLife, Release
from schedules.model import Counter

INGREDIENT = "ingredient "


def fed(envelope: str, counter: Counter, fell: Release | DoseLife) -> int:
    """Units that what fell adds to a counter which counts it."""
    if not counter.units:
        return fell.quarters
    name = counter.name.removeprefix(INGREDIENT)
    said = dict(zip(fell.groups, fell.amounts, strict=False)).get(name, 0)
    now = _amounts(envelope, counter, name)
    if fell.regimen in now and said in (0, now[fell.regimen]):
        return counter.units_of(fell.regimen, fell.quarters)
    per_piece = [(counter.units_of(r, 4), ug) for r, ug in now.items() if ug]
    if said and per_piece:  # as the strongest of today would count: rounded up
        units, ug = max(per_piece)
        return -(-fell.quarters * said * units // (4 * ug))
    return fell.quarters * max(units for _, units in counter.units)


def _amounts(envelope: str, counter: Counter, name: str) -> dict[str, int]:
    """Micrograms of an ingredient in one piece of each regimen that a counter counts."""
    plan = plan_of_envelope(envelope)
    return {r.id: dict(r.amounts).get(name, 0) for r in plan.regimens if r.id in counter.regimens}


def weighed(envelope: str, counter: Counter, units: int) -> str:
    """`3500 of 4000 mg paracetamol` for a counter that weighs, else ""."""
    name = counter.name.removeprefix(INGREDIENT)
    for rule in plan_of_envelope(envelope).groups:
        if rule.ingredient == name and rule.max_ug_24h and counter.units and counter.cap:
            mg = units * rule.max_ug_24h // counter.cap / 1000
            return f"{mg:g} of {rule.max_ug_24h / 1000:g} mg {name}"
    return ""
