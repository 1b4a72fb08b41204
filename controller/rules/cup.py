"""The cup: from "it fell" to "it left", or to a doubt that a person must settle.

Responsible for: taken(retrieved), missed(left-in-cup), uncertain(cup...), and
lifts after the outcome (TakenLate). Sensors say that pills left with the cup,
never that anybody swallowed them. Not responsible for releases (orders.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import closing_time
from controller.state import Cup, DoseLife, State
from hal.wire import codes

AWAY_S: Final = 900  # lifted and not back for this long: uncertain(cup-away)
GRACE_S: Final = 120  # pills that fell just before the close may still be taken
UNSEEN_S: Final = 900  # the board, and so the cup, out of sight for this long after the close


def watch(state: State, facts: Facts) -> list[ev.Event]:
    """What the cup shows now, for pills that fell and have not been accounted for."""
    cup, board = state.cup, facts.board
    if cup is None:
        lifted = board is not None and 0 <= state.doubt_lifts < board.lift_count
        return [ev.CupLifted(0, board.lift_count)] if board is not None and lifted else []
    if board is None:
        return _unseen(state, facts, cup)
    if board.lift_count > cup.lift_count:
        late = [ev.TakenLate(d.dose_id) for d in _inside(state, cup) if _left_in_cup(d)]
        return [ev.CupLifted(cup.round, board.lift_count), *late, *_corrected(state, cup)]
    present = facts.flag(codes.F_CUP_PRESENT)
    if present and abs(board.cup_mg) <= cup.tolerance_mg:
        return _empty(state, facts, cup)
    if cup.lifted_at and not present:
        return _away(state, facts, cup)
    return _at_close(state, facts, cup, present, board.cup_mg)


def _left_in_cup(d: DoseLife) -> bool:
    """Closed as lying in the cup, and not seen to leave it yet."""
    return d.stage == "missed" and not d.taken_late_at


def _inside(state: State, cup: Cup) -> list[DoseLife]:
    return [state.doses[d] for d in cup.doses if d in state.doses]


def _waiting(state: State, cup: Cup) -> list[DoseLife]:
    return [d for d in _inside(state, cup) if d.stage == "released"]


def _corrected(state: State, cup: Cup) -> list[ev.Event]:
    """Left in the cup, now lifted: the alert is corrected, the outcome stays (R2)."""
    names = [alert_id("left-in-cup", d) for d in cup.doses]
    return [ev.AlertResolved(name, "taken-late") for name in names if name in state.alerts]


def _empty(state: State, facts: Facts, cup: Cup) -> list[ev.Event]:
    """Back at tare: retrieved if it was lifted; pills that vanish without a lift are a doubt."""
    happened: list[ev.Event] = []
    waiting = _waiting(state, cup)
    if cup.lifted_at:
        for d in waiting:
            happened += close(state, d, "taken", "retrieved", d.order)
        return [*happened, ev.CupCleared(cup.round)]
    now = _closable(state, facts, cup)
    if waiting and not now:
        return []
    for d in waiting:
        happened += close(state, d, "uncertain", "cup", d.order)
    gone = [ev.TakenLate(d.dose_id) for d in _inside(state, cup) if _left_in_cup(d)]
    return [*happened, *gone, *_corrected(state, cup), ev.CupCleared(cup.round)]


def _away(state: State, facts: Facts, cup: Cup) -> list[ev.Event]:
    now = closing_time(facts)
    if now is None or facts.utc_s < cup.lifted_at + AWAY_S:
        return []
    happened: list[ev.Event] = []
    for d in _waiting(state, cup):
        happened += close(state, d, "uncertain", "cup-away", d.order)
    return happened


def _at_close(state: State, facts: Facts, cup: Cup, present: bool, cup_mg: int) -> list[ev.Event]:
    """The window is over: everything still inside is missed(left-in-cup), the rest is a doubt."""
    if not _closable(state, facts, cup):
        return []
    whole = present and not cup.lifted_at and abs(cup_mg - cup.weight_mg) <= cup.tolerance_mg
    happened: list[ev.Event] = []
    for d in _waiting(state, cup):
        outcome, how = ("missed", "left-in-cup") if whole else ("uncertain", "cup")
        happened += close(state, d, outcome, how, d.order)
    return happened


def _closable(state: State, facts: Facts, cup: Cup) -> bool:
    now = closing_time(facts)
    waiting = _waiting(state, cup)
    if now is None or not waiting:
        return False
    last = max(d.close_at for d in waiting)
    return now >= max(last, cup.released_at + GRACE_S)


def _unseen(state: State, facts: Facts, cup: Cup) -> list[ev.Event]:
    now = closing_time(facts)
    waiting = _waiting(state, cup)
    if now is None or not waiting:
        return []
    if now < max(d.close_at for d in waiting) + UNSEEN_S:
        return []
    happened: list[ev.Event] = []
    for d in waiting:
        happened += close(state, d, "uncertain", "cup", d.order)
    return happened
