"""How one event changes what is known.

Responsible for: `fold(state, event)`, the only way a state changes: the same
events always give the same state. Not responsible for whether an event may
happen (rules/): here a dose that takes a step its table does not know raises
IllegalStep, and the machine locks.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from controller import events as ev
from controller import fallen, table
from controller.copies import replace
from controller.state import (
    KEEP_S,
    OF_ONE_FILL,
    Alert,
    Cup,
    DoseLife,
    Fill,
    Order,
    Release,
    Round,
    State,
    with_dose,
    with_fill,
)
from hal.wire import codes


def fold(state: State, event: ev.Event, at_ms: int, head: str) -> State:
    """The state after `event`, journaled at `at_ms` (Unix ms) under the hash `head` (hex)."""
    at_s = at_ms // 1000
    sound = state.clock_trusted and type(event) not in _TELL_NO_TIME
    floor = max(state.floor_s, at_s) if sound else state.floor_s
    change = _CHANGES.get(type(event))
    after = change(state, event, at_s, head) if change else state
    if after is state:
        return replace(state, now_s=at_s, floor_s=floor)
    # the new state is nobody else's yet: two instants need not copy it once more
    object.__setattr__(after, "now_s", at_s)
    object.__setattr__(after, "floor_s", max(floor, after.floor_s))
    return after


# --- clocks, board, plan -------------------------------------------------------------------


def _clock_trusted(s: State, e: ev.ClockTrusted, at: int, head: str) -> State:
    return replace(
        s,
        clock_trusted=True,
        clock_reason="",
        clock_since_s=at,
        floor_s=max(s.floor_s, at),
        releases=fallen.trusted(s, at),
    )


def _clock_doubted(s: State, e: ev.ClockDoubted, at: int, head: str) -> State:
    since = at if s.clock_trusted or not s.clock_since_s else s.clock_since_s
    return replace(
        s, clock_trusted=False, clock_reason=e.reason, clock_since_s=since, clock_confirmed_at=0
    )


def _clock_confirmed(s: State, e: ev.ClockConfirmed, at: int, head: str) -> State:
    return replace(s, clock_confirmed_at=at)


def _joined(s: State, e: ev.BoardJoined, at: int, head: str) -> State:
    return replace(
        s, boot_epoch=e.boot_epoch, board_simulated=e.simulated, board_joined=True, board_seen_s=at
    )


def _lost(s: State, e: ev.BoardLost, at: int, head: str) -> State:
    return replace(s, board_joined=False, board_seen_s=at)


def _reset(s: State, e: ev.BoardReset, at: int, head: str) -> State:
    return replace(s, boot_epoch=e.boot_epoch)


def _locked(s: State, e: ev.Locked, at: int, head: str) -> State:
    if s.locked:
        return s  # the first reason latches
    return replace(s, locked=e.reason, locked_s=at)


def _unlocked(s: State, e: ev.Unlocked, at: int, head: str) -> State:
    return replace(s, locked="")


def _approved(s: State, e: ev.PlanApproved, at: int, head: str) -> State:
    return replace(
        s, pending_version=e.version, pending_hash=e.plan_hash, pending_envelope=e.envelope
    )


def _in_force(s: State, e: ev.PlanInForce, at: int, head: str) -> State:
    assert e.plan_hash == s.pending_hash, "a plan comes into force only after its approval"
    former = s.former
    if s.plan_envelope:
        former = (*(f for f in former if f[2] > at - KEEP_S), (s.plan_envelope, s.in_force_s, at))
    return replace(
        s,
        plan_version=e.version,
        plan_hash=e.plan_hash,
        plan_envelope=s.pending_envelope,
        in_force_s=at,
        former=former,
        pending_version=0,
        pending_hash="",
        pending_envelope="",
    )


# --- loading -------------------------------------------------------------------------------


def _service_opened(s: State, e: ev.ServiceOpened, at: int, head: str) -> State:
    return replace(s, service=True, loading_done=False)


def _service_closed(s: State, e: ev.ServiceClosed, at: int, head: str) -> State:
    return replace(s, service=False, loading_done=False)


def _service_move(s: State, e: ev.ServiceMoveAsked, at: int, head: str) -> State:
    return replace(s, service_move=True)


def _service_moved(s: State, e: ev.ServiceMoveEnded, at: int, head: str) -> State:
    return replace(s, service_move=False)


def _loading(s: State, e: ev.Loading, at: int, head: str) -> State:
    meant = (e.kind, e.doses, e.regimens, e.quarters)
    return with_fill(s, Fill(e.compartment, 0, *meant, 0, 0, 0, 0, 0, 0, 0, 0, 0, state="loading"))


def _loaded(s: State, e: ev.Loaded, at: int, head: str) -> State:
    fill = Fill(
        e.compartment,
        e.fill,
        e.kind,
        e.doses,
        e.regimens,
        e.quarters,
        e.pieces,
        e.weight_mg,
        e.tolerance_mg,
        e.open_at,
        e.due_at,
        e.warn_at,
        e.close_at,
        e.tray_index,
        e.door_count,
    )
    return replace(with_fill(s, fill), last_fill=max(s.last_fill, e.fill))


def _emptied(s: State, e: ev.Emptied, at: int, head: str) -> State:
    return replace(s, fills={c: f for c, f in s.fills.items() if c != e.compartment})


def _loading_done(s: State, e: ev.LoadingDone, at: int, head: str) -> State:
    return replace(s, loading_done=True)


def _lease(s: State, e: ev.LeaseAccepted, at: int, head: str) -> State:
    return replace(
        s,
        lease_no=e.lease_no,
        lease_digest=e.digest,
        leased_fill=s.last_fill,
        clock_set_s=at,
        loading_done=False,
    )


def _fill_held(s: State, e: ev.FillHeld, at: int, head: str) -> State:
    return with_fill(s, replace(s.fills[e.compartment], state="held", code=e.code))


def _fill_verified(s: State, e: ev.FillVerified, at: int, head: str) -> State:
    fill = s.fills[e.compartment]
    return with_fill(
        s,
        replace(fill, state="loaded", code="", tray_index=e.tray_index, door_count=e.door_count),
    )


# --- doses ---------------------------------------------------------------------------------


def _step(s: State, dose_id: str, step: str, **more: Any) -> State:
    life = s.doses[dose_id]
    return with_dose(s, replace(life, stage=table.after(life.stage, step), **more))


def _opened(s: State, e: ev.DoseOpened, at: int, head: str) -> State:
    assert e.dose_id not in s.doses, "a dose opens once"
    life = DoseLife(e.dose_id, e.regimen, e.quarters, e.open_at, e.due_at, e.warn_at, e.close_at)
    kept = {k: d for k, d in s.doses.items() if d.is_open or d.closed_at > at - KEEP_S}
    kept[e.dose_id] = life
    opened = max(s.opened_s, e.due_at)
    return replace(s, doses=kept, opened_s=opened, releases=fallen.kept(s.releases, at))


def _granted(s: State, e: ev.AskedGranted, at: int, head: str) -> State:
    assert e.dose_id not in s.doses, "a grant opens one dose once"
    life = DoseLife(
        e.dose_id,
        e.regimen,
        e.quarters,
        e.open_at,
        e.open_at,
        e.close_at,
        e.close_at,
        asked=True,
        compartment=e.compartment,
        fell_due=True,
    )
    return replace(with_dose(s, life), asked_number=max(s.asked_number, e.number))


def _fell_due(s: State, e: ev.DoseFellDue, at: int, head: str) -> State:
    return with_dose(s, replace(s.doses[e.dose_id], fell_due=True))


def _warned(s: State, e: ev.DoseWarned, at: int, head: str) -> State:
    return with_dose(s, replace(s.doses[e.dose_id], warned=True))


def _started(s: State, e: ev.Started, at: int, head: str) -> State:
    # lamp and tone of a process that died count for nothing: nobody knows how long they ran
    stopped = {k: replace(d, presented_since=0) for k, d in s.doses.items() if d.presented_since}
    return replace(
        s,
        doses={**s.doses, **stopped},
        board_joined=False,
        board_seen_s=at,
        clock_trusted=False,
        clock_reason="starting" if s.clock_trusted else s.clock_reason,
        clock_since_s=at,
    )


def _presented(s: State, e: ev.Presented, at: int, head: str) -> State:
    for dose_id in e.doses:
        s = with_dose(s, replace(s.doses[dose_id], presented_since=at, last_code=0, refused_at=0))
    return s


def _presentation_ended(s: State, e: ev.PresentationEnded, at: int, head: str) -> State:
    for dose_id in e.doses:
        life = s.doses[dose_id]
        total = life.presented_s + e.seconds
        s = with_dose(s, replace(life, presented_s=total, presented_since=0))
    return s


def _round_offered(s: State, e: ev.RoundOffered, at: int, head: str) -> State:
    return replace(s, round=Round(e.round, e.compartments, e.fills, e.digest, at))


def _round_ended(s: State, e: ev.RoundEnded, at: int, head: str) -> State:
    return replace(s, round=None)


def _prepared(s: State, e: ev.OrderPrepared, at: int, head: str) -> State:
    assert e.order > s.last_order, "an order number is used once"
    order = Order(e.order, e.round, e.compartment, e.fill, e.doses, e.not_after)
    for dose_id in e.doses:
        s = _step(s, dose_id, "prepared", order=e.order)
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
        s = _step(s, dose_id, "committed")
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
        s = _step(s, dose_id, "withdrawn")
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
        step = "not_released" if e.verdict == codes.NOT_RELEASED else "refused"
        code = order.refusal if e.code == codes.WITHDRAWN and order.refusal else e.code
        for dose_id in order.doses:
            d = s.doses[dose_id]
            tries = d.tries + (step == "not_released")
            # somebody pressed and the machine failed: what was called before blames nobody
            called = 0 if codes.cause(code) == codes.MACHINE else d.presented_s
            s = _step(s, dose_id, step, tries=tries, last_code=code, presented_s=called)
    done = replace(s.round, done=s.round.done + 1) if s.round else None
    resolved = replace(order, stage="resolved", verdict=e.verdict, code=e.code)
    return replace(s, order=resolved, round=done)


def _released(s: State, order: Order, e: ev.OrderResolved, at: int) -> State:
    for dose_id in order.doses:
        s = _step(s, dose_id, "released")
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
    new = [Release(fell_at, d.regimen, d.quarters, d.dose_id, lifted_at) for d in lives]
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


def _taken_late(s: State, e: ev.TakenLate, at: int, head: str) -> State:
    return with_dose(s, replace(s.doses[e.dose_id], taken_late_at=at))


def _closed(s: State, e: ev.DoseClosed, at: int, head: str) -> State:
    step = table.step_for(s.doses[e.dose_id].stage, e.outcome)
    return _step(s, e.dose_id, step, how=e.how, by=e.by, closed_at=at, presented_since=0)


def _settled(s: State, e: ev.DoseSettled, at: int, head: str) -> State:
    if e.outcome == "taken":  # its gap runs from now at the latest; else it waits for a lift
        releases = tuple(
            replace(r, lifted_at=at) if r.dose_id == e.dose_id and not r.lifted_at else r
            for r in s.releases
        )
        s = replace(s, releases=releases)
    return _step(s, e.dose_id, f"settled_{e.outcome}", how=e.how, by=e.by)


# --- alarms --------------------------------------------------------------------------------


def _raised(s: State, e: ev.AlertRaised, at: int, head: str) -> State:
    alert = Alert(e.alert_id, e.code, e.severity, at, e.dose_id, e.compartment, e.fault)
    return replace(s, alerts={**s.alerts, e.alert_id: alert})


def _acknowledged(s: State, e: ev.AlertAcknowledged, at: int, head: str) -> State:
    alert = replace(s.alerts[e.alert_id], acknowledged_by=e.by)
    return replace(s, alerts={**s.alerts, e.alert_id: alert})


def _alert_resolved(s: State, e: ev.AlertResolved, at: int, head: str) -> State:
    return replace(s, alerts={k: a for k, a in s.alerts.items() if k != e.alert_id})


def _fault_seen(s: State, e: ev.FaultSeen, at: int, head: str) -> State:
    return replace(s, faults=s.faults | {e.code})


def _fault_cleared(s: State, e: ev.FaultCleared, at: int, head: str) -> State:
    return replace(s, faults=s.faults - {e.code})


# stamped by a clock that is in doubt, or was not judged yet
_TELL_NO_TIME: Final = (ev.ClockDoubted, ev.Started)

_CHANGES: Final[dict[type[ev.Event], Callable[[State, Any, int, str], State]]] = {
    ev.Started: _started,
    ev.ClockTrusted: _clock_trusted,
    ev.ClockDoubted: _clock_doubted,
    ev.ClockConfirmed: _clock_confirmed,
    ev.BoardJoined: _joined,
    ev.BoardLost: _lost,
    ev.BoardReset: _reset,
    ev.Locked: _locked,
    ev.Unlocked: _unlocked,
    ev.PlanApproved: _approved,
    ev.PlanInForce: _in_force,
    ev.ServiceOpened: _service_opened,
    ev.ServiceClosed: _service_closed,
    ev.ServiceMoveAsked: _service_move,
    ev.ServiceMoveEnded: _service_moved,
    ev.Loading: _loading,
    ev.Loaded: _loaded,
    ev.Emptied: _emptied,
    ev.LoadingDone: _loading_done,
    ev.LeaseAccepted: _lease,
    ev.FillHeld: _fill_held,
    ev.FillVerified: _fill_verified,
    ev.DoseOpened: _opened,
    ev.AskedGranted: _granted,
    ev.DoseFellDue: _fell_due,
    ev.DoseWarned: _warned,
    ev.Presented: _presented,
    ev.PresentationEnded: _presentation_ended,
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
    ev.TakenLate: _taken_late,
    ev.DoseClosed: _closed,
    ev.DoseSettled: _settled,
    ev.AlertRaised: _raised,
    ev.AlertAcknowledged: _acknowledged,
    ev.AlertResolved: _alert_resolved,
    ev.FaultSeen: _fault_seen,
    ev.FaultCleared: _fault_cleared,
}
