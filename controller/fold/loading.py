"""How plans and loading change what is known.

Responsible for: versions, visits, compartments and the lease.
Not responsible for whether an event may happen (controller/rules).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.copies import replace
from controller.fold.base import Changes
from controller.state import KEEP_S, ROWS_MARK, Fill, Halt, Release, State, with_fill


def _approved(s: State, e: ev.PlanApproved, at: int, head: str) -> State:
    return replace(
        s,
        pending_version=e.version,
        pending_hash=e.plan_hash,
        pending_envelope=e.envelope + ROWS_MARK + e.rows if e.rows else e.envelope,
        paired=frozenset(),
        halts={k: replace(h, answered=True) for k, h in s.halts.items()},
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
        paired=frozenset(),
        halts={k: h for k, h in s.halts.items() if not h.answered},  # two signatures said so (R4)
    )


def _halted(s: State, e: ev.RegimenHalted, at: int, head: str) -> State:
    halts = {**s.halts, e.regimen: Halt(e.act, at, e.by)}
    return replace(s, halts=halts, act_number=max(s.act_number, e.number))


def _resumed(s: State, e: ev.RegimenResumed, at: int, head: str) -> State:
    halts = {k: h for k, h in s.halts.items() if k != e.regimen}
    passed = {**s.passed, e.regimen: e.point} if e.point else s.passed
    return replace(s, halts=halts, passed=passed, act_number=max(s.act_number, e.number))


def _paired(s: State, e: ev.RowsPaired, at: int, head: str) -> State:
    return replace(s, paired=s.paired | {(e.code, e.regimen)})


def _fill_freed(s: State, e: ev.FillFreed, at: int, head: str) -> State:
    return with_fill(s, replace(s.fills[e.compartment], state="loaded", code=""))


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
    where = (e.tray_index, e.door_count)
    return with_fill(s, Fill(e.compartment, 0, *meant, *7 * (0,), *where, state="loading"))


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


def _by_hand(s: State, e: ev.GivenByHand, at: int, head: str) -> State:
    counted = {r.dose_id for r in s.releases}  # what fell in doubt counts already
    lives = [s.doses[dose_id] for dose_id in e.doses if dose_id not in counted]
    gone_at = at if s.clock_trusted else max(at, s.floor_s)
    new = [
        Release(gone_at, d.regimen, d.quarters, d.dose_id, gone_at, d.groups, d.amounts)
        for d in lives
    ]
    known = tuple(
        replace(r, lifted_at=max(r.lifted_at, gone_at)) if r.dose_id in e.doses else r
        for r in s.releases
    )
    spent = replace(s.fills[e.compartment], state="spent", code="by-hand")
    given = {name: replace(s.doses[name], by_hand=True) for name in e.doses}
    s = replace(with_fill(s, spent), releases=(*known, *new))
    return replace(s, doses={**s.doses, **given})


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


CHANGES: Final[Changes] = {
    ev.PlanApproved: _approved,
    ev.PlanInForce: _in_force,
    ev.RegimenHalted: _halted,
    ev.RegimenResumed: _resumed,
    ev.RowsPaired: _paired,
    ev.FillFreed: _fill_freed,
    ev.ServiceOpened: _service_opened,
    ev.ServiceClosed: _service_closed,
    ev.ServiceMoveAsked: _service_move,
    ev.ServiceMoveEnded: _service_moved,
    ev.Loading: _loading,
    ev.Loaded: _loaded,
    ev.Emptied: _emptied,
    ev.GivenByHand: _by_hand,
    ev.LoadingDone: _loading_done,
    ev.LeaseAccepted: _lease,
    ev.FillHeld: _fill_held,
    ev.FillVerified: _fill_verified,
}
