"""Gaps, caps and the counters of the lease.

Responsible for: the minimum gap and caps of a regimen, the groups that share them,
and their stable 32-bit names on the cable. Not responsible for enforcing anything:
the board does, on its own clock, whatever it is asked.
"""

import hashlib
from itertools import pairwise

from schedules.model import DAY_S, Caps, Counter, Dose, Plan, Regimen

DAILY_S = 25 * 3600  # a local day is at most this long: anything longer is rarer than daily
SINGLE_S = DAY_S * 3 // 4  # gap of a regimen that has one dose only


def group_key(name: str) -> int:
    """A stable non-zero 32-bit name: first four bytes of SHA-256, big-endian."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") or 1


def gap_s(regimen: Regimen) -> int:
    """Minimum seconds between two releases of a regimen, whatever became of the first."""
    if regimen.as_needed is not None:
        return max(regimen.as_needed.min_gap_s, regimen.gap_s or 0)
    return regimen.planned_gap_s if regimen.gap_s is None else regimen.gap_s


def caps(regimen: Regimen) -> Caps:
    """Most quarters per dose, rolling 24 h and rolling 7 d; 0: not given."""
    per_24h = regimen.limits.max_per_24h
    asked = regimen.as_needed
    if asked is not None:
        per_24h = min(per_24h or asked.max_quarters, asked.max_quarters)
    return Caps(regimen.limits.max_per_dose, per_24h, regimen.limits.max_per_7d)


def planned_gap_s(regimen: Regimen, rows: list[Dose]) -> int:
    """The gap where none is given: three quarters of the shortest planned interval.

    High-alert or rarer than daily: the whole interval less the early allowance.
    `rows` are the planned doses of the regimen in order of `due_at`.
    """
    if regimen.as_needed is not None:
        return regimen.as_needed.min_gap_s
    shortest = shortest_interval_s(rows)
    if not shortest:
        return SINGLE_S
    if regimen.high_alert or shortest > DAILY_S:
        return max(0, shortest - regimen.window.early_s)
    return shortest * 3 // 4


def shortest_interval_s(rows: list[Dose]) -> int:
    """Shortest time between two neighbours of `rows` in order of `due_at`, 0 under two."""
    return min((after.due_at - before.due_at for before, after in pairwise(rows)), default=0)


def counters(plan: Plan) -> tuple[Counter, ...]:
    """The counters a lease needs, in a stable order.

    One per ingredient; where several regimens share an ingredient also one per
    regimen, because the shared gap may be shorter than each one's own.
    """
    found: list[Counter] = []
    own: set[str] = set()
    for name in sorted({name for regimen in plan.regimens for name in regimen.ingredients}):
        users = [regimen for regimen in plan.regimens if name in regimen.ingredients]
        gap, cap = _group_limits(plan, name, users)
        ids = tuple(regimen.id for regimen in users)
        label = f"ingredient {name}"
        found.append(Counter(label, group_key(label), gap, cap, ids))
        if len(users) > 1:
            own.update(ids)
    for regimen in plan.regimens:
        if regimen.id in own:
            label = f"regimen {regimen.id}"
            cap = caps(regimen).per_24h
            found.append(Counter(label, group_key(label), gap_s(regimen), cap, (regimen.id,)))
    return tuple(found)


def _group_limits(plan: Plan, name: str, users: list[Regimen]) -> tuple[int, int]:
    """Gap and cap of an ingredient: as said for the group, else the only regimen's own."""
    for rule in plan.groups:
        if rule.ingredient == name:
            return rule.min_gap_s, rule.max_per_24h
    if len(users) == 1:
        return gap_s(users[0]), caps(users[0]).per_24h
    return max(gap_s(regimen) for regimen in users), min(
        (caps(regimen).per_24h for regimen in users if caps(regimen).per_24h), default=0
    )


def first_open_at(regimen: Regimen, in_force_at: int) -> int:
    """Earliest release after a version comes into force, from what was taken before (R5)."""
    if regimen.last_taken.word == "never":
        return in_force_at
    last = in_force_at if regimen.last_taken.word == "unknown" else regimen.last_taken.at_s
    return max(in_force_at, last + gap_s(regimen))
