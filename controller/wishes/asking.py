"""As-needed medicine: granted with a compartment and a time limit, or refused with a time.

Responsible for: whether asking is granted now, and why not.
Not responsible for who the person is: `by` is written down as given, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controller import events as ev
from controller.agenda import counters_of, granted, plan_in_force
from controller.events import Json
from controller.facts import Facts
from controller.rules.doses import round_doses
from controller.rules.elsewhere import never_here, supposing
from controller.rules.limits import free_at, room_at, used, week_room_at
from controller.rules.rounds import live, may_move
from controller.rules.spacing import clear_at
from controller.rules.units import weighed
from controller.state import Fill, State
from controller.wishes.arguments import Refused, text
from schedules.model import Plan
from schedules.phases import asked_span

GRANT_S: Final = 900  # an as-needed dose that was granted may be taken for this long


def ask(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """An as-needed dose: granted with a compartment and a time limit, or refused with a time."""
    name = text(wish, "regimen")
    plan = plan_in_force(state)
    if plan is None:
        raise Refused("no-plan", "No plan is in force yet.")
    if name not in {r.id for r in plan.regimens if r.as_needed is not None}:
        raise Refused("unknown-regimen", "The plan has no as-needed medicine of that name.")
    if plan.regimen(name).elsewhere:
        why = "It is not in the machine: take it, and say so, or say so first and then take it."
        raise Refused("say-taken", why)
    code, next_at = may_ask(state, facts, name)
    if code:
        return [ev.AskedRefused(name, code, next_at)]
    fill = asked_fill(state, name)
    assert fill is not None
    number = state.asked_number + 1
    # open by the clock that is behind, closed by the one ahead: two clocks cost no minute of it
    open_at, close_at = facts.early_s, facts.late_s + GRANT_S
    dose = granted(plan, name, facts.log_epoch, number, open_at)
    return [
        ev.AskedGranted(
            name,
            dose.dose_id,
            number,
            dose.quarters,
            fill.compartment,
            open_at,
            close_at,
            plan.regimen(name).ingredients,
            tuple(ug for _, ug in plan.regimen(name).amounts),
        )
    ]


def asked_fill(state: State, regimen: str) -> Fill | None:
    """A loaded compartment of this as-needed regimen that nobody was promised."""
    promised = {d.compartment for d in state.doses.values() if d.asked and d.is_open}
    fills = [
        f
        for f in state.fills.values()
        if f.kind == "asked"
        and f.regimens == (regimen,)
        and f.state == "loaded"
        and f.compartment not in promised
    ]
    return min(fills, key=lambda f: f.compartment) if fills else None


def may_ask(state: State, facts: Facts, regimen: str) -> tuple[str, int]:
    """("", 0) where asking would be granted now, else a code and when to ask again (0: unknown)."""
    plan = plan_in_force(state)
    assert plan is not None
    rule = plan.regimen(regimen).as_needed
    assert rule is not None
    now = facts.early_s
    if regimen in state.halts:
        return "stopped" if state.halts[regimen].act == "stop" else "on-hold", 0
    if plan.regimen(regimen).elsewhere:
        if state.locked or not facts.clock_trusted:
            return "not-ready", 0
        return _limits(state, plan, regimen, now)
    if not may_move(state, facts):
        return "not-ready", 0
    if any(d.asked and d.regimen == regimen and d.is_open for d in state.doses.values()):
        return "already-granted", 0
    code, next_at = _limits(state, plan, regimen, now)
    if code:
        return code, next_at
    if live(state.order) and state.order is not None and state.order.stage == "committed":
        return "busy", 0
    if state.cup is not None:
        return "cup-not-empty", 0
    if any(state.doses[d].fell_due and not state.doses[d].asked for d in round_doses(state)):
        return "round-waiting", 0  # one press first, or a skip: then it is free for this
    if asked_fill(state, regimen) is None:
        kept_out = never_here(plan, plan.regimen(regimen))
        return "never-store" if kept_out else "none-loaded", 0
    return "", 0


def _limits(state: State, plan: Plan, regimen: str, now: int) -> tuple[str, int]:
    """What gaps, caps and pairs say of one more dose now: a code and when to ask again."""
    rule = plan.regimen(regimen).as_needed
    assert rule is not None
    if not plan.valid_from <= now < plan.valid_until:
        return "plan-not-valid", 0
    begins, ends = asked_span(plan, plan.regimen(regimen))
    if not begins <= now < ends:
        return ("not-begun", begins) if now < begins else ("course-over", 0)
    known = _first_against(state, regimen, rule.quarters, now)
    if known[0]:
        return known
    # what may have been taken outside the machine counts, until somebody has said yes or no
    _, until = _first_against(supposing(state, now), regimen, rule.quarters, now)
    if until > now:
        return "say-first", until
    clear = clear_at(state, state.plan_envelope, regimen, now)
    return ("spacing", clear) if clear > now else ("", 0)


def _first_against(state: State, regimen: str, quarters: int, now: int) -> tuple[str, int]:
    envelope = state.plan_envelope
    gap = free_at(state, envelope, regimen, now)
    if gap > now:
        return "gap", gap
    week = week_room_at(state, envelope, regimen, quarters, now)
    room = room_at(state, envelope, regimen, quarters, now)
    if room > now:
        return "cap-week" if week >= room else "cap", room
    return "", 0


def caps_told(state: State, regimen: str, now: int) -> str:
    """`3500 of 4000 mg paracetamol in 24 hours` for what is weighed, "" where nothing is."""
    envelope = state.plan_envelope
    found = [
        weighed(envelope, c, used(state, envelope, c, now))
        for c in counters_of(envelope)
        if regimen in c.regimens
    ]
    return "; ".join(f"{one} in 24 hours" for one in found if one)
