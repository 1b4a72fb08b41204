"""Gaps, caps and the counters of the lease.

Responsible for: the minimum gap and caps of a regimen, the groups that share them, their
stable 32-bit names on the cable, and when the 24 hours of a planned dose are over in the
short night of spring. Not responsible for enforcing anything:
the board does, on its own clock, whatever it is asked.
"""

import hashlib
from bisect import bisect_left
from functools import lru_cache
from itertools import pairwise
from math import gcd

from schedules.localtime import offset_s, zone_of
from schedules.model import DAY_S, WEEKLY_S, Caps, Counter, Dose, Plan, Regimen, Spacing

DAILY_S = 25 * 3600  # a local day is at most this long: anything longer is rarer than daily
SINGLE_S = DAY_S * 3 // 4  # gap of a regimen that has one dose only
MOST_UNITS = 0xFFFF  # what a cap can say on the cable
SHORT_S = 3600  # a day is shorter by this much at most: a zone that skips more eases nothing


def group_key(name: str) -> int:
    """A stable non-zero 32-bit name: first four bytes of SHA-256, big-endian."""
    return int.from_bytes(hashlib.sha256(name.encode()).digest()[:4], "big") or 1


def gap_s(regimen: Regimen) -> int:
    """Minimum seconds between two releases of a regimen, whatever became of the first."""
    least = WEEKLY_S if regimen.weekly_only else 0
    if regimen.as_needed is not None:
        return max(regimen.as_needed.min_gap_s, regimen.gap_s or 0, least)
    return max(regimen.planned_gap_s if regimen.gap_s is None else regimen.gap_s, least)


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
    """Everything that is counted, in a stable order; the lease takes those `on_board`.

    One per ingredient; where several regimens share an ingredient also one per
    regimen, because the shared gap may be shorter than each one's own; one per pair that
    is kept apart, where the board can keep it.
    """
    found: list[Counter] = []
    own: set[str] = set()
    here = {regimen.id for regimen in plan.regimens if not regimen.elsewhere}
    for name in sorted({name for regimen in plan.regimens for name in regimen.ingredients}):
        users = [regimen for regimen in plan.regimens if name in regimen.ingredients]
        gap, cap, units = _group_limits(plan, name, users)
        ids = tuple(regimen.id for regimen in users)
        label = f"ingredient {name}"
        on_board = bool(here & set(ids))
        found.append(Counter(label, group_key(label), gap, cap, ids, units, on_board))
        if len(users) > 1:
            own.update(ids)
    for regimen in plan.regimens:
        if regimen.id in own:
            label = f"regimen {regimen.id}"
            cap = caps(regimen).per_24h
            ids = (regimen.id,)
            on_board = regimen.id in here
            found.append(Counter(label, group_key(label), gap_s(regimen), cap, ids, (), on_board))
    for pair in plan.spacing:
        if spacing_on_board(plan, pair):
            label = f"spacing {pair.first} {pair.second}"
            ids = tuple(regimen.id for regimen in spaced(plan, pair))
            found.append(Counter(label, group_key(label), pair.gap_s, 0, ids))
    return tuple(found)


def lease_counters(plan: Plan) -> tuple[Counter, ...]:
    """The counters that a board keeps: those with something in the machine."""
    return tuple(one for one in counters(plan) if one.on_board)


def planned_only(plan: Plan, counter: Counter) -> bool:
    """Whether nothing that this counter counts is given as needed."""
    return all(plan.regimen(which).as_needed is None for which in counter.regimens)


@lru_cache(maxsize=4096)
def gone_s(zone_name: str, at_s: int) -> int:
    """When the 24 hours after a planned dose are over: elapsed, or sooner by the wall clock.

    Sooner only where the clock goes forward by an hour or less; never later than elapsed.
    """
    zone = zone_of(zone_name)
    end_s = at_s + DAY_S
    short_s = offset_s(zone, end_s) - offset_s(zone, at_s) if zone else 0
    if zone is None or not 0 < short_s <= SHORT_S:
        return end_s
    from_s, wall_s = end_s - short_s, end_s + offset_s(zone, at_s)
    walls = range(from_s, end_s)
    return from_s + bisect_left(walls, wall_s, key=lambda t: t + offset_s(zone, t))


def spaced(plan: Plan, pair: Spacing) -> list[Regimen]:
    """The regimens of either ingredient of a pair."""
    return [one for one in plan.regimens if {pair.first, pair.second} & set(one.ingredients)]


def spacing_on_board(plan: Plan, pair: Spacing) -> bool:
    """Whether one counter with that gap can keep a pair apart without holding either back.

    A counter does not know which of the two fell last: it fits where each regimen's own gap
    is as long already. Else the controller alone keeps the pair apart.
    """
    users = spaced(plan, pair)
    here = [one for one in users if not one.elsewhere]
    return bool(here) and all(gap_s(one) >= pair.gap_s for one in users)


def _group_limits(
    plan: Plan, name: str, users: list[Regimen]
) -> tuple[int, int, tuple[tuple[str, int], ...]]:
    """Gap, cap and units of an ingredient: as said for the group, else the only regimen's own."""
    for rule in plan.groups:
        if rule.ingredient == name:
            if rule.max_ug_24h:
                return rule.min_gap_s, *_scaled(name, users, rule.max_ug_24h)
            return rule.min_gap_s, rule.max_per_24h, ()
    if len(users) == 1:
        return gap_s(users[0]), caps(users[0]).per_24h, ()
    most = min((caps(one).per_24h for one in users if caps(one).per_24h), default=0)
    return max(gap_s(regimen) for regimen in users), most, ()


def _scaled(
    name: str, users: list[Regimen], most_ug: int
) -> tuple[int, tuple[tuple[str, int], ...]]:
    """(cap, units per quarter of each regimen) of a maximum in micrograms.

    A quarter of a piece of 500 mg is 125 mg; in the largest unit that measures all of them.
    Where the cable has no room for that, units are rounded up and the cap down.
    """
    quarters = {one.id: dict(one.amounts).get(name, 0) for one in users}  # times 4
    unit = gcd(*quarters.values()) or 1
    unit = max(unit, -(-most_ug * 4 // MOST_UNITS))
    units = tuple((which, -(-amount // unit)) for which, amount in quarters.items())
    return most_ug * 4 // unit, units


def first_open_at(regimen: Regimen, in_force_at: int) -> int:
    """Earliest release after a version comes into force, from what was taken before (R5)."""
    if regimen.last_taken.word == "never":
        return in_force_at
    last = in_force_at if regimen.last_taken.word == "unknown" else regimen.last_taken.at_s
    return max(in_force_at, last + gap_s(regimen))
