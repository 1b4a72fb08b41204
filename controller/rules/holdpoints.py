"""Hold points: a step of a titration that nobody has let begin yet.

Responsible for: whether a dose belongs to such a step, and which steps wait now. Not responsible
for the two signatures (schedules/halt.py, plans.py) or for halts from afar (halts.py). A resume
counts only for what had begun when it was made: nothing is let on ahead of its time.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from controller.agenda import plan_of_envelope
from controller.state import State
from schedules.model import DAY_S
from schedules.phases import phases

AT_POINT: Final = "hold-point"  # how a dose is held, and the code of the alert


@dataclass(frozen=True, slots=True)
class Point:
    """One step that waits: since when, and what two people look for."""

    regimen: str
    start_s: int
    look_for: str


@lru_cache(maxsize=8)
def pointed(envelope: str) -> frozenset[str]:
    """The regimens of a plan that have a hold point."""
    plan = plan_of_envelope(envelope)
    return frozenset(r.id for r in plan.regimens if any(step.hold_point for step in r.steps))


@lru_cache(maxsize=4096)
def _last(envelope: str, regimen: str, at_s: int) -> Point | None:
    """The newest hold point of a regimen at an instant (Unix s), None: it has none yet."""
    plan = plan_of_envelope(envelope)
    rule, newest = plan.regimen(regimen), None
    for phase in phases(rule, plan.zone, plan.clock, at_s, at_s + 1):
        words = rule.steps[phase.step].hold_point
        if words and phase.start_s <= at_s and (newest is None or phase.start_s > newest.start_s):
            newest = Point(regimen, phase.start_s, words)
    return newest


def holds(state: State, envelope: str, regimen: str, due_at: int) -> Point | None:
    """What a dose due then waits for, None: its step was let begin, or needs nobody.

    Also a later step waits: nothing goes on past a hold point that nobody has passed.
    """
    if not envelope or regimen not in pointed(envelope):
        return None
    point = _last(envelope, regimen, due_at)
    if point is None or state.passed.get(regimen, 0) >= point.start_s:
        return None
    return point


def next_s(envelope: str, now_s: int) -> int:
    """When the next step behind a hold point begins (Unix s), within a day; 0: none does."""
    plan = plan_of_envelope(envelope)
    starts = [
        phase.start_s
        for r in plan.regimens
        if r.id in pointed(envelope)
        for phase in phases(r, plan.zone, plan.clock, now_s, now_s + DAY_S)
        if r.steps[phase.step].hold_point and now_s < phase.start_s <= now_s + DAY_S
    ]
    return min(starts, default=0)


def waiting(state: State, now_s: int) -> list[Point]:
    """The steps in force that wait now for two people."""
    envelope = state.plan_envelope
    if not envelope:
        return []
    found = [
        holds(state, envelope, regimen, now_s)
        for regimen in sorted(pointed(envelope))
        if regimen not in state.halts and _goes_on(envelope, regimen, now_s)
    ]
    return [point for point in found if point is not None]


@lru_cache(maxsize=1024)
def _ends(envelope: str, regimen: str, day: int) -> int:
    """When the last step of a regimen that is known around a day ends (Unix s)."""
    plan = plan_of_envelope(envelope)
    at_s = day * DAY_S
    found = phases(plan.regimen(regimen), plan.zone, plan.clock, at_s, at_s + 1)
    return max((phase.end_s for phase in found), default=0)


def _goes_on(envelope: str, regimen: str, now_s: int) -> bool:
    """Whether any step of it is still to come, or runs: what is over needs nobody."""
    return _ends(envelope, regimen, now_s // DAY_S) > now_s
