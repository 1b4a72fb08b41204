"""What the panel, the page and the state report show: one JSON value per change.

Responsible for: turning state and facts into the document that watchers of the
local socket get. Not responsible for how it is drawn (web/) or for what may
leave the home (report/standing.py).
"""

from __future__ import annotations

from typing import Final

from controller import acts, words
from controller.agenda import between, plan_in_force
from controller.brief import brief, name_of
from controller.events import Json
from controller.facts import Facts
from controller.rules.doses import round_doses
from controller.rules.elsewhere import calling, where
from controller.rules.halts import held_now, held_row
from controller.rules.holdpoints import waiting
from controller.rules.limits import free_at, room_at
from controller.rules.proposal import proposal
from controller.rules.reach import days as days_of
from controller.state import LOST, DoseLife, State
from controller.table import OUTCOMES
from controller.wishes import may_ask
from controller.wishes.asking import caps_told
from controller.wishes.doses import needs_second
from controller.wishes.people import runs_ahead, time_number
from hal.wire import codes
from schedules.model import DAY_S, Plan

OPENED: Final = ("door-opened", "tray-changed", "stray-fall")  # a person must look again


def snapshot(state: State, facts: Facts, written: int, acked: int) -> dict[str, Json]:
    """Everything a watcher may know, at `facts.utc_s`."""
    plan = plan_in_force(state)
    shown = brief(state, facts)
    return shown | {
        "at_ms": facts.utc_s * 1000,
        "clock_reason": state.clock_reason,
        "time_number": time_number(state, facts) if runs_ahead(state, facts) else "",
        "zone": plan.zone if plan else "UTC",
        "lock_reason": state.locked,
        "net": {"connected": facts.connected, "unacked": facts.unacked},
        "pending_version": state.pending_version,
        "halts": [
            {"regimen_id": name, "act": h.act, "since_ms": h.at_s * 1000, "by": h.by}
            for name, h in state.halts.items()
        ],
        "hold_points": [
            {
                "regimen_id": p.regimen,
                "name": name_of(plan, p.regimen) if plan else p.regimen,
                "since_ms": p.start_s * 1000,
                "look_for": p.look_for,
            }
            for p in waiting(state, facts.early_s)
        ],
        "held_rounds": [held_row(row) for row in held_now(state, facts)],
        "say": _say(state, facts, str(shown["signal"])),
        "doses": _doses(state, facts, plan),
        "asked": _asked(state, facts, plan),
        "compartments": _compartments(state),
        "loading": _loading(state, facts),
        "events": {"written": written, "acked": acked},
    }


def _say(state: State, facts: Facts, signal: str) -> str:
    if state.locked:
        return words.SAY_LOST if state.locked == LOST else words.SAY_LOCKED
    if state.service:
        return words.SAY_SERVICE
    order = state.order
    if order is not None and order.stage == "committed":
        return words.SAY_MOVING
    if order is not None and order.stage == "prepared" and signal in ("call", "warn", "ready"):
        if order.refusal == codes.CUP_MISSING:
            return words.SAY_CUP_MISSING
        if order.refusal in (codes.CUP_NOT_EMPTY, codes.CUP_MOVED):
            return words.SAY_CUP_FULL
    against = acts.stands_against(state, facts)
    silent = against == codes.BOARD_SILENT and signal == "alarm"
    if silent or (against and signal in ("alarm", "quiet") and round_doses(state)):
        wrong, todo = words.fault(codes.word(against))
        return f"{wrong} {todo}".strip() or words.SAY["alarm"]
    if signal in ("call", "warn") and calling(state, facts) and not round_doses(state):
        return words.SAY_ELSEWHERE
    return words.SAY[signal]


