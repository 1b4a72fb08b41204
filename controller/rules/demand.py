"""Demand: the doses ahead that no compartment holds yet, and which of them may share one.

Responsible for: what is still to be loaded, for which version, and the groups of one window
(R13). Not responsible for which compartment takes a group (proposal.py).
"""

from __future__ import annotations

from typing import Final

from controller.agenda import between, plan_of_envelope
from controller.facts import Facts
from controller.rules.elsewhere import loadable
from controller.rules.fills import keeps
from controller.state import State
from hal.wire.codes import ROW_GROUPS
from schedules.limits import lease_counters
from schedules.model import DAY_S, Dose, Plan, Regimen

WAYS: Final = 8  # so many compartments of one instant are tried for one more dose
SHARED_S: Final = 900  # doses share a compartment only if their common window is this long


def wanted_envelope(state: State) -> str:
    """The plan that is loaded for: an approved version waits for exactly this."""
    return state.pending_envelope or state.plan_envelope


def uncovered(state: State, facts: Facts) -> list[Dose]:
    """Doses ahead that no compartment holds yet, in due order."""
    envelope = wanted_envelope(state)
    if not envelope:
        return []
    plan = plan_of_envelope(envelope)
    until = min(facts.utc_s + facts.settings.load_days * DAY_S, plan.valid_until)
    held = {d for f in state.fills.values() if keeps(f) for d in f.doses}
    ahead = between(envelope, facts.utc_s, until) if until > facts.utc_s else []
    here = loadable(envelope)
    return [
        d
        for d in ahead
        if d.regimen_id in here and d.dose_id not in held and _needs(state, d, facts.utc_s)
    ]


def _needs(state: State, d: Dose, now_s: int) -> bool:
    life = state.doses.get(d.dose_id)
    # what was released, or is about to be, needs no second fill
    if d.regimen_id in state.halts and not state.halts[d.regimen_id].answered:
        return False
    return d.close_at > now_s and (life is None or life.stage in ("open", "ordered"))


def groups_of(plan: Plan, missing: list[Dose]) -> list[list[Dose]]:
    """Doses that may share a compartment: one instant, one window, nothing to be held (R13)."""
    groups: list[list[Dose]] = []
    counted: dict[str, set[int]] = {r.id: set() for r in plan.regimens}
    for counter in lease_counters(plan):
        for regimen in counter.regimens:
            counted[regimen].add(counter.key)
    for d in missing:
        near = [
            g
            for g in groups[-WAYS:]
            if g[0].due_at == d.due_at
            and _may_share(plan, g, d)
            and len(set().union(*(counted[x.regimen_id] for x in (*g, d)))) <= ROW_GROUPS
        ]
        if near:
            near[0].append(d)
        else:
            groups.append([d])
    return groups


def _may_share(plan: Plan, group: list[Dose], d: Dose) -> bool:
    alone = _alone(plan.regimen(d.regimen_id)) or _alone(plan.regimen(group[0].regimen_id))
    return not alone and _common(group, d) >= SHARED_S


def _alone(regimen: Regimen) -> bool:
    """What may be held lies alone; a hold point holds it for certain (R13)."""
    return regimen.alone or any(step.hold_point for step in regimen.steps)


def _common(group: list[Dose], d: Dose) -> int:
    both = [*group, d]
    return min(x.close_at for x in both) - max(x.open_at for x in both)
