"""Gaps and caps: when the next piece of a regimen or ingredient may fall at the earliest.

Responsible for: counting what fell, whatever its outcome (R2, R3). The board
counts the same again in its lease; neither trusts the other. Not responsible
for what the limits are (schedules.limits, the signed plan).
"""

from __future__ import annotations

from controller.agenda import counters_of, plan_of_envelope
from controller.state import State
from schedules.model import DAY_S, Counter


def free_at(
    state: State, envelope: str, regimen: str, now_s: int, but: tuple[str, ...] = ()
) -> int:
    """Earliest instant (Unix s) at which the gaps allow this regimen again; `but`: not counted."""
    earliest = 0
    asked = _are_asked(envelope, (regimen,))
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
    """Earliest instant (Unix s) at which every rolling 24 h cap has room; 0: it has room now.

    What is given as needed leaves room for what went along and is due within the day (R17).
    """
    latest = 0
    ahead_s = DAY_S if _are_asked(envelope, (regimen,)) else 0
    for counter in counters_of(envelope):
        if regimen in counter.regimens and counter.cap:
            left = counter.cap - quarters
            latest = max(latest, _room_at(state, counter, left, now_s, ahead_s))
            if state.lost_s > now_s - DAY_S and _are_asked(envelope, counter.regimens):
                latest = max(latest, state.lost_s + DAY_S)
    return latest


def _are_asked(envelope: str, regimens: tuple[str, ...]) -> bool:
    """Whether one of them is given as needed: no plan says how much of it was."""
    plan = plan_of_envelope(envelope)
    return any(r.as_needed is not None for r in plan.regimens if r.id in regimens)


def _room_at(state: State, counter: Counter, left: int, now_s: int, ahead_s: int) -> int:
    """When the sum of any 24 h that end now, or within `ahead_s`, falls to `left` or below."""
    fallen = [  # from the lift, as the gap (R2)
        (r.lifted_at or now_s, r.quarters)
        for r in state.releases
        if counts(counter, r.regimen, r.groups)
    ]
    carried = [  # taken at its time, and leaves as much less room here (R17)
        (d.due_at, d.quarters)
        for d in state.doses.values()
        if d.stage == "handed-out" and counts(counter, d.regimen, d.groups)
    ]
    ends = [at_s for at_s, _ in carried if now_s < at_s < now_s + ahead_s]
    free_s = 0
    for end_s in (now_s, *ends):
        counted = fallen + [one for one in carried if one[0] <= end_s]
        recent = sorted(one for one in counted if one[0] > end_s - DAY_S)
        used = sum(quarters for _, quarters in recent)
        for gone_s, quarters in recent:
            if used <= left:
                break
            used -= quarters
            free_s = max(free_s, gone_s + DAY_S)
    return free_s
