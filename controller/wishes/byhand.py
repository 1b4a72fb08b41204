"""A named person gives medicine by hand: the machine cannot, or was opened without power (R9).

Responsible for: what such a giving means for doses, gaps, caps and the compartment, round by
round. A fact that has happened is always written down; one that is only asked for must keep gap
and cap. The compartment is spent then, and nothing can release it any more. Not responsible for
who the person is: `by` is written down as given, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller import events as ev
from controller.events import Json
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import doses_of
from controller.rules.limits import free_at, room_at
from controller.rules.rounds import live
from controller.state import LOST, DoseLife, Fill, State
from controller.wishes.arguments import Refused, at_machine, number, text
from controller.wishes.doses import needs_second, on_its_tray, passed_point, said_first
from hal.wire import codes

HOW = "by-hand"


def by_hand(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """Pieces of one compartment were, or (without `done`) are about to be, given by hand."""
    if facts.board is not None:  # a dead machine is opened mechanically: the door cannot be seen
        at_machine(facts)
    compartment = number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    pieces = number(wish, "pieces", 1, 200)
    by, done = text(wish, "by"), wish.get("done") is True
    fill = state.fills.get(compartment)
    if fill is None or fill.state not in ("loaded", "held") or not fill.fill:
        raise Refused("not-loaded", "Nothing that could be given is known to be in it.")
    if pieces != fill.pieces:
        raise Refused("wrong-pieces", f"{fill.pieces} pieces belong in it; count again.")
    order = state.order
    if live(order) and order is not None and order.compartment == compartment:
        raise Refused("busy", "The machine is at it just now; wait until it has answered.")
    lives = _lives(state, facts, fill, done)
    if not done:
        _sure(fill, facts)
    happened: list[ev.Event] = [
        ev.GivenByHand(compartment, fill.fill, tuple(d.dose_id for d in lives), pieces, by)
    ]
    for d in lives:
        happened += _outcome(state, d, by)
    return happened


def _lives(state: State, facts: Facts, fill: Fill, done: bool) -> list[DoseLife]:
    """The doses it is, each of which may be given; raises Refused."""
    names = doses_of(state, fill)
    known = [state.doses[d] for d in names if d in state.doses]
    if not names or len(known) < len(names):
        raise Refused("not-open", "It is not time for it yet.", fill.open_at)
    if any(d.stage not in ("open", "held", "missed", "uncertain") for d in known):
        raise Refused("not-open", "It was given, or is being given, already.")
    for d in known:
        if done:
            continue
        if d.stage not in ("open", "uncertain") or facts.late_s >= d.close_at:
            raise Refused("too-late", "Its time is over; ask somebody who may decide that.")
        if d.regimen in state.halts:
            raise Refused("stopped", "This medicine was stopped or put on hold.")
        passed_point(state, d.regimen, d.due_at)
        if d.stage == "uncertain" and needs_second(state, d.regimen):
            why = "A doubt about this medicine is settled by two people, and not by giving more."
            raise Refused("second-person", why)
        _in_limits(state, facts, d, names)
    return known


def _sure(fill: Fill, facts: Facts) -> None:
    """Raises Refused where nobody can say what lies in there."""
    if fill.code == LOST:
        raise Refused("not-there", "The record of it is lost: take it out, and load it anew.")
    on_its_tray(fill, facts)


def _in_limits(state: State, facts: Facts, d: DoseLife, fill: tuple[str, ...]) -> None:
    """Raises Refused where a gap or cap forbids it.

    What is in doubt of this very fill was counted in the compartment: nothing of it fell.
    """
    now = facts.early_s
    said_first(state, d, now, fill)
    counted = any(r.dose_id == d.dose_id for r in state.releases)
    gap = free_at(state, state.plan_envelope, d.regimen, now, fill)
    quarters = 0 if counted else d.quarters  # in the sum already
    room = room_at(state, state.plan_envelope, d.regimen, quarters, now)
    if gap > now or room:
        raise Refused("gap" if gap > now else "cap", "Too soon after the last.", max(gap, room))


def _outcome(state: State, d: DoseLife, by: str) -> list[ev.Event]:
    """What is known of the dose from now on; an outcome that was written stays and is corrected."""
    if d.stage == "open":
        return close(state, d, "taken", HOW, 0, by)
    if d.stage == "uncertain" and needs_second(state, d.regimen):
        return []  # written down as given; what fell before it stays in doubt until two say so
    happened: list[ev.Event] = [
        ev.DoseSettled(d.dose_id, "taken", HOW, by)
        if d.stage == "uncertain"
        else ev.TakenLate(d.dose_id)
    ]
    for code in ("dose-held", "dose-missed", "dose-uncertain"):
        if alert_id(code, d.dose_id) in state.alerts:
            happened.append(ev.AlertResolved(alert_id(code, d.dose_id), HOW, by))
    return happened
