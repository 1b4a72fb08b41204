"""The proposal: which pieces a person is asked to put into which compartment, in due order.

Responsible for: the rows of a loading, the compartments that are free for them, a stated
number for as-needed. Not responsible for which doses still need one (demand.py), for what
must stay shut (fills.py) or for the person's wishes (controller/wishes/loading.py).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from controller.agenda import plan_of_envelope
from controller.facts import Facts
from controller.rules.demand import groups_of, uncovered, wanted_envelope
from controller.rules.doses import over
from controller.rules.elsewhere import loadable
from controller.rules.fills import BROKEN_OFF, EMPTY_FIRST, OPENED, keeps
from controller.state import Fill, State
from hal.wire import codes
from schedules.model import Dose, Plan, Regimen

NOISES: Final = 3  # a piece weighs at least so many times the noise of the scale


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
    here = loadable(envelope)
    for regimen in plan.regimens:
        wanted = regimen.as_needed is not None and regimen.id in here
        if wanted and regimen.id not in state.halts:
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
        if f.kind == "asked" and f.regimens == (regimen,) and keeps(f)
    )


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
