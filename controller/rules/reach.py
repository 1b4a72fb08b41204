"""How long a full machine lasts, and what it costs that some medicines must lie alone (R13).

Responsible for: counting compartments over the rounds ahead. Not responsible for what lies
where (proposal.py). Told at loading, so that nobody wonders why the machine is full so soon.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

from controller.agenda import between, plan_of_envelope
from controller.facts import Facts
from controller.rules.demand import groups_of, wanted_envelope
from controller.rules.elsewhere import loadable
from controller.state import State
from hal.wire import codes
from schedules.model import DAY_S, Dose


def days(state: State, facts: Facts) -> tuple[int, int]:
    """(days that a full machine lasts, days more if every round fitted into one compartment)."""
    envelope = wanted_envelope(state)
    if not envelope:
        return 0, 0
    plan = plan_of_envelope(envelope)
    here = loadable(envelope)
    asked = sum(1 for r in plan.regimens if r.as_needed is not None and r.id in here)
    room = max(0, codes.COMPARTMENTS - asked * facts.settings.asked_reserve)
    until = min(facts.utc_s + facts.settings.load_days * DAY_S, plan.valid_until)
    planned = between(envelope, facts.utc_s, until) if until > facts.utc_s else []
    ahead = [d for d in planned if d.regimen_id in here]
    lasts = _lasts(ahead, facts.utc_s, until, room, lambda due_at: _alone(envelope, due_at))
    shared = _lasts(ahead, facts.utc_s, until, room, lambda due_at: 1)
    return lasts, shared - lasts


@lru_cache(maxsize=512)
def _alone(envelope: str, due_at: int) -> int:
    """Compartments that the round of one instant takes."""
    here = loadable(envelope)
    rows = [d for d in between(envelope, due_at, due_at + 1) if d.regimen_id in here]
    return len(groups_of(plan_of_envelope(envelope), rows))


def _lasts(
    ahead: list[Dose], now_s: int, until_s: int, room: int, takes: Callable[[int], int]
) -> int:
    """Whole days until the first round that finds no compartment."""
    for due_at in sorted({d.due_at for d in ahead}):
        room -= takes(due_at)
        if room < 0:
            return (due_at - now_s) // DAY_S
    return (until_s - now_s) // DAY_S
