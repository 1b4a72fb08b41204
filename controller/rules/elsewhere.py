"""Medicine that is kept outside the machine: called like any other, told by a person only.

Responsible for: which of it calls now, what may have been taken though nobody has said so, and
where it is kept. Not responsible for saying so (wishes/confirm.py) or for windows (doses.py).
No sensor knows of it: it is in no compartment, no lease and no round.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Final

from controller.agenda import plan_of_envelope
from controller.copies import replace
from controller.facts import Facts
from controller.rules.holdpoints import holds
from controller.rules.limits import free_at, room_at
from controller.state import DoseLife, Release, State
from schedules.model import Plan, Regimen

UNSAID: Final = "not-confirmed"  # how a dose is missed of which nobody said that it was taken
FRIDGE: Final = "fridge"


def in_machine(plan: Plan, regimen: Regimen) -> bool:
    """Whether this medicine may lie in a compartment, whatever older rules have let through."""
    return not regimen.elsewhere and not never_here(plan, regimen)


def never_here(plan: Plan, regimen: Regimen) -> bool:
    """Whether this site keeps it out of every machine, or its own storage does."""
    return bool(regimen.storage) or bool(set(regimen.ingredients) & set(plan.never_store))


@lru_cache(maxsize=8)
def loadable(envelope: str) -> frozenset[str]:
    """The regimens that a person is asked to put into the machine."""
    plan = plan_of_envelope(envelope)
    return frozenset(r.id for r in plan.regimens if in_machine(plan, r))


def calling(state: State, facts: Facts) -> tuple[DoseLife, ...]:
    """Doses kept elsewhere for which lamp and tone call now, in due order."""
    if not facts.clock_trusted or state.locked or state.service:
        return ()
    found = [d for d in state.doses.values() if d.elsewhere and d.stage == "open" and d.fell_due]
    return tuple(sorted((d for d in found if _free(state, facts, d)), key=lambda d: d.due_at))


def _free(state: State, facts: Facts, d: DoseLife) -> bool:
    """Nobody is called for what gap, cap or a hold point stands against."""
    now, envelope = facts.early_s, state.plan_envelope
    return (
        now < d.close_at
        and holds(state, envelope, d.regimen, d.due_at) is None
        and free_at(state, envelope, d.regimen, now) <= now
        and not room_at(state, envelope, d.regimen, d.quarters, now)
    )


def unsaid(state: State, now_s: int) -> tuple[DoseLife, ...]:
    """What may have been taken: its time came, and nobody has said yes or no."""
    return tuple(
        d
        for d in state.doses.values()
        if d.elsewhere and not d.denied and not d.taken_late_at and _quiet(d, now_s)
    )


def _quiet(d: DoseLife, now_s: int) -> bool:
    if d.stage == "open":
        return d.open_at <= now_s
    return d.stage in ("missed", "held") and not d.by


def supposing(state: State, now_s: int) -> State:
    """The state in which all that may have been taken was, as late as it can have been."""
    more = tuple(
        Release(d.close_at, d.regimen, d.quarters, d.dose_id, d.close_at, d.groups, d.amounts)
        for d in unsaid(state, now_s)
    )
    return replace(state, releases=(*state.releases, *more)) if more else state


def where(envelope: str, regimen: str) -> tuple[str, str]:
    """(unit that a dose counts, where it is kept) for whoever takes it; "" where not known."""
    for one in plan_of_envelope(envelope).regimens if envelope else ():
        if one.id == regimen and one.elsewhere:
            return one.unit, FRIDGE if FRIDGE in one.storage else "elsewhere"
    return "", ""
