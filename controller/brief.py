"""What a report is made of, and the top of the page: cheap to compute at every change.

Responsible for: mode, signal, plan, next round, the round that is open, alerts and the board.
Not responsible for the rest of the page (snapshot.py), nor for what of it may leave the home
(report/standing.py).
"""

from __future__ import annotations

from controller import acts, words
from controller.agenda import between, plan_in_force
from controller.events import Json
from controller.facts import Facts
from controller.rules.doses import round_doses
from controller.state import LOST, State
from hal.wire import codes
from schedules.model import DAY_S, Plan


def brief(state: State, facts: Facts) -> dict[str, Json]:
    """The part that a report is made of (report/standing.py): nothing that costs time."""
    plan = plan_in_force(state)
    return {
        "mode": _mode(state, facts),
        "link": facts.link,
        "signal": codes.SIGNALS[acts.signal(state, facts)],
        "trusted": state.clock_trusted,
        "plan": {
            "version": state.plan_version,
            "valid_until": plan.valid_until,
            "patient": plan.patient,
        }
        if plan
        else None,
        "next": _next(state, facts),
        "round": _round(state, plan),
        "alerts": [
            {
                "alert_id": a.alert_id,
                "code": a.code,
                "severity": a.severity,
                "sentence": words.alert(a.code),
                "since_ms": a.raised_at * 1000,
                "dose_id": a.dose_id,
                "compartment": a.compartment if a.compartment >= 0 else None,
                "acknowledged_by": a.acknowledged_by,
                "fault": codes.word(a.fault) if a.fault else "",
            }
            for a in state.alerts.values()
        ],
        "board": _board(state, facts),
    }


def _mode(state: State, facts: Facts) -> str:
    if state.locked:
        return "journal-fault" if state.locked == LOST else "locked"
    if state.service:
        return "service"
    return "ready" if facts.board is not None and state.plan_envelope else "starting"


def _next(state: State, facts: Facts) -> Json:
    if not state.plan_envelope:
        return None
    for days in (1, 8, 60):
        until = facts.utc_s + days * DAY_S
        planned = between(state.plan_envelope, facts.utc_s, until)
        ahead = [d for d in planned if _to_come(state, d.dose_id)]
        if ahead:
            due = ahead[0].due_at
            return {"due_at": due, "doses": sum(1 for d in ahead if d.due_at == due)}
    return None


def _to_come(state: State, dose_id: str) -> bool:
    """Not taken early already, nor on its way."""
    life = state.doses.get(dose_id)
    return life is None or life.stage in ("open", "ordered")


def _round(state: State, plan: Plan | None) -> Json:
    ids = list(round_doses(state)) or (list(state.cup.doses) if state.cup else [])
    lives = [state.doses[i] for i in ids if i in state.doses]
    if not lives or plan is None:
        return None
    order = state.order
    stage = "offered"
    if state.cup is not None:
        stage = "taken" if state.cup.lifted_at else "released"
    elif order is not None and order.stage in ("prepared", "committed"):
        stage = order.stage
    return {
        "doses": [
            {
                "dose_id": d.dose_id,
                "regimen_id": d.regimen,
                "name": name_of(plan, d.regimen),
                "pieces": pieces(d.quarters),
                "state": d.stage,
            }
            for d in lives
        ],
        "open_at": max(d.open_at for d in lives),
        "due_at": lives[0].due_at,
        "warn_at": min(d.warn_at for d in lives),
        "close_at": min(d.close_at for d in lives),
        "stage": stage,
    }


def _board(state: State, facts: Facts) -> Json:
    b = facts.board
    if b is None:
        return {"boot_epoch": state.boot_epoch, "simulated": state.board_simulated}
    return {
        "boot_epoch": b.boot_epoch,
        "simulated": bool(b.flags & codes.F_SIMULATED),
        "flags": b.flags,
        "fault": codes.word(b.fault) if b.fault else "",
        "refusal": codes.word(b.refusal) if b.refusal else "",
        "battery_mv": b.battery_mv,
        "cup_mg": b.cup_mg,
        "order": b.order,
        "order_state": b.order_state,
        "door_count": b.door_count,
        "lease_no": b.lease_no,
    }


def pieces(quarters: int) -> int:
    """Pieces as a person counts them: a part of one is one."""
    return (quarters + 3) // 4


def name_of(plan: Plan, regimen: str) -> str:
    """The name of a medicine in the plan; its id where the plan has it no more."""
    found = [r.name for r in plan.regimens if r.id == regimen]
    return found[0] if found else regimen