def _doses(state: State, facts: Facts, plan: Plan | None) -> list[Json]:
    if plan is None:
        return []
    since, until = facts.utc_s - DAY_S, facts.utc_s + DAY_S
    lives = [d for d in state.doses.values() if since <= d.due_at < until]
    rows = [_dose_row(state, facts, plan, d) for d in lives]
    apart = {r.id for r in plan.regimens if r.elsewhere}
    start = max(since, state.in_force_s)
    for d in between(state.plan_envelope, start, until):
        if d.dose_id not in state.doses:
            planned = DoseLife(
                d.dose_id,
                d.regimen_id,
                d.quarters,
                d.open_at,
                d.due_at,
                d.warn_at,
                d.close_at,
                stage="planned",
                elsewhere=d.regimen_id in apart,
            )
            rows.append(_dose_row(state, facts, plan, planned))
    return rows


def _dose_row(state: State, facts: Facts, plan: Plan, d: DoseLife) -> Json:
    ended = d.stage in OUTCOMES
    unit, kept = where(state.plan_envelope, d.regimen) if d.elsewhere else ("", "")
    return {
        "dose_id": d.dose_id,
        "regimen_id": d.regimen,
        "name": name_of(plan, d.regimen),
        "quarters": d.quarters,
        "due_at": d.due_at,
        "close_at": d.close_at,
        "state": d.stage,
        "outcome": d.stage if ended else "",
        "how": words.HOW.get(d.how, d.how),
        "by": d.by,
        "second": d.stage == "uncertain" and needs_second(state, d.regimen),
        "elsewhere": d.elsewhere,
        "unit": unit,
        "kept": kept,
        "not_before": _not_before(state, facts, d) if d.elsewhere and d.stage == "open" else 0,
        "said_at": d.taken_late_at,
        "denied": d.denied,
    }


def _not_before(state: State, facts: Facts, d: DoseLife) -> int:
    """When gaps and caps allow what no machine holds back (Unix s), 0: now."""
    now, envelope = facts.early_s, state.plan_envelope
    room = room_at(state, envelope, d.regimen, d.quarters, now)
    at_s = max(free_at(state, envelope, d.regimen, now), room)
    return at_s if at_s > now else 0


def _asked(state: State, facts: Facts, plan: Plan | None) -> list[Json]:
    rows: list[Json] = []
    for r in plan.regimens if plan else ():
        if r.as_needed is not None:
            code, next_at = may_ask(state, facts, r.id)
            rows.append(
                {
                    "regimen_id": r.id,
                    "name": r.name,
                    "allowed": not code,
                    "code": code,
                    "next_at": next_at or None,
                    "told": caps_told(state, r.id, facts.early_s),
                    "elsewhere": r.elsewhere,
                    "quarters": r.as_needed.quarters,
                    "unit": r.unit if r.elsewhere else "",
                    "kept": where(state.plan_envelope, r.id)[1],
                }
            )
    return rows


def _compartments(state: State) -> list[Json]:
    rows: list[Json] = []
    for index in range(codes.COMPARTMENTS):
        f = state.fills.get(index)
        rows.append(
            {
                "index": index,
                "state": f.state if f else "empty",
                "fill": f.fill if f else 0,
                "doses": list(f.doses) if f else [],
                "pieces": f.pieces if f else 0,
                "code": f.code if f else "",
            }
        )
    return rows


def _loading(state: State, facts: Facts) -> Json:
    """What a loader is asked for: while the door is open, or when a refill is due."""
    opened = any(f.code in OPENED for f in state.fills.values() if f.state == "held")
    waiting = bool(state.pending_envelope) or opened
    asked = "load-due" in state.alerts or (waiting and not state.service)
    if not (asked or state.service):
        return None
    rows: list[Json] = [
        {
            "compartment": r.compartment,
            "empty_first": r.empty_first,
            "kind": r.kind,
            "doses": list(r.doses),
            "regimens": list(r.regimens),
            "quarters": list(r.quarters),
            "piece_mgs": list(r.piece_mgs),
            "due_at": r.due_at,
        }
        for r in proposal(state, facts)
    ]
    verify: list[Json] = [
        f.compartment
        for f in sorted(state.fills.values(), key=lambda f: f.compartment)
        if f.state == "held" and f.code in OPENED
    ]
    lasts, lost = days_of(state, facts)
    return {
        "asked": asked,
        "rows": rows,
        "verify": verify,
        "done": state.loading_done,
        "days": lasts,
        "days_lost": lost,
    }
