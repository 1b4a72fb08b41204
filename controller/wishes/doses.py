"""What a named person says or does about one dose.

Responsible for: settling a doubt and skipping.
Not responsible for who the person is: `by` is written down as given, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controller import events as ev
from controller.agenda import between, counters_of, plan_of_envelope
from controller.events import Json
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import fill_of, opening
from controller.rules.elsewhere import supposing
from controller.rules.holdpoints import holds
from controller.rules.limits import free_at, room_at
from controller.state import LOST, DoseLife, Fill, State
from controller.wishes.arguments import Refused, at_machine, number, text
from hal.wire import codes
from schedules.model import DAY_S, Dose

LATE_REASONS: Final = ("came-late", "was-away", "machine-could-not", "prescriber-says")
SKIP_REASONS: Final = ("refused", "unwell", "not-there", "not-needed", "prescriber-says")
UNSURE: Final = (LOST, "stray-fall", "tray-changed", "held-by-board")  # nobody knows the contents


def settle(
    state: State, facts: Facts, wish: Mapping[str, Json], second: str = ""
) -> list[ev.Event]:
    """A named person says what became of a dose in doubt; there is no default.

    `second`: who has signed the same, verified; a name in the wish is nobody's signature.
    """
    dose_id, by, how = text(wish, "dose_id"), text(wish, "by"), text(wish, "how")
    outcome = wish.get("outcome")
    if outcome not in ("taken", "missed"):
        raise Refused("bad-outcome", "Say 'taken' or 'missed'; if unsure, leave it uncertain.")
    d = state.doses.get(dose_id)
    if d is None or d.stage != "uncertain":
        raise Refused("not-uncertain", "Only a dose in doubt can be settled.")
    if outcome == "missed" and d.by_hand:
        raise Refused("given-by-hand", "It was written down as given by hand: it was not missed.")
    if not second and needs_second(state, d.regimen):
        why = "This medicine needs a second person's signed word: bring it for dose {}."
        raise Refused("second-person", why.format(dose_id))
    happened: list[ev.Event] = [ev.DoseSettled(dose_id, str(outcome), how, by, second)]
    alert = alert_id("dose-uncertain", dose_id)
    if alert in state.alerts:
        happened.append(ev.AlertResolved(alert, f"settled {outcome}", by))
    return happened


def needs_second(state: State, regimen: str) -> bool:
    """High-alert in the plan in which it was last found; a regimen that nobody knows is (R16)."""
    for envelope in (state.plan_envelope, *(f[0] for f in reversed(state.former))):
        for one in plan_of_envelope(envelope).regimens if envelope else ():
            if one.id == regimen:
                return one.high_alert
    return True


def then_of(state: State, regimen: str) -> str:
    """What the plan wants of a dose that was not had: skip or ask; "" where no plan knows it."""
    for envelope in (state.plan_envelope, *(f[0] for f in reversed(state.former))):
        for one in plan_of_envelope(envelope).regimens if envelope else ():
            if one.id == regimen:
                return one.window.then
    return ""


def give_late(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """A person at the open machine gives what was missed, once, inside gap and caps (R17)."""
    at_machine(facts)
    dose_id, by, why = text(wish, "dose_id"), text(wish, "by"), wish.get("reason")
    if why not in LATE_REASONS:
        raise Refused("say-reason", f"Say why it is late: {', '.join(LATE_REASONS)}.")
    d = state.doses.get(dose_id)
    if d is None or d.stage not in ("missed", "held") or d.taken_late_at:
        raise Refused("not-missed", "Only a dose that was missed or held can be given late.")
    if then_of(state, d.regimen) == "skip":
        why = "The plan says that this one is left out once its time is over. Do not give it."
        raise Refused("then-skip", why)
    fill = fill_of(state, d)
    fallen = any(r.dose_id == dose_id for r in state.releases)
    if fallen or fill is None or fill.state not in ("loaded", "held") or fill.code in UNSURE:
        raise Refused("not-there", "It does not lie in its compartment any more, for all we know.")
    on_its_tray(fill, facts)
    if not state.clock_trusted or state.locked:
        raise Refused("not-ready", "Nothing is given while the machine or its clock is in doubt.")
    lives = [state.doses[one] for one in fill.doses if one in state.doses]
    if len(lives) < len(fill.doses) or any(x.stage not in ("missed", "held") for x in lives):
        raise Refused("shared-fill", "What shares its compartment must be given with it.")
    for one in lives:
        _in_limits(state, facts, one)
    happened: list[ev.Event] = [ev.Emptied(fill.compartment, fill.fill, fill.pieces, by)]
    for one in lives:
        happened.append(ev.GivenLate(one.dose_id, by, str(why)))
        for code in ("dose-missed", "dose-held"):
            name = alert_id(code, one.dose_id)
            if name in state.alerts:
                happened.append(ev.AlertResolved(name, "given late", by))
    return happened


def on_its_tray(fill: Fill, facts: Facts) -> None:
    """Raises Refused where another place, or another tray, is under that number now (R6)."""
    if facts.board is not None and facts.board.tray_index != fill.tray_index:
        why = "The tray does not stand as it was loaded: set it right, or look and say so, first."
        raise Refused("not-there", why)


def _in_limits(state: State, facts: Facts, d: DoseLife) -> None:
    """Raises Refused where a gap or cap forbids it, or where it would cost the next dose."""
    now = facts.early_s
    if d.regimen in state.halts:
        raise Refused("stopped", "This medicine was stopped or put on hold.")
    passed_point(state, d.regimen, d.due_at)
    said_first(state, d, now)
    free = free_at(state, state.plan_envelope, d.regimen, now)
    if free > now:
        raise Refused("gap", "Too soon after the last one.", free)
    room = room_at(state, state.plan_envelope, d.regimen, d.quarters, now)
    if room > now:
        raise Refused("cap", "That is the most that is allowed within this time.", room)
    for counter in counters_of(state.plan_envelope):
        ahead = between(state.plan_envelope, now, now + counter.gap_s + DAY_S)
        for row in ahead if d.regimen in counter.regimens else ():
            late = row.regimen_id in counter.regimens and row.close_at <= now + counter.gap_s
            if late and row.dose_id != d.dose_id:
                raise Refused("next-dose", "It is too near to the next one: leave it out.")


def passed_point(state: State, regimen: str, due_at: int) -> None:
    """Raises Refused for a step that waits for two people."""
    if holds(state, state.plan_envelope, regimen, due_at) is not None:
        raise Refused("hold-point", "Its step waits for two people: they sign that it goes on.")


def said_first(state: State, d: DoseLife, now: int, but: tuple[str, ...] = ()) -> None:
    """Raises Refused while nobody has said what became of the same medicine kept elsewhere."""
    envelope, known = state.plan_envelope, supposing(state, now)
    if known is state:
        return
    before = free_at(state, envelope, d.regimen, now, but)
    free = free_at(known, envelope, d.regimen, now, but)
    room = room_at(known, envelope, d.regimen, d.quarters, now)
    more = room > room_at(state, envelope, d.regimen, d.quarters, now)
    if (free > now and free > before) or more:
        why = "The same may have been taken outside the machine: say what became of that first."
        raise Refused("say-first", why, max(free, room))


def hand_out(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """Doses for a journey, taken out at the open machine: each has its outcome now (R17)."""
    at_machine(facts)
    compartment = number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    pieces = number(wish, "pieces", 1, 200)
    by, purpose = text(wish, "by"), text(wish, "for")
    fill = state.fills.get(compartment)
    # opening the door to hand it out has held it; whoever stands there counts the pieces
    lies = fill is not None and (fill.state == "loaded" or fill.code == "door-opened")
    if fill is None or fill.kind != "day" or not lies:
        raise Refused("not-loaded", "Only planned doses that are sure to lie there are handed out.")
    if pieces != fill.pieces:
        raise Refused("wrong-pieces", f"{fill.pieces} pieces should be in it; count again.")
    on_its_tray(fill, facts)
    if not state.clock_trusted or state.locked or state.pending_envelope:
        raise Refused("not-ready", "First the clock, a lock or a waiting plan must be settled.")
    ahead = {d.dose_id: d for d in _rows_of(state, fill)}
    happened: list[ev.Event] = [ev.Emptied(compartment, fill.fill, pieces, by)]
    for dose_id in fill.doses:
        life, row = state.doses.get(dose_id), ahead.get(dose_id)
        if life is None and row is not None and row.regimen_id not in state.halts:
            happened.append(opening(state.plan_envelope, row))
        elif life is None or life.stage != "open":
            raise Refused("not-open", "One of its doses is not to be given any more.")
        named = life or row
        assert named is not None
        rule = named.regimen if isinstance(named, DoseLife) else named.regimen_id
        passed_point(state, rule, named.due_at)
        _in_time(state, life or row, facts)
        happened.append(ev.DoseClosed(dose_id, "handed-out", purpose, 0, by))
    return happened


def _in_time(state: State, d: DoseLife | Dose | None, facts: Facts) -> None:
    """Raises Refused where its time comes too soon after what fell, or finds no room (R3, R17).

    Nobody holds back what is in a bag: at the machine it would only open later.
    """
    assert d is not None
    name = d.regimen if isinstance(d, DoseLife) else d.regimen_id
    at_s = max(d.due_at, facts.early_s)
    free = free_at(state, state.plan_envelope, name, at_s)
    room = room_at(state, state.plan_envelope, name, d.quarters, at_s)
    if free > at_s or room > at_s:
        why = "It would be due too soon after the last of its kind: it stays here and opens then."
        raise Refused("gap" if free > at_s else "cap", why, max(free, room))


def _rows_of(state: State, fill: Fill) -> list[Dose]:
    if not state.plan_envelope:
        return []
    return between(state.plan_envelope, fill.due_at - DAY_S, fill.due_at + DAY_S)


def skip(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    dose_id, by = text(wish, "dose_id"), text(wish, "by")
    d = state.doses.get(dose_id)
    if d is None or d.stage != "open":
        raise Refused("not-open", "Only an open dose that is not being released can be skipped.")
    why = wish.get("reason")
    if why not in (*SKIP_REASONS, *(() if d.elsewhere else (None,))):
        raise Refused("say-reason", f"Say why: {', '.join(SKIP_REASONS)}.")
    happened = close(state, d, "skipped", str(why or "by request"), 0, by)
    fill = fill_of(state, d)
    for other in fill.doses if fill is not None else ():
        # what shares its compartment can fall only with it: somebody must hear that now
        life = state.doses.get(other)
        if other != dose_id and life is not None and life.stage == "open":
            happened += close(state, life, "held", "shared-fill")
    return happened
