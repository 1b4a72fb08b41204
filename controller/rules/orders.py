"""From an open dose to one release: round, order, consent, commit, verdict.

Responsible for: asking the board for at most one release of a fill, and never
again while the outcome is unknown (SAFETY P1-P9). Not responsible for what the
board will refuse by itself (firmware/guard.py) or for the cup afterwards (cup.py).
"""

from __future__ import annotations

import hashlib
from typing import Final

from controller import events as ev
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import ALONE_S, FINISH_S, doses_of, round_doses
from controller.rules.limits import free_at, room_at
from controller.state import OF_ONE_FILL, Fill, Order, State
from hal.wire import codes

NO_VERDICT_S: Final = 86400  # a committed order without the board's answer for this long


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


def next_order(state: State, facts: Facts) -> int:
    """One more than any order number the journal or the board has ever seen."""
    assert facts.board is not None
    return 1 + max(state.last_order, facts.board.order)


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
        if free_at(state, state.plan_envelope, d.regimen, now, same) > now:
            return False
        if room_at(state, state.plan_envelope, d.regimen, d.quarters, now):
            return False
    return True


def resolve(state: State, facts: Facts) -> list[ev.Event]:
    """The board's proof ends the order; with doubt comes the outcome in the same transaction."""
    order, board = state.order, facts.board
    if order is None or order.stage not in ("committed", "withdrawn"):
        return []
    if board is not None and board.order == order.order and board.order_state == codes.DONE:
        if order.stage == "withdrawn" and board.verdict not in (codes.REFUSED, codes.NOT_RELEASED):
            return [ev.Locked("release without commit")]
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
        if d is None or d.stage != "uncertain" or board.verdict != codes.NOT_RELEASED:
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
    return happened


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
