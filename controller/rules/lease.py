"""The lease: what the board shall enforce by itself, and the loading that it brings into force.

Responsible for: the rows and limits that are packed for the board, noticing that it took
them, and what the signers said of regimens that are new with them (R5). Not responsible
for sending it (controller/acts.py) or for what the board refuses (firmware/lease.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.agenda import counters_of, plan_of_envelope, signers
from controller.facts import Facts
from controller.rules.demand import wanted_envelope
from controller.rules.doses import over
from controller.rules.fills import leave_out
from controller.rules.limits import counts
from controller.rules.shortnight import lease_cap
from controller.state import State
from hal.wire import codes
from hal.wire.messages import Group, Lease, lease_digest
from schedules.model import DAY_S, Counter, LastTaken, Regimen

CLOCK_SET_S: Final = 2


def build_lease(state: State, facts: Facts) -> Lease | None:
    """What the board shall enforce after this loading; None: no plan."""
    envelope = wanted_envelope(state)
    if not envelope or facts.board is None:
        return None
    lease = Lease()
    lease.lease_no = 1 + max(state.lease_no, facts.board.lease_no)
    lease.tray_index = facts.board.tray_index
    lease.door_count = facts.board.door_count
    lease.version = state.pending_version or state.plan_version
    counters = [c for c in counters_of(envelope) if c.on_board]
    fills = [f for f in state.fills.values() if f.state == "loaded" and not over(state, facts, f)]
    caps = [lease_cap(state, envelope, c, fills) for c in counters]
    lease.groups = [Group(c.key, c.gap_s, cap) for c, cap in zip(counters, caps, strict=True)]
    for fill in fills:
        row = lease.rows[fill.compartment]
        row.fill = fill.fill
        row.kind = codes.ROW_ASKED if fill.kind == "asked" else codes.ROW_DAY
        row.open_s = fill.open_at - codes.EPOCH_2020_S
        row.warn_s = fill.warn_at - codes.EPOCH_2020_S if fill.warn_at else 0
        row.close_s = fill.close_at - codes.EPOCH_2020_S
        row.pieces = fill.pieces
        row.weight_mg = fill.weight_mg
        row.tolerance_mg = fill.tolerance_mg
        for index, counter in enumerate(counters):
            units = sum(
                counter.units_of(r, q)
                for r, q in zip(fill.regimens, fill.quarters, strict=True)
                if r in counter.regimens
            )
            if units:
                row.groups.append((index, units))
    _carried(state, facts, counters, lease)
    return lease


def _carried(state: State, facts: Facts, counters: list[Counter], lease: Lease) -> None:
    """What went along, in rows that are free: the board too keeps as-needed medicine away (R17)."""
    free = [row for row in lease.rows if row.kind == codes.ROW_EMPTY]
    away = [d for d in state.doses.values() if d.stage == "handed-out"]
    ahead = [d for d in away if d.close_at > facts.early_s - DAY_S]
    for row, d in zip(free, sorted(ahead, key=lambda d: d.due_at), strict=False):
        row.kind = codes.ROW_CARRIED
        row.open_s = d.open_at - codes.EPOCH_2020_S
        row.close_s = d.close_at - codes.EPOCH_2020_S
        found = [(i, 0) for i, c in enumerate(counters) if counts(c, d.regimen, d.groups)]
        row.groups = found[: codes.ROW_GROUPS]


def lease_for(state: State, facts: Facts, lease_no: int) -> bytes | None:
    """The packed lease under a given number, None: nothing to lease."""
    lease = build_lease(state, facts)
    if lease is None:
        return None
    lease.lease_no = lease_no
    return lease.pack()


def in_force(state: State, facts: Facts) -> list[ev.Event]:
    """The board took the lease: the loading, and with it a waiting version, is in force."""
    board = facts.board
    if board is None or not (state.service and state.loading_done):
        return []
    packed = lease_for(state, facts, board.lease_no)
    if packed is None or board.lease_no <= state.lease_no:
        return []
    if abs(facts.board_utc_s - facts.utc_s) > CLOCK_SET_S or not facts.flag(codes.F_CLOCK_SET):
        return []  # each loading sets the board's clock (R10)
    if lease_digest(packed) != board.lease_digest:
        return []
    happened: list[ev.Event] = [
        ev.LeaseAccepted(
            board.lease_no, board.lease_digest.hex(), state.pending_version or state.plan_version
        )
    ]
    happened += leave_out(state)
    if state.pending_version:
        happened.append(ev.PlanInForce(state.pending_version, state.pending_hash, board.lease_no))
        happened += _said_of_new(state)
    return happened


def _said_of_new(state: State) -> list[ev.Event]:
    """What the signers said of every regimen that was not in force until now (R5)."""
    former = plan_of_envelope(state.plan_envelope).regimens if state.plan_envelope else ()
    known = {r.id for r in former} - set(state.halts)
    by = signers(state.pending_envelope)
    new = plan_of_envelope(state.pending_envelope).regimens
    return [last_taken(state, r, r.last_taken, by) for r in new if r.id not in known]


def last_taken(state: State, regimen: Regimen, said: LastTaken, by: str) -> ev.Event:
    """A person's word on a regimen; no word reaches back over a record that was lost (R1)."""
    word, taken_at = said.word, said.at_s
    if state.lost_s > max(state.in_force_s, taken_at) and word != "unknown":
        word, taken_at = "at", state.lost_s
    asked = regimen.as_needed
    takes = [take for step in regimen.steps for take in step.takes]
    quarters = asked.quarters if asked else max((take.quarters for take in takes), default=0)
    amounts = tuple(ug for _, ug in regimen.amounts)
    of = (quarters, regimen.ingredients, by, amounts)
    return ev.LastTaken(regimen.id, word, taken_at, *of)
