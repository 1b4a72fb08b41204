"""A person with the door open: taking out, putting in, looking, and being done.

Responsible for: each step of a loading, checked against what is proposed.
Not responsible for who the person is: `by` is written down as given, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller import events as ev
from controller.agenda import plan_in_force, plan_of_envelope
from controller.events import Json
from controller.facts import Facts
from controller.rules.fills import OPENED
from controller.rules.proposal import Proposed, proposal, too_light
from controller.state import Fill, State
from controller.wishes.arguments import Refused, at_machine, number, text
from controller.wishes.pairing import pairing
from hal.wire import codes


def _proposed(state: State, facts: Facts, compartment: int) -> Proposed:
    for row in proposal(state, facts):
        if row.compartment == compartment:
            return row
    raise Refused("not-proposed", "Nothing is to be loaded into this compartment now.")


def loading(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    at_machine(facts)
    compartment = number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    by = text(wish, "by")
    row = _proposed(state, facts, compartment)
    _as_shown(wish, row)
    fill = state.fills.get(compartment)
    if fill is not None:
        raise Refused("not-emptied", "Take out what is in it and say how many pieces, first.")
    board = facts.board
    assert board is not None
    if too_light(row, board.noise_mg):
        raise Refused("too-light", "A piece weighs too little for this scale: give it by hand.")
    meant = (row.kind, row.doses, row.regimens, row.quarters)
    return [ev.Loading(compartment, by, *meant, board.tray_index, board.door_count)]


def _meant(what: Fill | Proposed) -> tuple[object, ...]:
    """What belongs into a compartment."""
    return what.kind, what.doses, what.regimens, what.quarters


def _as_shown(wish: Mapping[str, Json], row: Proposed) -> None:
    """Whoever says what was read on the screen is told when it means something else by now."""
    shown = wish.get("doses")
    if shown is not None and shown != list(row.doses):
        raise Refused("proposal-changed", "What belongs in it has changed; look again.")


def loaded(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    at_machine(facts)
    compartment = number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    by = text(wish, "by")
    fill = state.fills.get(compartment)
    if fill is None or fill.state != "loading":
        raise Refused("not-loading", "Say that you are loading this compartment, first.")
    board = facts.board
    assert board is not None
    if (fill.tray_index, fill.door_count) != (board.tray_index, board.door_count):
        raise Refused("door-opened", "The door was closed since you began: take it out again.")
    row = _proposed(state, facts, compartment)
    _as_shown(wish, row)
    if _meant(fill) != _meant(row):
        raise Refused("proposal-changed", "What belongs in it has changed; take it out again.")
    pieces = wish.get("pieces", len(row.piece_mgs))
    if pieces != len(row.piece_mgs):
        raise Refused("wrong-pieces", f"{len(row.piece_mgs)} pieces belong in it; count again.")
    return [
        ev.Loaded(
            compartment,
            state.last_fill + 1,
            row.kind,
            row.doses,
            row.regimens,
            row.quarters,
            len(row.piece_mgs),
            row.weight_mg,
            row.tolerance_mg,
            row.open_at,
            row.due_at,
            row.warn_at,
            row.close_at,
            board.tray_index,
            board.door_count,
            by,
        )
    ]


def emptied(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    at_machine(facts)
    compartment = number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    pieces = number(wish, "pieces", 0, 200)
    by = text(wish, "by")
    fill = state.fills.get(compartment)
    if fill is None:
        raise Refused("not-loaded", "Nothing is known to be in this compartment.")
    return [ev.Emptied(compartment, fill.fill, pieces, by), *_lacking(state, fill, pieces, by)]


def _lacking(state: State, fill: Fill, pieces: int, by: str) -> list[ev.Event]:
    """What was never asked for and is gone may have been taken: it counts from now on (R2)."""
    unasked = fill.state == "loaded" or fill.code in OPENED
    if not (unasked and fill.fill and pieces < fill.pieces):
        return []
    plan = plan_in_force(state)
    groups = {r.id: r.ingredients for r in plan.regimens} if plan else {}
    return [
        ev.LastTaken(regimen, "unknown", 0, quarters, groups.get(regimen, ()), by)
        for regimen, quarters in zip(fill.regimens, fill.quarters, strict=True)
    ]


def verify(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """A person has looked: what was loaded is still there, and where it was."""
    at_machine(facts)
    compartment = number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    by = text(wish, "by")
    fill = state.fills.get(compartment)
    if fill is None or fill.state != "held" or fill.code not in OPENED:
        raise Refused("not-to-verify", "Only a fill held because of an opening can be verified.")
    assert facts.board is not None
    return [
        ev.FillVerified(compartment, fill.fill, facts.board.tray_index, facts.board.door_count, by)
    ]


def loading_done(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    at_machine(facts)
    by = text(wish, "by")
    if state.clock_reason in ("stepped", "apart") and not state.clock_confirmed_at:
        # finishing sets the board's clock by ours: that must not make a false time the only one
        raise Refused("clock-in-doubt", "Compare the clock with your watch and confirm it, first.")
    half = [c for c, f in sorted(state.fills.items()) if f.state == "loading"]
    if half:
        raise Refused("half-loaded", f"Compartment {half[0] + 1} is not finished.")
    # what was approved days ago may do something else to the rows of today (R7)
    waiting = plan_of_envelope(state.pending_envelope) if state.pending_envelope else None
    happened = pairing(state, waiting, wish, facts.utc_s) if waiting is not None else []
    return [*happened, ev.LoadingDone(by)]
