"""Two ingredients that are kept apart, whichever comes first.

Responsible for: when a regimen is far enough from what fell of its partners, and from what is
planned of them. The board keeps a pair too where one shared counter can say it
(schedules/limits.py); this counts every pair. Not responsible for gaps of one ingredient
(limits.py) or for planned rows that come too near (refused before anybody signs).
"""

from __future__ import annotations

from functools import lru_cache

from controller.agenda import between, plan_of_envelope
from controller.state import State
from schedules.model import DAY_S

AHEAD_S = 8 * DAY_S  # so far ahead a time without a partner is looked for


@lru_cache(maxsize=256)
def partners(envelope: str, regimen: str) -> tuple[tuple[str, int], ...]:
    """(ingredient, gap in seconds) that this regimen is kept apart from."""
    plan = plan_of_envelope(envelope)
    own = {name for r in plan.regimens if r.id == regimen for name in r.ingredients}
    pairs = [(s.first, s.second, s.gap_s) for s in plan.spacing]
    both = pairs + [(second, first, gap_s) for first, second, gap_s in pairs]
    return tuple((other, gap_s) for mine, other, gap_s in both if mine in own)


def spaced_at(state: State, envelope: str, regimen: str, now_s: int, *, whole: bool) -> int:
    """Earliest instant (Unix s) at which its partners allow this regimen; 0: none stands near.

    `whole`: what went along of a partner may be taken at any moment of its window (R17).
    """
    earliest = 0
    for other, gap_s in partners(envelope, regimen):
        spans = [
            (at_s, at_s)
            for r in state.releases
            if other in r.groups and r.regimen != regimen
            for at_s in (r.lifted_at or now_s,)
        ]
        spans += [
            (d.open_at, d.close_at) if whole else (d.due_at, d.due_at)
            for d in state.doses.values()
            if d.stage == "handed-out" and other in d.groups and d.regimen != regimen
        ]
        if state.lost_s and other in _asked(envelope):
            spans.append((state.lost_s, state.lost_s))  # nobody knows what was asked for (R1)
        for from_s, until_s in spans:
            if from_s - gap_s < now_s:
                earliest = max(earliest, until_s + gap_s)
    return earliest


@lru_cache(maxsize=8)
def _asked(envelope: str) -> frozenset[str]:
    """Ingredients that are given as needed."""
    plan = plan_of_envelope(envelope)
    return frozenset(
        name for r in plan.regimens if r.as_needed is not None for name in r.ingredients
    )


def clear_at(state: State, envelope: str, regimen: str, now_s: int) -> int:
    """Earliest instant at which giving this would put off no planned partner; `now_s`: now."""
    apart = _owners(envelope, regimen)
    clear_s = now_s
    for row in between(envelope, now_s - DAY_S, now_s + AHEAD_S) if apart else ():
        gap_s = apart.get(row.regimen_id, 0)
        life = state.doses.get(row.dose_id)
        to_come = row.close_at > now_s and (life is None or life.is_open)
        if gap_s and to_come and row.due_at < clear_s + gap_s:
            clear_s = max(clear_s, max(row.due_at, now_s) + gap_s)
    return clear_s


def _owners(envelope: str, regimen: str) -> dict[str, int]:
    """The other regimens that this one is kept apart from, with the gap in seconds."""
    found: dict[str, int] = {}
    for other, gap_s in partners(envelope, regimen):
        for r in plan_of_envelope(envelope).regimens:
            if other in r.ingredients and r.id != regimen:
                found[r.id] = max(found.get(r.id, 0), gap_s)
    return found
