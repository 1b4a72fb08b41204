"""STOP and HOLD: what a signed act from afar does to doses and fills, at once (R4).

Responsible for: closing what is open, holding what is loaded, freeing what goes on, and the
list of rounds that a halt or a new version would hold. Not responsible for signatures
(schedules/halt.py, plans.py). Nothing here ever lets more be released than before.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from controller import events as ev
from controller.events import Json
from controller.facts import Facts
from controller.rules.alerts import close
from controller.rules.doses import over
from controller.rules.fills import ON_HOLD, still_planned
from controller.rules.holdpoints import holds
from controller.state import Fill, State

STOPPED: Final = "plan-change"  # must come out before anything else goes in


@dataclass(frozen=True, slots=True)
class HeldRound:
    """One compartment that will not be given, and the doses that suffer for others' sake."""

    compartment: int
    due_at: int
    until: int  # close of its window; 0: an as-needed fill, until it is loaded anew
    doses: tuple[str, ...]
    regimens: tuple[str, ...]


def close_halted(state: State, facts: Facts) -> list[ev.Event]:
    """An open dose of a halted regimen has its outcome now; before COMMIT it is withdrawn."""
    for d in state.doses.values():
        halt = state.halts.get(d.regimen)
        if halt is None or d.stage not in ("open", "ordered"):
            continue
        if d.stage == "ordered":
            assert state.order is not None
            return [ev.OrderWithdrawn(state.order.order, "plan changed")]
        if halt.act == "stop":
            return close(state, d, "skipped", "plan")
        return close(state, d, "held", ON_HOLD)
    return []


def hold_fills(state: State, facts: Facts) -> list[ev.Event]:
    """What holds a halted regimen stays shut; what was on hold and no longer is, is freed."""
    happened: list[ev.Event] = []
    for f in state.fills.values():
        if not state.halts and f.code != ON_HOLD:
            continue
        acts = {state.halts[r].act for r in f.regimens if r in state.halts}
        waits = all(state.halts[r].answered for r in f.regimens if r in state.halts)
        if f.state == "loaded" and waits and f.fill > state.leased_fill:
            continue  # put in for the version that lets it go on, and given under no other lease
        if f.state == "loaded" and acts:
            code = STOPPED if "stop" in acts else ON_HOLD
            happened.append(ev.FillHeld(f.compartment, f.fill, code))
        elif f.state == "held" and f.code == ON_HOLD and "stop" in acts:
            happened.append(ev.FillHeld(f.compartment, f.fill, STOPPED))
        elif f.state == "held" and f.code == ON_HOLD and not acts:
            happened.append(ev.FillFreed(f.compartment, f.fill))
    return happened


def would_hold(state: State, facts: Facts, regimens: Iterable[str]) -> list[HeldRound]:
    """The rounds that a halt of these regimens would hold, in due order: for who is to sign."""
    named = set(regimens)
    return _rounds(f for f in _live(state, facts) if named & set(f.regimens))


def would_free(state: State, facts: Facts, regimens: Iterable[str]) -> list[HeldRound]:
    """The rounds that would be given again if these were to go on now."""
    named = set(regimens)
    rest = set(state.halts) - named
    return _rounds(
        f
        for f in _live(state, facts)
        if named & set(f.regimens)
        and not rest & set(f.regimens)
        and (f.code == ON_HOLD or _at_point(state, facts, f, named))
    )


def _at_point(state: State, facts: Facts, f: Fill, named: set[str]) -> bool:
    """Whether it waits for a resume of this very medicine, which would be taken now."""
    now, envelope = facts.early_s, state.plan_envelope
    points = [holds(state, envelope, r, f.due_at) for r in f.regimens if named == {r}]
    return any(p is not None and p == holds(state, envelope, p.regimen, now) for p in points)


def would_change(state: State, facts: Facts, envelope: str) -> list[HeldRound]:
    """The rounds that loading this version would hold until they are filled again."""
    return _rounds(f for f in _live(state, facts) if not still_planned(envelope, f))


def held_now(state: State, facts: Facts) -> list[HeldRound]:
    """The rounds that are held for the plan's sake now."""
    return _rounds(f for f in _live(state, facts) if f.code in (STOPPED, ON_HOLD))


def held_row(row: HeldRound) -> Json:
    """One held round for whoever shows it."""
    return {
        "compartment": row.compartment,
        "due_at": row.due_at,
        "until": row.until,
        "doses": list(row.doses),
        "regimens": list(row.regimens),
    }


def _live(state: State, facts: Facts) -> list[Fill]:
    return [
        f
        for f in state.fills.values()
        if f.state in ("loaded", "held") and not over(state, facts, f)
    ]


def _rounds(fills: Iterable[Fill]) -> list[HeldRound]:
    rows = [
        HeldRound(f.compartment, f.due_at, f.close_at if f.doses else 0, f.doses, f.regimens)
        for f in fills
    ]
    return sorted(rows, key=lambda row: (row.due_at, row.compartment))
