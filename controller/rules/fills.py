"""What lies in the compartments, and what of it must stay shut.

Responsible for: holding fills after any opening or another tray (R6), fills that the board
holds, and fills that a new version no longer plans (R4). Not responsible for halted
regimens (halts.py) or for what is loaded instead (proposal.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.agenda import between, plan_of_envelope
from controller.facts import Facts
from controller.rules.elsewhere import loadable
from controller.state import LOST, Fill, State
from hal.wire import codes
from hal.wire.messages import Actual
from schedules.model import DAY_S

STRAY: Final = "stray-fall"  # the gate let something go on the way, and nobody knows whose it was
OPENED: Final = ("door-opened", "tray-changed", STRAY)  # held until a person has looked
ON_HOLD: Final = "on-hold"  # may be given as it lies there, once two people say so
LEFT_OUT: Final = "left-out"  # a lease was taken without it: the board gave its number up
EMPTY_FIRST: Final = ("plan-change", "clock-repaired", LEFT_OUT, LOST)  # must come out
BROKEN_OFF: Final = "loading-broken-off"  # said to be begun and never said to be done


def keeps(fill: Fill) -> bool:
    """Whether these contents will be given; what must come out again holds nothing."""
    return fill.state == "loaded" or (fill.state == "held" and fill.code in OPENED)


def leave_out(state: State) -> list[ev.Event]:
    """What a lease was taken without, unseen or on hold, must come out at the next opening.

    The board knows the fills of its lease and the highest number it ever started. It takes an
    older number for a fill that was released, and would refuse every lease that holds one.
    """
    return [
        ev.FillHeld(f.compartment, f.fill, LEFT_OUT)
        for f in state.fills.values()
        if f.state == "held" and f.code in (*OPENED, ON_HOLD)
    ]


def hold_opened(state: State, facts: Facts) -> list[ev.Event]:
    """Any later opening, or another tray, holds every fill until a person has looked (R6)."""
    board = facts.board
    if board is None:
        return []
    happened: list[ev.Event] = []
    for fill in state.fills.values():
        other = (fill.tray_index, fill.door_count) != (board.tray_index, board.door_count)
        if fill.state == "loading" and other:  # begun in a former opening: contents unknown
            happened.append(ev.FillHeld(fill.compartment, fill.fill, BROKEN_OFF))
        if fill.state != "loaded":
            continue
        if fill.tray_index != board.tray_index:
            happened.append(ev.FillHeld(fill.compartment, fill.fill, "tray-changed"))
        elif fill.door_count != board.door_count:
            happened.append(ev.FillHeld(fill.compartment, fill.fill, "door-opened"))
    return happened


def hold_in_doubt(state: State, facts: Facts) -> list[ev.Event]:
    """What the board itself holds, we hold too."""
    board = facts.board
    if board is None or not board.held_mask or state.service:
        return []
    return [
        ev.FillHeld(f.compartment, f.fill, _why_held(board, f))
        for f in state.fills.values()
        if f.state == "loaded"
        and f.fill <= state.leased_fill  # what was filled since is not yet known to the board
        and board.held_mask >> f.compartment & 1
    ]


def hold_strays(state: State, facts: Facts) -> list[ev.Event]:
    """A gate that opens by itself lets go of whatever passes it: a person looks into all (H03).

    Until the board's fault is ended, by the way home, nothing that was looked at stays believed.
    A gate that is open while the tray is parked lets go of nothing: the drive is not off then.
    """
    moved = codes.GATE_STUCK_OPEN in state.faults and facts.flag(codes.F_DRIVE_OFF)
    return strays(state) if moved and not state.service else []


def strays(state: State, but: int = -1) -> list[ev.Event]:
    """Every fill that may lack a piece, held; `but`: the compartment that was asked for."""
    loaded = [f for f in state.fills.values() if f.state == "loaded" and f.compartment != but]
    return [ev.FillHeld(f.compartment, f.fill, STRAY) for f in loaded]


def _why_held(board: Actual, fill: Fill) -> str:
    """What the board says of its last order, where that was of this fill."""
    spoken = board.order_state == codes.DONE and board.fill == fill.fill and board.code
    return codes.word(board.code) if spoken else "held-by-board"


def hold_unplanned(state: State, facts: Facts) -> list[ev.Event]:
    """Loading for a new version: fills whose doses it no longer holds stay shut (R4, H12)."""
    if not (state.service and state.pending_envelope):
        return []
    happened: list[ev.Event] = []
    for fill in state.fills.values():
        if fill.state == "loaded" and not still_planned(state.pending_envelope, fill):
            happened.append(ev.FillHeld(fill.compartment, fill.fill, "plan-change"))
    return happened


def still_planned(envelope: str, fill: Fill) -> bool:
    """Whether a version holds exactly what lies in this compartment."""
    here = loadable(envelope)
    if not set(fill.regimens) <= here:
        return False  # kept elsewhere from now on, or by every machine of this site
    if fill.kind == "asked":
        rules = {r.id: r.as_needed for r in plan_of_envelope(envelope).regimens}
        rule = rules.get(fill.regimens[0])
        return rule is not None and fill.quarters == (rule.quarters,)
    near = between(envelope, fill.due_at - DAY_S, fill.due_at + DAY_S)
    planned = {d.dose_id: (d.due_at, d.quarters) for d in near}
    return all(
        planned.get(dose_id) == (fill.due_at, quarters)
        for dose_id, quarters in zip(fill.doses, fill.quarters, strict=True)
    )
