"""Loading: what a person is asked to put where, and how it comes into force.

Responsible for: the proposal (compartments in due order, a stated number for
as-needed), holding fills after any opening (R6), and the lease that ends a
loading. Not responsible for the person's wishes (controller/wishes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller import events as ev
from controller.agenda import between, counters_of, plan_of_envelope
from controller.facts import Facts
from controller.state import Fill, State
from hal.wire import codes
from hal.wire.messages import Group, Lease, lease_digest
from schedules.model import Dose, Plan, Regimen

DAY_S: Final = 86400
CLOCK_SET_S: Final = 2
SHARED_S: Final = 900  # doses share a compartment only if their common window is this long


@dataclass(frozen=True, slots=True)
class Proposed:
    """One compartment to load: pieces one by one, so that a person can count along."""

    compartment: int
    empty_first: bool
    kind: str
    doses: tuple[str, ...]
    regimens: tuple[str, ...]
    quarters: tuple[int, ...]
    piece_mgs: tuple[int, ...]
    open_at: int
    due_at: int
    warn_at: int
    close_at: int

    @property
    def weight_mg(self) -> int:
        """What the scale should read more when this fill has fallen."""
        return sum(self.piece_mgs)

    @property
    def tolerance_mg(self) -> int:
        """Below half the lightest piece: one piece more or less is always seen."""
        return max(1, (min(self.piece_mgs) - 1) // 2)


def pieces_of(regimen: Regimen, quarters: int) -> list[int]:
    """Weights in mg of the whole and part pieces that make up `quarters`."""
    whole, part = divmod(quarters, 4)
    pieces = [regimen.piece_mg] * whole
    return [*pieces, regimen.piece_mg * part // 4] if part else pieces


def wanted_envelope(state: State) -> str:
    """The plan that is loaded for: an approved version waits for exactly this."""
    return state.pending_envelope or state.plan_envelope


def proposal(state: State, facts: Facts) -> list[Proposed]:
    """What to load now, in due order, into compartments that are free or spent."""
    envelope = wanted_envelope(state)
    if not envelope:
        return []
    plan = plan_of_envelope(envelope)
    free = [c for c in range(codes.COMPARTMENTS) if _reusable(state, c)]
    rows: list[Proposed] = []
    for regimen in plan.regimens:
        if regimen.as_needed is not None:
            missing = facts.settings.asked_reserve - _asked_fills(state, regimen.id)
            for _ in range(max(0, min(missing, len(free)))):
                rows.append(_asked_row(state, plan, regimen, free.pop(0), facts.utc_s))
    for group in _groups(state, facts, envelope):
        if not free:
            break
        rows.append(_day_row(state, plan, group, free.pop(0)))
    return rows


def _reusable(state: State, compartment: int) -> bool:
    """Empty, spent, or holding what will never be released again."""
    fill = state.fills.get(compartment)
    if fill is None or fill.state == "spent":
        return True
    if fill.state == "loading":
        return True
    if fill.kind == "asked" or fill.code == "plan-change":
        return fill.code != ""
    lives = [state.doses.get(d) for d in fill.doses]
    return all(d is not None and not d.is_open for d in lives)


def _asked_fills(state: State, regimen: str) -> int:
    return sum(
        1
        for f in state.fills.values()
        if f.kind == "asked" and f.regimens == (regimen,) and f.state in ("loaded", "held")
    )


def uncovered(state: State, facts: Facts) -> list[Dose]:
    """Doses ahead that no compartment holds yet, in due order."""
    envelope = wanted_envelope(state)
    if not envelope:
        return []
    plan = plan_of_envelope(envelope)
    until = min(facts.utc_s + facts.settings.load_days * DAY_S, plan.valid_until)
    held = {d for f in state.fills.values() if f.state in ("loaded", "held") for d in f.doses}
    ahead = between(envelope, facts.utc_s, until) if until > facts.utc_s else []
    return [d for d in ahead if d.dose_id not in held and _needs(state, d, facts.utc_s)]


def _needs(state: State, d: Dose, now_s: int) -> bool:
    life = state.doses.get(d.dose_id)
    return d.close_at > now_s and (life is None or life.is_open)


def _groups(state: State, facts: Facts, envelope: str) -> list[list[Dose]]:
    """Doses that may share a compartment: one instant, one window, nothing to be held (R13)."""
    plan = plan_of_envelope(envelope)
    groups: list[list[Dose]] = []
    for d in uncovered(state, facts):
        last = groups[-1] if groups else []
        alone = plan.regimen(d.regimen_id).alone
        fits = (
            bool(last)
            and last[0].due_at == d.due_at
            and not alone
            and not plan.regimen(last[0].regimen_id).alone
        )
        if fits and _common(last, d) >= SHARED_S:
            last.append(d)
        else:
            groups.append([d])
    return groups


def _common(group: list[Dose], d: Dose) -> int:
    both = [*group, d]
    return min(x.close_at for x in both) - max(x.open_at for x in both)


def _day_row(state: State, plan: Plan, group: list[Dose], compartment: int) -> Proposed:
    pieces = [mg for d in group for mg in pieces_of(plan.regimen(d.regimen_id), d.quarters)]
    return Proposed(
        compartment,
        compartment in state.fills,
        "day",
        tuple(d.dose_id for d in group),
        tuple(d.regimen_id for d in group),
        tuple(d.quarters for d in group),
        tuple(pieces),
        max(d.open_at for d in group),
        group[0].due_at,
        min(d.warn_at for d in group),
        min(d.close_at for d in group),
    )


def _asked_row(
    state: State, plan: Plan, regimen: Regimen, compartment: int, now_s: int
) -> Proposed:
    assert regimen.as_needed is not None
    quarters = regimen.as_needed.quarters
    return Proposed(
        compartment,
        compartment in state.fills,
        "asked",
        (),
        (regimen.id,),
        (quarters,),
        tuple(pieces_of(regimen, quarters)),
        now_s,
        now_s,
        0,
        plan.valid_until,
    )


def build_lease(state: State, facts: Facts) -> Lease | None:
    """What the board shall enforce after this loading; None: no plan."""
    envelope = wanted_envelope(state)
    if not envelope or facts.board is None:
        return None
    lease = Lease()
    lease.lease_no = 1 + max(state.lease_no, facts.board.lease_no)
    lease.tray_index = facts.board.tray_index
    lease.version = state.pending_version or state.plan_version
    counters = counters_of(envelope)
    lease.groups = [Group(c.key, c.gap_s, c.cap) for c in counters]
    for fill in state.fills.values():
        if fill.state != "loaded":
            continue
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
                q
                for r, q in zip(fill.regimens, fill.quarters, strict=True)
                if r in counter.regimens
            )
            if units:
                row.groups.append((index, units))
    return lease


def service(state: State, facts: Facts) -> list[ev.Event]:
    """A person opens the machine, and closes it again."""
    opened = facts.flag(codes.F_SERVICE) and facts.flag(codes.F_DOOR_OPEN)
    if opened and not state.service:
        return [ev.ServiceOpened()]
    if facts.board is not None and state.service and not opened:
        return [ev.ServiceClosed()]
    return []


def end_move(state: State, facts: Facts) -> list[ev.Event]:
    """The service move is over: the position is proven, or the person has gone."""
    if not state.service_move or facts.board is None:
        return []
    over = not stands_still(facts) or not facts.flag(codes.F_SERVICE)
    return [ev.ServiceMoveEnded()] if over else []


def stands_still(facts: Facts) -> bool:
    """Whether the board waits for a service move: position unproven, or the chute in doubt."""
    held = facts.board is not None and facts.board.fault == codes.CHUTE_HELD
    return held or facts.flag(codes.F_DRIVE_OFF)


def hold_opened(state: State, facts: Facts) -> list[ev.Event]:
    """Any later opening, or another tray, holds every fill until a person has looked (R6)."""
    board = facts.board
    if board is None:
        return []
    happened: list[ev.Event] = []
    for fill in state.fills.values():
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
        ev.FillHeld(f.compartment, f.fill, "held-by-board")
        for f in state.fills.values()
        if f.state == "loaded"
        and f.fill <= state.leased_fill  # what was filled since is not yet known to the board
        and board.held_mask >> f.compartment & 1
    ]


def hold_unplanned(state: State, facts: Facts) -> list[ev.Event]:
    """Loading for a new version: fills whose doses it no longer holds stay shut (R4, H12)."""
    if not (state.service and state.pending_envelope):
        return []
    happened: list[ev.Event] = []
    for fill in state.fills.values():
        if fill.state == "loaded" and fill.kind == "day" and not _still_planned(state, fill):
            happened.append(ev.FillHeld(fill.compartment, fill.fill, "plan-change"))
    return happened


def _still_planned(state: State, fill: Fill) -> bool:
    near = between(state.pending_envelope, fill.due_at - DAY_S, fill.due_at + DAY_S)
    planned = {d.dose_id: (d.due_at, d.quarters) for d in near}
    return all(
        planned.get(dose_id) == (fill.due_at, quarters)
        for dose_id, quarters in zip(fill.doses, fill.quarters, strict=True)
    )


def in_force(state: State, facts: Facts) -> list[ev.Event]:
    """The board took the lease: the loading, and with it a waiting version, is in force."""
    board = facts.board
    if board is None or not (state.service and state.loading_done):
        return []
    packed = lease_for(state, facts, board.lease_no)
    if packed is None or board.lease_no <= state.lease_no:
        return []
    if abs(facts.board_utc_s - facts.utc_s) > CLOCK_SET_S:
        return []  # each loading sets the board's clock (R10)
    if lease_digest(packed) != board.lease_digest:
        return []
    happened: list[ev.Event] = [
        ev.LeaseAccepted(
            board.lease_no, board.lease_digest.hex(), state.pending_version or state.plan_version
        )
    ]
    if state.pending_version:
        happened.append(ev.PlanInForce(state.pending_version, state.pending_hash, board.lease_no))
    return happened


def lease_for(state: State, facts: Facts, lease_no: int) -> bytes | None:
    """The packed lease under a given number, None: nothing to lease."""
    lease = build_lease(state, facts)
    if lease is None:
        return None
    lease.lease_no = lease_no
    return lease.pack()
