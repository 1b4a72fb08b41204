"""How rounds, orders and the cup change what is known.

Responsible for: what was asked of the board, what it proved, and what fell.
Not responsible for whether an event may happen (controller/rules).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller import fallen
from controller.copies import replace
from controller.fold.base import Changes, step
from controller.state import OF_ONE_FILL, Cup, Order, Release, Round, State, with_dose, with_fill
from hal.wire import codes


def _round_offered(s: State, e: ev.RoundOffered, at: int, head: str) -> State:
    return replace(s, round=Round(e.round, e.compartments, e.fills, e.digest, at))


def _round_ended(s: State, e: ev.RoundEnded, at: int, head: str) -> State:
    return replace(s, round=None)


def _prepared(s: State, e: ev.OrderPrepared, at: int, head: str) -> State:
    assert e.order > s.last_order, "an order number is used once"
    order = Order(e.order, e.round, e.compartment, e.fill, e.doses, e.not_after)
    for dose_id in e.doses:
        assert not s.doses[dose_id].elsewhere, "what is kept elsewhere is never released"
        s = step(s, dose_id, "prepared", order=e.order)
    return replace(s, order=order, last_order=e.order)


def _order_refused(s: State, e: ev.OrderRefused, at: int, head: str) -> State:
    if s.order is None or s.order.order != e.order:
        return s
    since = at if e.code in OF_ONE_FILL else 0
    for dose_id in s.order.doses:
        s = with_dose(s, replace(s.doses[dose_id], last_code=e.code, refused_at=since))
    assert s.order is not None
    return replace(s, order=replace(s.order, refusal=e.code))


def _consented(s: State, e: ev.OrderConsented, at: int, head: str) -> State:
    assert s.order is not None and s.order.order == e.order
    return replace(s, order=replace(s.order, boot_epoch=e.boot_epoch))


def _committed(s: State, e: ev.OrderCommitted, at: int, head: str) -> State:
    order = s.order
    assert order is not None and order.order == e.order and order.stage == "prepared"
    for dose_id in order.doses:
        s = step(s, dose_id, "committed", committed=True)
    order = replace(
        order,
        stage="committed",
        boot_epoch=e.boot_epoch,
        digest=e.digest,
        head=head[:32],
        committed_at=at,
        lift_count=e.lift_count,
        refusal=0,
    )
    started = replace(s.round, started=True) if s.round else None
    return replace(s, order=order, round=started)


def _withdrawn(s: State, e: ev.OrderWithdrawn, at: int, head: str) -> State:
    order = s.order
    assert order is not None and order.order == e.order and order.stage == "prepared"
    for dose_id in order.doses:
        s = step(s, dose_id, "withdrawn")
    return replace(s, order=replace(order, stage="withdrawn"))


def _resolved(s: State, e: ev.OrderResolved, at: int, head: str) -> State:
    order = s.order
    assert order is not None and order.order == e.order
    if order.stage == "withdrawn":  # the fence has taken: nothing was ever started
        return replace(s, order=replace(order, stage="resolved", verdict=e.verdict, code=e.code))
    if e.verdict == codes.RELEASED:
        s = _released(s, order, e, at)
    elif e.verdict == codes.UNCERTAIN:
        s = _doubted(s, order, e, at)
    else:
        word = "not_released" if e.verdict == codes.NOT_RELEASED else "refused"
        code = order.refusal if e.code == codes.WITHDRAWN and order.refusal else e.code
        for dose_id in order.doses:
            d = s.doses[dose_id]
            tries = d.tries + (word == "not_released")
            # somebody pressed and the machine failed: what was called before blames nobody
            called = 0 if codes.cause(code) == codes.MACHINE else d.presented_s
            s = step(s, dose_id, word, tries=tries, last_code=code, presented_s=called)
    done = replace(s.round, done=s.round.done + 1) if s.round else None
    resolved = replace(order, stage="resolved", verdict=e.verdict, code=e.code)
    return replace(s, order=resolved, round=done)


def _released(s: State, order: Order, e: ev.OrderResolved, at: int) -> State:
    for dose_id in order.doses:
        s = step(s, dose_id, "released")
    fill = s.fills.get(order.compartment)
    weight = fill.weight_mg if fill else 0
    tolerance = fill.tolerance_mg if fill else 0
    doses = order.doses
    if s.cup:
        doses = (*s.cup.doses, *doses)
        weight += s.cup.weight_mg
        tolerance = min(tolerance, s.cup.tolerance_mg)
    # the proof holds from START to DONE; a lift since then is news, however late we hear of it
    cup = Cup(order.round, doses, at, _lifts(order, e), weight, tolerance)
    return replace(_count(s, order, at, 0), cup=cup)


def _doubted(s: State, order: Order, e: ev.OrderResolved, at: int) -> State:
    # in doubt counts as fallen, and as lying in the cup until that is lifted: nothing that may
    # have fallen frees a gap or a cap
    return replace(_count(s, order, at, 0), doubt_lifts=_lifts(order, e))


def _lifts(order: Order, e: ev.OrderResolved) -> int:
    return order.lift_count if order.lift_count >= 0 else e.lift_count


def _count(s: State, order: Order, at: int, lifted_at: int) -> State:
    lives = [s.doses[dose_id] for dose_id in order.doses]
    fell_at = at if s.clock_trusted else max(at, s.floor_s)
    new = [
        Release(fell_at, d.regimen, d.quarters, d.dose_id, lifted_at, d.groups, d.amounts)
        for d in lives
    ]
    fill = s.fills.get(order.compartment)
    if fill is not None and fill.fill == order.fill:
        s = with_fill(s, replace(fill, state="spent"))
    return replace(s, releases=(*s.releases, *new))


def _late_verdict(s: State, e: ev.VerdictCameLate, at: int, head: str) -> State:
    assert s.order is not None and s.order.order == e.order
    return replace(s, order=replace(s.order, verdict=e.verdict, code=e.code))


def _cup_lifted(s: State, e: ev.CupLifted, at: int, head: str) -> State:
    count = s.cup.lift_count if s.cup and e.lift_count < 0 else e.lift_count
    cup = replace(s.cup, lifted_at=at, lift_count=count) if s.cup else None
    return replace(fallen.left(s, at, everything=True), cup=cup, doubt_lifts=-1)


def _cup_cleared(s: State, e: ev.CupCleared, at: int, head: str) -> State:
    # taken out by hand, without a lift: from now on it is gone, and its gap runs
    return replace(fallen.left(s, at), cup=None)


CHANGES: Final[Changes] = {
    ev.RoundOffered: _round_offered,
    ev.RoundEnded: _round_ended,
    ev.OrderPrepared: _prepared,
    ev.OrderRefused: _order_refused,
    ev.OrderConsented: _consented,
    ev.OrderCommitted: _committed,
    ev.OrderWithdrawn: _withdrawn,
    ev.OrderResolved: _resolved,
    ev.VerdictCameLate: _late_verdict,
    ev.CupLifted: _cup_lifted,
    ev.CupCleared: _cup_cleared,
}
