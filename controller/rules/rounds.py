"""Rounds: what may be given now, what of it is most pressing, and when a round is over.

Responsible for: the next round of fills, offered as one press and one cup, and for whether
anything may move at all. Not responsible for the orders of a round (orders.py) or for
windows, gaps and caps themselves (doses.py, limits.py).
"""

from __future__ import annotations

import hashlib
from typing import Final

from controller import events as ev
from controller.facts import Facts
from controller.rules.doses import doses_of
from controller.rules.holdpoints import holds
from controller.rules.limits import free_at, room_at
from controller.state import Fill, Order, State

RETRY_S: Final = 300  # a compartment that the board refused is asked for again after this long


def digest(doses: tuple[str, ...]) -> str:
    """What one fill or round is about, as 32 hex digits: equal doses, equal digest."""
    return hashlib.sha256("|".join(doses).encode()).hexdigest()[:32]


def may_move(state: State, facts: Facts) -> bool:
    """Whether anything may be asked of the machine at all (I9)."""
    return (
        facts.board is not None
        and facts.clock_trusted
        and state.clock_trusted
        and not state.locked
        and not state.service
        and bool(state.plan_envelope)
        and facts.board.lease_no == state.lease_no
    )


def live(order: Order | None) -> bool:
    """An order the board may still act on."""
    return order is not None and order.stage in ("prepared", "committed")


def next_order(state: State, facts: Facts) -> int:
    """One more than any order number the journal or the board has ever seen."""
    assert facts.board is not None
    return 1 + max(state.last_order, facts.board.order)


def ready(state: State, facts: Facts, fill: Fill) -> bool:
    """Whether this fill may be offered now: window, gap, caps, contents, holds."""
    doses = doses_of(state, fill)
    if fill.state != "loaded" or not doses:
        return False
    bit = 1 << fill.compartment
    if facts.board is None or (facts.board.held_mask | facts.board.spent_mask) & bit:
        return False
    for dose_id in doses:
        d = state.doses.get(dose_id)
        if d is None or d.stage != "open" or d.tries > 2:
            return False
        if facts.early_s < d.open_at or facts.late_s >= d.close_at:
            return False
        if d.refused_at and d.refused_at <= facts.utc_s < d.refused_at + RETRY_S:
            return False
        if holds(state, state.plan_envelope, d.regimen, d.due_at) is not None:
            return False
        if free_at(state, state.plan_envelope, d.regimen, facts.early_s) > facts.early_s:
            return False
        if room_at(state, state.plan_envelope, d.regimen, d.quarters, facts.early_s):
            return False
    day = fill.kind == "day"
    return not day or (fill.open_at <= facts.early_s and facts.late_s < fill.close_at)


def offer(state: State, facts: Facts) -> list[ev.Event]:
    """The next round: what is most pressing of all that may be given; one press, one cup."""
    if state.round or state.cup or live(state.order) or not may_move(state, facts):
        return []
    waiting = [f for f in state.fills.values() if ready(state, facts, f)]
    if not waiting:
        return []
    chosen = sorted(_first(state, waiting), key=lambda f: f.compartment)
    doses = tuple(d for f in chosen for d in doses_of(state, f))
    return [
        ev.RoundOffered(
            next_order(state, facts),
            tuple(f.compartment for f in chosen),
            tuple(f.fill for f in chosen),
            digest(doses),
        )
    ]


def _first(state: State, fills: list[Fill]) -> list[Fill]:
    """The fills of the most pressing round: planned doses of one due instant, or one request."""
    rounds: dict[tuple[str, int], list[Fill]] = {}
    for f in fills:
        rounds.setdefault((f.kind, f.compartment if f.kind == "asked" else f.due_at), []).append(f)
    return min(rounds.values(), key=lambda round_: pressing(state, round_))


def pressing(state: State, fills: list[Fill]) -> tuple[int, int]:
    """Smaller is more urgent: what is due, by its close; then requests; then what may wait."""
    lives = [state.doses[d] for f in fills for d in doses_of(state, f)]
    if any(d.fell_due and not d.asked for d in lives):
        return 0, min(d.close_at for d in lives)
    return (1, 0) if any(d.asked for d in lives) else (2, min(d.due_at for d in lives))


def outrun(state: State, facts: Facts, order: Order) -> bool:
    """Nobody has pressed for this round yet, and another one has become more urgent."""
    going, board = state.round, facts.board
    if going is None or going.started or board is None or board.consent_round == order.round:
        return False
    mine = [state.fills[c] for c in going.compartments if c in state.fills]
    others = [f for f in state.fills.values() if f not in mine and ready(state, facts, f)]
    if not (mine and others and may_move(state, facts)):
        return False
    return pressing(state, _first(state, others)) < pressing(state, mine)


def end_round(state: State, facts: Facts) -> list[ev.Event]:
    """A round ends when all its orders did, or when one of them did not release."""
    going, order = state.round, state.order
    if going is None or live(order):
        return []
    failed = (
        order is not None
        and order.round == going.round
        and (order.stage == "withdrawn" or (order.stage == "resolved" and order.verdict != 1))
    )
    return [ev.RoundEnded(going.round)] if failed or going.done >= len(going.fills) else []
