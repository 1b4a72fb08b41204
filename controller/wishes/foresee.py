"""What giving by hand, late or for a journey, and loading a new version, would come to now.

Responsible for: asking the wishes themselves, without doing anything, so that a person reads
yes or no with the reason before anything is said. Not responsible for whether it will be
granted: the wish is judged anew when it is made, and only then.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from controller import events as ev
from controller.agenda import plan_in_force, plan_of_envelope
from controller.events import Json
from controller.facts import Facts
from controller.rules.doses import doses_of
from controller.state import Fill, State
from controller.wishes import byhand, doses
from controller.wishes.arguments import Refused
from controller.wishes.pairing import reasons
from hal.wire import codes
from schedules.compare import PAIRABLE

SOMEBODY = "person/somebody"
Handler = Callable[[State, Facts, Mapping[str, Json]], list[ev.Event]]


def may_reach_in(facts: Facts) -> bool:
    """Somebody stands at the open machine, or it is dead and opened without power (R9)."""
    opened = facts.flag(codes.F_SERVICE) and facts.flag(codes.F_DOOR_OPEN)
    return facts.board is None or opened


def hands(state: State, facts: Facts) -> list[Json]:
    """One row for each compartment from which a person could give something, in due order."""
    if not may_reach_in(facts):
        return []
    names = {r.id: r.name for r in plan.regimens} if (plan := plan_in_force(state)) else {}
    fills = [f for f in state.fills.values() if f.fill and f.state in ("loaded", "held")]
    rows: list[Json] = []
    for f in sorted(fills, key=lambda f: (f.due_at, f.compartment)):
        told = _row(state, facts, f)
        if told is not None:
            rows.append({**told, "names": [names.get(r, r) for r in f.regimens]})
    return rows


def changes_now(state: State, facts: Facts) -> list[Json]:
    """What loading the waiting version would do to rows that were promised, and nobody has
    accepted: `pair` is what a person names to accept it, "" where nobody can (R5, R7)."""
    if not state.pending_envelope:
        return []
    plan = plan_of_envelope(state.pending_envelope)
    names = {r.id: r.name for r in plan.regimens}
    return [
        {
            "pair": f"{one.code}:{one.place}" if one.code in PAIRABLE else "",
            "name": names.get(one.place, one.place),
            "sentence": one.sentence,
        }
        for one in reasons(state, plan, facts.utc_s, state.paired)
    ]


def _row(state: State, facts: Facts, f: Fill) -> dict[str, Json] | None:
    """None for a fill of which nothing can be given: as-needed medicine nobody was granted."""
    lives = [state.doses[d] for d in doses_of(state, f) if d in state.doses]
    if f.kind == "asked" and not lives:
        return None
    taken_out: dict[str, Json] = {
        "compartment": f.compartment,
        "pieces": f.pieces,
        "by": SOMEBODY,
    }
    late = [d for d in lives if d.stage in ("missed", "held") and not d.taken_late_at]
    first: dict[str, Json] = {"by": SOMEBODY, "reason": doses.LATE_REASONS[0]}
    return {
        "compartment": f.compartment,
        "pieces": f.pieces,
        "regimens": list(f.regimens),
        "quarters": list(f.quarters),
        "due_at": lives[0].due_at if f.kind == "asked" else f.due_at,
        "close_at": f.close_at,
        "dose_id": late[0].dose_id if late else "",
        "by_hand": _asked(byhand.by_hand, state, facts, taken_out),
        "was_by_hand": _asked(byhand.by_hand, state, facts, {**taken_out, "done": True}),
        "late": _asked(doses.give_late, state, facts, {**first, "dose_id": late[0].dose_id})
        if late
        else None,
        "journey": _asked(doses.hand_out, state, facts, {**taken_out, "for": "journey"}),
    }


def _asked(handler: Handler, state: State, facts: Facts, wish: Mapping[str, Json]) -> Json:
    """{"code": ""} where it would be granted, else code, sentence and when to ask again."""
    try:
        handler(state, facts, wish)
    except Refused as refused:
        return {"code": refused.code, "why": refused.why, "next_at": refused.next_at}
    return {"code": ""}
