"""Doses against the clock: opened, due, presented, warned of, closed.

Responsible for: every dose of the plan in force getting exactly one life and,
when its window is over, exactly one outcome if nothing was released. Not
responsible for releasing (orders.py) or for what lies in the cup (cup.py).
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.agenda import between, plan_of_envelope
from controller.facts import Facts
from controller.rules.alerts import close
from controller.rules.elsewhere import UNSAID, calling
from controller.rules.holdpoints import AT_POINT, holds
from controller.rules.limits import free_at
from controller.state import KEEP_S, DoseLife, Fill, State
from hal.wire import codes
from schedules.model import DAY_S, Dose

EARLIEST_S: Final = DAY_S  # no window opens longer than this before its dose is due
FINISH_S: Final = 120  # a round that was started in time may finish within this (R14)
ALONE_S: Final = 900  # without the board's clock a dose closes this much later
MOST: Final = 40  # doses opened in one turn


def open_doses(state: State, facts: Facts) -> list[ev.Event]:
    """Each dose whose window has opened, once; none is due before its version is in force."""
    if not (state.plan_envelope and facts.clock_trusted):
        return []
    now = facts.early_s
    start = max(state.in_force_s, state.opened_s - 2 * DAY_S)
    rows = [
        # under a former version, while nobody could tell the time or the controller was away
        (envelope, d)
        for envelope, from_s, until_s in state.former
        for d in between(envelope, max(from_s, now - KEEP_S + DAY_S), until_s)
    ]
    rows += [
        (state.plan_envelope, d) for d in between(state.plan_envelope, start, now + EARLIEST_S)
    ]
    found: list[ev.Event] = []
    for envelope, d in rows:
        if d.open_at <= now and d.dose_id not in state.doses and len(found) < MOST:
            found.append(opening(envelope, d))
    return found


def opening(envelope: str, d: Dose) -> ev.DoseOpened:
    """A row of a plan begins its life."""
    rule = plan_of_envelope(envelope).regimen(d.regimen_id)
    window = (d.open_at, d.due_at, d.warn_at, d.close_at)
    amounts = tuple(ug for _, ug in rule.amounts)
    of = (rule.ingredients, amounts, rule.elsewhere)
    return ev.DoseOpened(d.dose_id, d.regimen_id, d.quarters, *window, *of)


def fall_due(state: State, facts: Facts) -> list[ev.Event]:
    """The signal instant of each open dose."""
    if not facts.clock_trusted:
        return []
    return [
        ev.DoseFellDue(d.dose_id)
        for d in state.doses.values()
        if d.is_open and not d.fell_due and d.due_at <= facts.early_s
    ]


def presenting(state: State, facts: Facts) -> frozenset[str]:
    """Doses for which lamp and tone call now, on a trusted clock and over a usable cup."""
    order, board = state.order, facts.board
    if board is None or not facts.clock_trusted or board.signal not in (codes.CALL, codes.WARN):
        return frozenset()
    apart = frozenset(d.dose_id for d in calling(state, facts))
    if order is None or state.round is None or order.stage != "prepared":
        return apart
    if board.order != order.order or board.order_state != codes.PREPARED:
        return apart
    return apart | frozenset(
        d for d in round_doses(state) if state.doses[d].fell_due and state.doses[d].is_open
    )


def round_doses(state: State) -> tuple[str, ...]:
    """All doses that the press of the round being offered consents to."""
    if state.round is None:
        return ()
    found: list[str] = []
    for compartment, number in zip(state.round.compartments, state.round.fills, strict=True):
        fill = state.fills.get(compartment)
        if fill is not None and fill.fill == number:
            found += doses_of(state, fill)
    return tuple(found)


def doses_of(state: State, fill: Fill) -> tuple[str, ...]:
    """The doses a fill stands for: its own, or the grant it was promised to."""
    if fill.kind == "day":
        return fill.doses
    return tuple(
        d.dose_id
        for d in state.doses.values()
        if d.asked and d.compartment == fill.compartment and d.is_open
    )


def present(state: State, facts: Facts) -> list[ev.Event]:
    """Journal how long a dose was really offered: only that may blame the patient (R12)."""
    now = presenting(state, facts)
    began = tuple(sorted(d for d in now if not state.doses[d].presented_since))
    if began:
        return [ev.Presented(began)]
    ended: dict[int, list[str]] = {}
    for d in state.doses.values():
        if d.presented_since and (d.dose_id not in now or facts.asleep_s):
            seconds = max(0, _until(state, facts) - d.presented_since - facts.asleep_s)
            ended.setdefault(seconds, []).append(d.dose_id)
    return [ev.PresentationEnded(tuple(ids), seconds) for seconds, ids in ended.items()]


def _until(state: State, facts: Facts) -> int:
    """Until when lamp and tone are known to have called: a clock in doubt adds nothing."""
    if facts.clock_trusted or facts.clock_reason == "board-silent":
        return facts.utc_s
    return min(facts.utc_s, state.floor_s)


def warn(state: State, facts: Facts) -> list[ev.Event]:
    """Somebody is told while the dose can still be taken (R17)."""
    if not facts.clock_trusted:
        return []
    happened: list[ev.Event] = []
    for d in state.doses.values():
        waiting = d.stage in ("open", "ordered") or (d.stage == "released" and _in_cup(state, d))
        if d.asked or d.warned or not waiting:
            continue
        if holds(state, state.plan_envelope, d.regimen, d.due_at) is not None:
            continue  # that it waits for two people is told by itself
        fill = fill_of(state, d)
        warn_at = min(d.warn_at, fill.warn_at) if fill and d.dose_id in fill.doses else d.warn_at
        if warn_at <= facts.early_s < d.close_at:
            happened.append(ev.DoseWarned(d.dose_id))
            happened.append(
                ev.AlertRaised(f"dose-warned-{d.dose_id[:12]}", "dose-warned", 2, d.dose_id)
            )
    return happened


def _in_cup(state: State, d: DoseLife) -> bool:
    return state.cup is not None and d.dose_id in state.cup.doses and not state.cup.lifted_at


def close_doses(state: State, facts: Facts) -> list[ev.Event]:
    """Windows that are over: an uncommitted order is withdrawn first, then the dose closes."""
    now = closing_time(facts)
    if now is None:
        return []
    for d in state.doses.values():
        if d.stage not in ("open", "ordered") or not _over(state, d, now):
            continue
        if d.stage == "ordered":
            assert state.order is not None
            return [ev.OrderWithdrawn(state.order.order, "window closed")]
        if not d.presented_since:
            outcome, how = _outcome(state, facts, d)
            return close(state, d, outcome, how)
    return []


def closing_time(facts: Facts) -> int | None:
    """The instant by which windows may close: both clocks are past it; None: time is not known."""
    if facts.clock_trusted:
        return facts.early_s
    if facts.clock_reason == "board-silent" and facts.silent_s >= ALONE_S:
        # nobody released anything; nobody must be kept waiting. A process that has just begun
        # waits as long by its own count: until the board is heard its time may be false
        return facts.utc_s - ALONE_S
    return None


def _over(state: State, d: DoseLife, now: int) -> bool:
    started = state.round is not None and state.round.started and d.dose_id in round_doses(state)
    return closes_at(state, d) + (FINISH_S if started else 0) <= now


def closes_at(state: State, d: DoseLife) -> int:
    """All doses of a fill share one window: it ends with the first of theirs (R13)."""
    fill = fill_of(state, d)
    shared = fill is not None and fill.state == "loaded" and d.dose_id in fill.doses
    return min(d.close_at, fill.close_at) if fill is not None and shared else d.close_at


def _outcome(state: State, facts: Facts, d: DoseLife) -> tuple[str, str]:
    """`missed` only for a dose that was really offered; else `held` with what stood in the way."""
    fill = fill_of(state, d)
    if holds(state, state.plan_envelope, d.regimen, d.due_at) is not None:
        return "held", AT_POINT
    if d.elsewhere:
        return _unsaid(state, facts, d)
    ours = d.last_code and codes.cause(d.last_code) == codes.MACHINE
    if d.asked and not ours:
        return "skipped", "withdrawn"
    if fill is None:
        return "held", "not-loaded"
    if fill.state != "loaded":
        return "held", fill.code or "compartment-held"
    if d.presented_s and d.presented_s * 2 >= closes_at(state, d) - d.due_at and not d.asked:
        return "missed", "not-asked-for"
    if ours:
        return "held", codes.word(d.last_code)
    if state.locked:
        return "held", "locked"
    half = (closes_at(state, d) + d.due_at) // 2
    if free_at(state, state.plan_envelope, d.regimen, facts.utc_s) > half:
        return "held", "gap"
    if facts.board is None:
        return "held", "board-silent"
    if state.cup is not None:
        return "held", "cup-not-empty"
    return "held", codes.word(d.last_code) if d.last_code else "not-presented"


def _unsaid(state: State, facts: Facts, d: DoseLife) -> tuple[str, str]:
    """Nobody has said that it was taken: missed only where lamp and tone called for it (R12)."""
    if d.presented_s and d.presented_s * 2 >= d.close_at - d.due_at:
        return "missed", UNSAID
    if state.locked:
        return "held", "locked"
    half = (d.close_at + d.due_at) // 2
    if free_at(state, state.plan_envelope, d.regimen, facts.utc_s) > half:
        return "held", "gap"
    return "held", "board-silent" if facts.board is None else "not-presented"


def over(state: State, facts: Facts, fill: Fill) -> bool:
    """Nothing is left to do for this fill: its doses are closed, or fell due under no version."""
    unborn = False
    for dose_id in fill.doses:
        life = state.doses.get(dose_id)
        if life is None:
            unborn = True
        elif life.is_open:
            return False
    if unborn:
        return facts.clock_trusted and fill.close_at + FINISH_S < facts.early_s
    return bool(fill.doses)


def fill_of(state: State, d: DoseLife) -> Fill | None:
    """The compartment that holds this dose, None: it was never loaded."""
    for fill in state.fills.values():
        if d.dose_id in fill.doses or (d.asked and fill.compartment == d.compartment):
            return fill
    return None


def give_up(state: State, facts: Facts) -> list[ev.Event]:
    """Not released three times: held, and a person looks into the compartment."""
    for d in state.doses.values():
        if d.stage == "open" and d.tries > 2:
            fill = fill_of(state, d)
            word = codes.word(d.last_code)
            happened = close(state, d, "held", word)
            if fill is not None and fill.state == "loaded":
                happened.append(ev.FillHeld(fill.compartment, fill.fill, word))
            return happened
    return []


def drop_unplanned(state: State, facts: Facts) -> list[ev.Event]:
    """After a new version: an open dose that it no longer holds is skipped, before COMMIT."""
    if not (state.plan_envelope and facts.clock_trusted):
        return []
    rules = plan_of_envelope(state.plan_envelope).regimens
    asked = {r.id: r.as_needed for r in rules}
    apart = {r.id for r in rules if r.elsewhere}
    for d in state.doses.values():
        rule = asked.get(d.regimen)
        if d.asked and d.stage == "open" and (rule is None or rule.quarters != d.quarters):
            return close(state, d, "skipped", "plan")  # asked for under a former version
        if d.asked or d.stage not in ("open", "ordered") or d.close_at <= state.in_force_s:
            continue
        planned = between(state.plan_envelope, d.due_at - DAY_S, d.due_at + DAY_S)
        same = [p for p in planned if p.dose_id == d.dose_id]
        there = d.elsewhere == (d.regimen in apart)
        if there and same and (same[0].quarters, same[0].due_at) == (d.quarters, d.due_at):
            continue
        if d.stage == "ordered":
            assert state.order is not None
            return [ev.OrderWithdrawn(state.order.order, "plan changed")]
        if same:
            return close(state, d, "held", "plan-change")
        return close(state, d, "skipped", "plan")
    return []
