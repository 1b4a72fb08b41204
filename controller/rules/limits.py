"""Gaps and caps: when the next piece of a regimen or ingredient may fall at the earliest.

Responsible for: counting what fell, whatever its outcome (R2, R3), in 24 hours and, for what is
given as needed, in seven days. The board counts 24 hours again in its lease; neither trusts the
other. What is planned, and shares nothing with what is given as needed, has its day of 23 hours
(schedules.limits: gone_s; in the lease: shortnight.py). Not responsible for what the limits are
(schedules.limits, the signed plan), nor for two ingredients that are kept apart (spacing.py).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from controller.agenda import counters_of, plan_of_envelope
from controller.rules.spacing import spaced_at
from controller.rules.units import fed
from controller.state import DoseLife, Release, State
from schedules.limits import caps, gone_s, planned_only
from schedules.model import DAY_S, Counter

WEEK_S = 7 * DAY_S
Fell = tuple[int, int]  # when it counts from (Unix s), and how much
Gone = Callable[[int], int]  # when what counts from an instant counts no more


def free_at(
    state: State, envelope: str, regimen: str, now_s: int, but: tuple[str, ...] = ()
) -> int:
    """Earliest instant (Unix s) at which the gaps allow this regimen again; `but`: not counted."""
    asked = _are_asked(envelope, (regimen,))
    earliest = spaced_at(state, envelope, regimen, now_s, whole=asked)
    for counter in counters_of(envelope):
        if regimen not in counter.regimens:
            continue
        spans = [(at_s, at_s) for at_s in _instants(state, envelope, counter, now_s, but)]
        for from_s, until_s in spans + _carried(state, counter, whole=asked):
            if from_s - counter.gap_s < now_s:  # what is handed out ahead counts at its own time
                earliest = max(earliest, until_s + counter.gap_s)
    return earliest


def counts(counter: Counter, regimen: str, groups: tuple[str, ...]) -> bool:
    """Whether a release feeds this counter: by its regimen, or by its ingredient under any id."""
    return regimen in counter.regimens or counter.name in [f"ingredient {g}" for g in groups]


def _instants(
    state: State, envelope: str, counter: Counter, now_s: int, but: tuple[str, ...]
) -> list[int]:
    """When each counted release starts its gap: at the lift; while in the cup, now (R2)."""
    fallen = [
        r.lifted_at or now_s
        for r in state.releases
        if counts(counter, r.regimen, r.groups) and r.dose_id not in but
    ]
    if state.lost_s and _are_asked(envelope, counter.regimens):
        fallen.append(state.lost_s)  # what was asked for until then, nobody knows (R1)
    return fallen


def _carried(state: State, counter: Counter, *, whole: bool) -> list[tuple[int, int]]:
    """When what went along may be taken (R17): `whole`, at any moment of its window; else when
    it is due: no planned dose waits for another one that was signed with it."""
    return [
        (d.open_at, d.close_at) if whole else (d.due_at, d.due_at)
        for d in state.doses.values()
        if d.stage == "handed-out" and counts(counter, d.regimen, d.groups)
    ]


def room_at(state: State, envelope: str, regimen: str, quarters: int, now_s: int) -> int:
    """Earliest instant (Unix s) at which every rolling cap has room; 0: it has room now.

    What is given as needed leaves room for what went along and is due within the day (R17).
    """
    latest = week_room_at(state, envelope, regimen, quarters, now_s)
    ahead_s = DAY_S if _are_asked(envelope, (regimen,)) else 0
    for counter in counters_of(envelope):
        if regimen in counter.regimens and counter.cap:
            left = counter.cap - counter.units_of(regimen, quarters)
            fallen, carried = _counted(state, envelope, counter, now_s)
            gone: Gone = _day_after
            if eased(state, envelope, counter):
                gone = partial(gone_s, plan_of_envelope(envelope).zone)
            latest = max(latest, _room_at(fallen, carried, left, now_s, ahead_s, gone))
            if state.lost_s > now_s - DAY_S and _are_asked(envelope, counter.regimens):
                latest = max(latest, state.lost_s + DAY_S)
    return latest


def eased(state: State, envelope: str, counter: Counter) -> bool:
    """Whether a counter may count a day of 23 hours as a day: all of it was, and is, planned.

    What was given as needed, or is of no dose that is known, keeps the elapsed 24 hours (R3).
    """
    if not planned_only(plan_of_envelope(envelope), counter):
        return False
    lives = [
        state.doses.get(r.dose_id) for r in state.releases if counts(counter, r.regimen, r.groups)
    ]
    return all(life is not None and not life.asked for life in lives)


def _day_after(at_s: int) -> int:
    return at_s + DAY_S


def _week_after(at_s: int) -> int:
    return at_s + WEEK_S


def week_room_at(state: State, envelope: str, regimen: str, quarters: int, now_s: int) -> int:
    """The same for the seven days of as-needed medicine, which the board does not count."""
    if not _are_asked(envelope, (regimen,)):
        return 0  # what is planned was checked when it was signed
    plan = plan_of_envelope(envelope)
    rule = plan.regimen(regimen)
    most = caps(rule).per_7d
    if not most:
        return 0
    known = {r.id for r in plan.regimens}

    def same(one: Release | DoseLife) -> bool:  # also under the name it had before
        former = one.regimen not in known and bool(set(one.groups) & set(rule.ingredients))
        return one.regimen == regimen or former

    fallen = [(r.lifted_at or now_s, r.quarters) for r in state.releases if same(r)]
    lives = [d for d in state.doses.values() if d.stage == "handed-out" and same(d)]
    carried = [(d.due_at, d.quarters) for d in lives]
    latest = _room_at(fallen, carried, most - quarters, now_s, WEEK_S, _week_after)
    if state.lost_s > now_s - WEEK_S:
        latest = max(latest, state.lost_s + WEEK_S)
    return latest


def used(state: State, envelope: str, counter: Counter, now_s: int) -> int:
    """Units of a counter that fell within the last 24 h."""
    fallen, carried = _counted(state, envelope, counter, now_s)
    return sum(n for at_s, n in fallen + carried if now_s - DAY_S < at_s <= now_s)


def _are_asked(envelope: str, regimens: tuple[str, ...]) -> bool:
    """Whether one of them is given as needed: no plan says how much of it was."""
    plan = plan_of_envelope(envelope)
    return any(r.as_needed is not None for r in plan.regimens if r.id in regimens)


def _counted(
    state: State, envelope: str, counter: Counter, now_s: int
) -> tuple[list[Fell], list[Fell]]:
    """What fell, and what went along, in units of a counter."""
    fallen = [  # from the lift, as the gap (R2)
        (r.lifted_at or now_s, fed(envelope, counter, r))
        for r in state.releases
        if counts(counter, r.regimen, r.groups)
    ]
    carried = [  # taken at its time, and leaves as much less room here (R17)
        (d.due_at, fed(envelope, counter, d))
        for d in state.doses.values()
        if d.stage == "handed-out" and counts(counter, d.regimen, d.groups)
    ]
    return fallen, carried


def _room_at(
    fallen: list[Fell], carried: list[Fell], left: int, now_s: int, ahead_s: int, gone: Gone
) -> int:
    """When the sum of any span that ends now, or within `ahead_s`, falls to `left` or below."""
    ends = [at_s for at_s, _ in carried if now_s < at_s < now_s + ahead_s]
    free_s = 0
    for end_s in (now_s, *ends):
        counted = fallen + [one for one in carried if one[0] <= end_s]
        recent = sorted(one for one in counted if gone(one[0]) > end_s)
        taken = sum(units for _, units in recent)
        for at_s, units in recent:
            if taken <= left:
                break
            taken -= units
            free_s = max(free_s, gone(at_s))
    return free_s
