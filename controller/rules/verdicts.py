"""Verdicts: the board's proof ends an order, and what it cannot prove stays in doubt.

Responsible for: the end of an order, with the outcome of its doses where that is doubt, and
for a verdict that comes after a day (SAFETY P9, R12). Not responsible for what becomes of
pieces that fell (cup.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import ALONE_S
from controller.rules.fills import strays
from controller.state import Order, State
from hal.wire import codes

# what a person settled, and what the board proves the other way
CONTRADICTED: Final = (
    ("missed", codes.RELEASED),
    ("held", codes.RELEASED),
    ("taken", codes.NOT_RELEASED),
)
NO_VERDICT_S: Final = 86400  # a committed order without the board's answer for this long


def resolve(state: State, facts: Facts) -> list[ev.Event]:
    """The board's proof ends the order; with doubt comes the outcome in the same transaction."""
    order, board = state.order, facts.board
    if order is None or order.stage not in ("committed", "withdrawn"):
        return []
    if board is not None and board.order == order.order and board.order_state == codes.DONE:
        if order.stage == "withdrawn" and board.verdict not in (codes.REFUSED, codes.NOT_RELEASED):
            return [] if state.locked else [ev.Locked("release without commit")]
        return _end(
            state,
            order,
            board.verdict,
            board.code,
            board.drops,
            board.weight_delta_mg,
            board.lift_count,
        )
    if order.stage == "withdrawn" and board is not None and board.order > order.order:
        # a higher number is a fence, too: nothing that is withdrawn here can start any more
        return _end(state, order, codes.REFUSED, codes.ORDER_OLD, 0, 0, board.lift_count)
    if order.stage == "withdrawn":
        return []
    if board is not None and board.order > order.order:
        return _end(state, order, codes.UNCERTAIN, codes.ORDER_OLD, 0, 0, board.lift_count)
    alone = facts.clock_reason == "board-silent" and facts.silent_s >= ALONE_S
    if facts.utc_s >= order.committed_at + NO_VERDICT_S and (alone or not facts.clock_reason):
        return _end(state, order, codes.UNCERTAIN, codes.BOARD_SILENT, 0, 0, 0)
    return []


def late_verdict(state: State, facts: Facts) -> list[ev.Event]:
    """After a day without the board, then its DONE: proof that nothing fell settles the doubt.

    That something fell does not: where it is now, only a person can see.
    """
    order, board = state.order, facts.board
    if order is None or board is None or order.stage != "resolved":
        return []
    waited_in_vain = order.verdict == codes.UNCERTAIN and order.code == codes.BOARD_SILENT
    if not waited_in_vain or board.order != order.order or board.order_state != codes.DONE:
        return []
    happened: list[ev.Event] = [
        ev.VerdictCameLate(
            order.order, board.verdict, board.code, board.drops, board.weight_delta_mg
        )
    ]
    for dose_id in order.doses:
        d = state.doses.get(dose_id)
        if d is None:
            continue
        if (d.stage, board.verdict) in CONTRADICTED and not d.by_hand:
            name = alert_id("dose-contradicted", dose_id)
            happened.append(ev.AlertRaised(name, "dose-contradicted", 3, dose_id))
        if d.stage != "uncertain" or board.verdict != codes.NOT_RELEASED:
            continue
        happened.append(ev.DoseSettled(dose_id, "held", codes.word(board.code), "board"))
        doubt = alert_id("dose-uncertain", dose_id)
        if doubt in state.alerts:
            happened.append(ev.AlertResolved(doubt, "held", "board"))
    return happened


def _end(
    state: State, order: Order, verdict: int, code: int, drops: int, delta_mg: int, lifts: int
) -> list[ev.Event]:
    happened: list[ev.Event] = [
        ev.OrderResolved(order.order, verdict, code, drops, delta_mg, lifts)
    ]
    if order.stage == "withdrawn" or verdict != codes.UNCERTAIN:
        return happened
    how = "no-verdict" if code == codes.BOARD_SILENT else codes.word(code)
    for dose_id in order.doses:
        happened += close(state, state.doses[dose_id], "uncertain", how, order.order)
    fill = state.fills.get(order.compartment)
    if fill is not None and fill.fill == order.fill:
        happened.append(ev.FillHeld(fill.compartment, fill.fill, how))
    if code == codes.GATE_STUCK_OPEN:  # whatever worse fault the board names beside it
        happened += strays(state, order.compartment)
    return happened
