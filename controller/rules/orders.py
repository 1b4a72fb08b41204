"""From an offered round to COMMIT: one order after another, consented to, or given up.

Responsible for: asking the board for at most one release of a fill, and never
again while the outcome is unknown (SAFETY P2-P4). Not responsible for which round is
next (rounds.py), for what the board says of an order (verdicts.py) or for what it
will refuse by itself (firmware/guard.py).
"""

from __future__ import annotations

from controller import events as ev
from controller.facts import Facts
from controller.rules.doses import FINISH_S, doses_of, round_doses
from controller.rules.holdpoints import holds
from controller.rules.limits import free_at, room_at
from controller.rules.rounds import digest, live, may_move, next_order, outrun, ready
from controller.state import OF_ONE_FILL, Fill, Order, State
from hal.wire import codes


def prepare(state: State, facts: Facts) -> list[ev.Event]:
    """One order after another, in the round's own sequence."""
    going = state.round
    if going is None or live(state.order) or going.done >= len(going.fills):
        return []
    if not may_move(state, facts):
        return [] if going.started else [ev.RoundEnded(going.round)]
    fill = state.fills.get(going.compartments[going.done])
    if (
        fill is None
        or fill.fill != going.fills[going.done]
        or not ready_in_round(state, facts, fill)
    ):
        return [ev.RoundEnded(going.round)]
    doses = doses_of(state, fill)
    close_at = min(state.doses[d].close_at for d in doses)
    # a round whose first START came in time may finish (R14)
    grace = FINISH_S if going.started else 0
    order = going.round if going.done == 0 else next_order(state, facts)
    if order < next_order(state, facts):
        return [ev.RoundEnded(going.round)]  # the board has seen a higher number since
    return [
        ev.OrderPrepared(order, going.round, fill.compartment, fill.fill, doses, close_at + grace)
    ]


def ready_in_round(state: State, facts: Facts, fill: Fill) -> bool:
    """Like `ready`; a round that was started in time has FINISH_S more."""
    if state.round is None or not state.round.started:
        return ready(state, facts, fill)
    doses = doses_of(state, fill)
    return (
        fill.state == "loaded"
        and bool(doses)
        and all(
            state.doses[d].stage == "open" and facts.late_s < state.doses[d].close_at + FINISH_S
            for d in doses
        )
    )


def heed_refusal(state: State, facts: Facts) -> list[ev.Event]:
    """What the board will not do now, and when it will again."""
    order, board = state.order, facts.board
    if order is None or board is None or not live(order):
        return []
    refusal = board.refusal if board.refused_order == order.order else 0
    if refusal == order.refusal or (refusal == 0 and order.stage == "committed"):
        return []
    return [ev.OrderRefused(order.order, refusal)]


def consent(state: State, facts: Facts) -> list[ev.Event]:
    """A press on the board after PREPARE: every guard once more, then COMMIT."""
    order, board = state.order, facts.board
    if order is None or board is None or order.stage != "prepared":
        return []
    pressed = (
        board.order == order.order
        and board.order_state == codes.PREPARED
        and board.consent_round == order.round
    )
    if not pressed:
        return []
    fill = state.fills.get(order.compartment)
    sound = fill is not None and fill.fill == order.fill and fill.state == "loaded"
    in_time = facts.late_s < order.not_after
    if not (sound and in_time and may_move(state, facts) and _limits(state, facts, order)):
        return [ev.OrderWithdrawn(order.order, "no longer allowed")]
    return [
        ev.OrderConsented(order.order, order.round, board.boot_epoch),
        ev.OrderCommitted(order.order, digest(order.doses), board.boot_epoch, board.lift_count),
    ]


def _limits(state: State, facts: Facts, order: Order) -> bool:
    now = facts.early_s
    same = round_doses(state)  # one round is one intake, as the board counts it too
    for dose_id in order.doses:
        d = state.doses[dose_id]
        if holds(state, state.plan_envelope, d.regimen, d.due_at) is not None:
            return False
        if free_at(state, state.plan_envelope, d.regimen, now, same) > now:
            return False
        if room_at(state, state.plan_envelope, d.regimen, d.quarters, now):
            return False
    return True


def withdraw(state: State, facts: Facts) -> list[ev.Event]:
    """An uncommitted order is given up when the machine may not move or its fill is held."""
    order = state.order
    if order is None or order.stage != "prepared":
        return []
    fill = state.fills.get(order.compartment)
    sound = fill is not None and fill.fill == order.fill and fill.state == "loaded"
    if not sound:
        return [ev.OrderWithdrawn(order.order, "fill held")]
    if state.locked or state.service or not facts.clock_trusted:
        return [ev.OrderWithdrawn(order.order, "machine not ready")]
    if order.refusal and (order.order != order.round or order.refusal in OF_ONE_FILL):
        # the rest of a round (the cup was lifted, say), or one compartment: the others go on
        return [ev.OrderWithdrawn(order.order, codes.word(order.refusal))]
    if outrun(state, facts, order):
        return [ev.OrderWithdrawn(order.order, "another first")]
    board = facts.board
    if board is not None and board.order == order.order and board.order_state == codes.DONE:
        return [ev.OrderWithdrawn(order.order, codes.word(board.code))]  # fenced by a reset
    if board is not None and board.order > order.order:
        return [ev.OrderWithdrawn(order.order, "number taken")]
    return []
