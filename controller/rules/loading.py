"""Loading: what a person is asked to put where, and how it comes into force.

Responsible for: the proposal (compartments in due order, a stated number for
as-needed), holding fills after any opening (R6), and the lease that ends a
loading. Not responsible for the person's wishes (controller/wishes.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller import events as ev
from controller.agenda import between, counters_of, plan_of_envelope, signers
from controller.facts import Facts
from controller.rules.doses import over
from controller.state import LOST, Fill, State
from hal.wire import codes
from hal.wire.codes import ROW_GROUPS
from hal.wire.messages import Actual, Group, Lease, lease_digest
from schedules.limits import counters
from schedules.model import Dose, LastTaken, Plan, Regimen

DAY_S: Final = 86400
CLOCK_SET_S: Final = 2
OPENED: Final = ("door-opened", "tray-changed")  # held until a person has looked; then as before
EMPTY_FIRST: Final = ("plan-change", "clock-repaired", LOST)  # must come out
BROKEN_OFF: Final = "loading-broken-off"  # said to be begun and never said to be done
NOISES: Final = 3  # a piece weighs at least so many times the noise of the scale
WAYS: Final = 8  # so many compartments of one instant are tried for one more dose
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


def too_light(row: Proposed, noise_mg: int) -> bool:
    """Its lightest piece is lost in what the scale was measured to tremble by (R15)."""
    return min(row.piece_mgs) < NOISES * noise_mg


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
    missing = uncovered(state, facts)
    rows = _begun(state, facts, plan, missing)
    begun = {row.compartment for row in rows}
    named = {dose_id for row in rows for dose_id in row.doses}
    free = [c for c in range(codes.COMPARTMENTS) if c not in begun and _reusable(state, facts, c)]
    for regimen in plan.regimens:
        if regimen.as_needed is not None and regimen.id not in state.halts:
            held = _asked_fills(state, regimen.id)
            held += sum(1 for row in rows if row.kind == "asked" and row.regimens == (regimen.id,))
            for _ in range(max(0, min(facts.settings.asked_reserve - held, len(free)))):
                rows.append(_asked_row(state, plan, regimen, free.pop(0), facts.utc_s))
    far = _far(state, facts)
    for group in groups_of(plan, [d for d in missing if d.dose_id not in named]):
        if not free and far and group[0].due_at < far[-1].due_at and _soon(facts, group[0]):
            free.append(far.pop().compartment)  # full of what is needed later
        if not free:
            break
        rows.append(_day_row(state, plan, group, free.pop(0)))
    return rows


def _soon(facts: Facts, d: Dose) -> bool:
    return d.open_at <= facts.utc_s + facts.settings.load_ahead_s


def _far(state: State, facts: Facts) -> list[Fill]:
    """Loaded compartments in due order: the last of them may make room for a nearer dose."""
    loaded = [f for f in state.fills.values() if f.kind == "day" and f.state == "loaded"]
    return sorted((f for f in loaded if not over(state, facts, f)), key=lambda f: f.due_at)


def _begun(state: State, facts: Facts, plan: Plan, missing: list[Dose]) -> list[Proposed]:
    """Rows that somebody has begun to load: they keep their compartment and their contents."""
    needed = {d.dose_id: d for d in missing}
    asked = {r.id: r for r in plan.regimens if r.as_needed is not None}
    rows: list[Proposed] = []
    for c, fill in sorted(state.fills.items()):
        if fill.state != "loading":
            continue
        if fill.doses and all(dose_id in needed for dose_id in fill.doses):
            rows.append(_day_row(state, plan, [needed[dose_id] for dose_id in fill.doses], c))
        elif fill.kind == "asked" and fill.regimens[0] in asked:
            rows.append(_asked_row(state, plan, asked[fill.regimens[0]], c, facts.utc_s))
    return rows


def _reusable(state: State, facts: Facts, compartment: int) -> bool:
    """Empty, spent, or holding what will never be released again."""
    fill = state.fills.get(compartment)
    if fill is None or fill.state == "spent":
        return True
    if fill.state == "loading" or fill.code == BROKEN_OFF:
        return True
    if fill.code == "on-hold" and not over(state, facts, fill):
        return len(set(fill.regimens)) > 1  # alone in there it may wait; what shares it need not
    if fill.kind == "asked" or fill.code in EMPTY_FIRST:
        return fill.state == "held" and fill.code not in OPENED
    return over(state, facts, fill)


def _asked_fills(state: State, regimen: str) -> int:
    return sum(
        1
        for f in state.fills.values()
        if f.kind == "asked" and f.regimens == (regimen,) and _keeps(f)
    )


def uncovered(state: State, facts: Facts) -> list[Dose]:
    """Doses ahead that no compartment holds yet, in due order."""
    envelope = wanted_envelope(state)
    if not envelope:
        return []
    plan = plan_of_envelope(envelope)
    until = min(facts.utc_s + facts.settings.load_days * DAY_S, plan.valid_until)
    held = {d for f in state.fills.values() if _keeps(f) for d in f.doses}
    ahead = between(envelope, facts.utc_s, until) if until > facts.utc_s else []
    return [d for d in ahead if d.dose_id not in held and _needs(state, d, facts.utc_s)]


def _keeps(fill: Fill) -> bool:
    """Whether these contents will be given; what must come out again holds nothing."""
    return fill.state == "loaded" or (fill.state == "held" and fill.code in OPENED)


def _needs(state: State, d: Dose, now_s: int) -> bool:
    life = state.doses.get(d.dose_id)
    # what was released, or is about to be, needs no second fill
    if d.regimen_id in state.halts and not state.halts[d.regimen_id].answered:
        return False
    return d.close_at > now_s and (life is None or life.stage in ("open", "ordered"))


def groups_of(plan: Plan, missing: list[Dose]) -> list[list[Dose]]:
    """Doses that may share a compartment: one instant, one window, nothing to be held (R13)."""
    groups: list[list[Dose]] = []
    counted = {r.id: {c.key for c in counters(plan) if r.id in c.regimens} for r in plan.regimens}
    for d in missing:
        near = [
            g
            for g in groups[-WAYS:]
            if g[0].due_at == d.due_at
            and _may_share(plan, g, d)
            and len(set().union(*(counted[x.regimen_id] for x in (*g, d)))) <= ROW_GROUPS
        ]
        if near:
            near[0].append(d)
        else:
            groups.append([d])
    return groups


def _may_share(plan: Plan, group: list[Dose], d: Dose) -> bool:
    alone = plan.regimen(d.regimen_id).alone or plan.regimen(group[0].regimen_id).alone
    return not alone and _common(group, d) >= SHARED_S


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
    lease.door_count = facts.board.door_count
    lease.version = state.pending_version or state.plan_version
    counters = counters_of(envelope)
    lease.groups = [Group(c.key, c.gap_s, c.cap) for c in counters]
    for fill in state.fills.values():
        if fill.state != "loaded" or over(state, facts, fill):
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
    waits = (codes.CHUTE_HELD, codes.ASSERTION)
    held = facts.board is not None and facts.board.fault in waits
    return held or facts.flag(codes.F_DRIVE_OFF)


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
    return ev.LastTaken(regimen.id, word, taken_at, quarters, regimen.ingredients, by)


def lease_for(state: State, facts: Facts, lease_no: int) -> bytes | None:
    """The packed lease under a given number, None: nothing to lease."""
    lease = build_lease(state, facts)
    if lease is None:
        return None
    lease.lease_no = lease_no
    return lease.pack()
