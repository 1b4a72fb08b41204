"""What a person may ask for, and the events it leads to, or a refusal with a reason.

Responsible for: every verb of the local socket, each checked to the last
argument. There is no verb that releases a pill: consent is pressed on the
board. Not responsible for who the person is (the web's sign-in, an authorised
key): `by` is written down as given and must not be empty.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from controller import events as ev
from controller.agenda import granted, plan_in_force
from controller.events import Json
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import fill_of, round_doses
from controller.rules.limits import free_at, room_at
from controller.rules.loading import Proposed, proposal, stands_still
from controller.rules.orders import live, may_move
from controller.state import LOST, Fill, State
from hal.wire import codes

GRANT_S: Final = 900  # an as-needed dose that was granted may be taken for this long
NAME_MAX: Final = 80


class Refused(Exception):
    """A wish that is not granted: stable code, sentence with what to do."""

    def __init__(self, code: str, why: str, next_at: int = 0) -> None:
        super().__init__(f"{code}: {why}")
        self.code = code
        self.why = why
        self.next_at = next_at


def grant(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """The events a wish leads to; raises Refused."""
    verb = wish.get("wish")
    handler = _VERBS.get(verb) if isinstance(verb, str) else None
    if handler is None:
        raise Refused("unknown-wish", f"Nothing is called {verb!r}. Known: {', '.join(_VERBS)}.")
    return handler(state, facts, wish)


def _text(wish: Mapping[str, Json], name: str) -> str:
    value = wish.get(name)
    if not isinstance(value, str) or not value.strip() or len(value) > NAME_MAX:
        raise Refused("bad-argument", f"{name!r} must be a text of 1 to {NAME_MAX} characters.")
    return value.strip()


def _number(wish: Mapping[str, Json], name: str, low: int, high: int) -> int:
    value = wish.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not low <= value <= high:
        raise Refused("bad-argument", f"{name!r} must be a whole number from {low} to {high}.")
    return value


def _ask(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """An as-needed dose: granted with a compartment and a time limit, or refused with a time."""
    name = _text(wish, "regimen")
    plan = plan_in_force(state)
    if plan is None:
        raise Refused("no-plan", "No plan is in force yet.")
    if name not in {r.id for r in plan.regimens if r.as_needed is not None}:
        raise Refused("unknown-regimen", "The plan has no as-needed medicine of that name.")
    code, next_at = may_ask(state, facts, name)
    if code:
        return [ev.AskedRefused(name, code, next_at)]
    fill = asked_fill(state, name)
    assert fill is not None
    number = state.asked_number + 1
    # open by the clock that is behind, closed by the one ahead: two clocks cost no minute of it
    open_at, close_at = facts.early_s, facts.late_s + GRANT_S
    dose = granted(plan, name, facts.log_epoch, number, open_at)
    return [
        ev.AskedGranted(
            name, dose.dose_id, number, dose.quarters, fill.compartment, open_at, close_at
        )
    ]


def asked_fill(state: State, regimen: str) -> Fill | None:
    """A loaded compartment of this as-needed regimen that nobody was promised."""
    promised = {d.compartment for d in state.doses.values() if d.asked and d.is_open}
    fills = [
        f
        for f in state.fills.values()
        if f.kind == "asked"
        and f.regimens == (regimen,)
        and f.state == "loaded"
        and f.compartment not in promised
    ]
    return min(fills, key=lambda f: f.compartment) if fills else None


def may_ask(state: State, facts: Facts, regimen: str) -> tuple[str, int]:
    """("", 0) where asking would be granted now, else a code and when to ask again (0: unknown)."""
    plan = plan_in_force(state)
    assert plan is not None
    rule = plan.regimen(regimen).as_needed
    assert rule is not None
    now = facts.early_s
    if not may_move(state, facts):
        return "not-ready", 0
    if any(d.asked and d.regimen == regimen and d.is_open for d in state.doses.values()):
        return "already-granted", 0
    if not plan.valid_from <= now < plan.valid_until:
        return "plan-not-valid", 0
    gap = free_at(state, state.plan_envelope, regimen, now)
    if gap > now:
        return "gap", gap
    room = room_at(state, state.plan_envelope, regimen, rule.quarters, now)
    if room > now:
        return "cap", room
    if live(state.order) and state.order is not None and state.order.stage == "committed":
        return "busy", 0
    if state.cup is not None:
        return "cup-not-empty", 0
    if any(state.doses[d].fell_due and not state.doses[d].asked for d in round_doses(state)):
        return "round-waiting", 0  # one press first, or a skip: then it is free for this
    if asked_fill(state, regimen) is None:
        return "none-loaded", 0
    return "", 0


def _settle(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """A named person says what became of a dose in doubt; there is no default."""
    dose_id, by, how = _text(wish, "dose_id"), _text(wish, "by"), _text(wish, "how")
    outcome = wish.get("outcome")
    if outcome not in ("taken", "missed"):
        raise Refused("bad-outcome", "Say 'taken' or 'missed'; if unsure, leave it uncertain.")
    d = state.doses.get(dose_id)
    if d is None or d.stage != "uncertain":
        raise Refused("not-uncertain", "Only a dose in doubt can be settled.")
    happened: list[ev.Event] = [ev.DoseSettled(dose_id, str(outcome), how, by)]
    alert = alert_id("dose-uncertain", dose_id)
    if alert in state.alerts:
        happened.append(ev.AlertResolved(alert, f"settled {outcome}", by))
    return happened


def _skip(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    dose_id, by = _text(wish, "dose_id"), _text(wish, "by")
    d = state.doses.get(dose_id)
    if d is None or d.stage != "open":
        raise Refused("not-open", "Only an open dose that is not being released can be skipped.")
    happened = close(state, d, "skipped", "by request", 0, by)
    fill = fill_of(state, d)
    for other in fill.doses if fill is not None else ():
        # what shares its compartment can fall only with it: somebody must hear that now
        life = state.doses.get(other)
        if other != dose_id and life is not None and life.stage == "open":
            happened += close(state, life, "held", "shared-fill")
    return happened


def _acknowledge(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    name, by = _text(wish, "alert_id"), _text(wish, "by")
    if name not in state.alerts:
        raise Refused("unknown-alert", "No such alert is raised now.")
    return [ev.AlertAcknowledged(name, by)]


_DOSE_ALERTS: Final = ("dose-missed", "dose-held", "left-in-cup", "dose-warned")


def _resolve(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """An alert about an outcome ends when a named person says so; a condition must end itself."""
    name, by = _text(wish, "alert_id"), _text(wish, "by")
    alert = state.alerts.get(name)
    if alert is None:
        raise Refused("unknown-alert", "No such alert is raised now.")
    if alert.code not in _DOSE_ALERTS:
        raise Refused("still-standing", "This alert ends when its cause is gone; acknowledge it.")
    return [ev.AlertResolved(name, "by a person", by)]


def _confirm_clock(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    by = _text(wish, "by")
    if state.clock_trusted:
        raise Refused("clock-trusted", "The clock is trusted; there is nothing to confirm.")
    return [ev.ClockConfirmed(by)]


def _at_machine(facts: Facts) -> None:
    if not (facts.flag(codes.F_SERVICE) and facts.flag(codes.F_DOOR_OPEN)):
        raise Refused("not-at-machine", "Hold the service switch and open the door first.")


def _proposed(state: State, facts: Facts, compartment: int) -> Proposed:
    for row in proposal(state, facts):
        if row.compartment == compartment:
            return row
    raise Refused("not-proposed", "Nothing is to be loaded into this compartment now.")


def _loading(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    _at_machine(facts)
    compartment = _number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    by = _text(wish, "by")
    row = _proposed(state, facts, compartment)
    _as_shown(wish, row)
    fill = state.fills.get(compartment)
    if fill is not None and (fill.state != "loading" or _meant(fill) != _meant(row)):
        raise Refused("not-emptied", "Take out what is in it and say how many pieces, first.")
    return [ev.Loading(compartment, by, row.kind, row.doses, row.regimens, row.quarters)]


def _meant(what: Fill | Proposed) -> tuple[object, ...]:
    """What belongs into a compartment."""
    return what.kind, what.doses, what.regimens, what.quarters


def _as_shown(wish: Mapping[str, Json], row: Proposed) -> None:
    """Whoever says what was read on the screen is told when it means something else by now."""
    shown = wish.get("doses")
    if shown is not None and shown != list(row.doses):
        raise Refused("proposal-changed", "What belongs in it has changed; look again.")


def _loaded(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    _at_machine(facts)
    compartment = _number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    by = _text(wish, "by")
    fill = state.fills.get(compartment)
    if fill is None or fill.state != "loading":
        raise Refused("not-loading", "Say that you are loading this compartment, first.")
    row = _proposed(state, facts, compartment)
    _as_shown(wish, row)
    if _meant(fill) != _meant(row):
        raise Refused("proposal-changed", "What belongs in it has changed; take it out again.")
    pieces = wish.get("pieces", len(row.piece_mgs))
    if pieces != len(row.piece_mgs):
        raise Refused("wrong-pieces", f"{len(row.piece_mgs)} pieces belong in it; count again.")
    assert facts.board is not None
    return [
        ev.Loaded(
            compartment,
            state.last_fill + 1,
            row.kind,
            row.doses,
            row.regimens,
            row.quarters,
            len(row.piece_mgs),
            row.weight_mg,
            row.tolerance_mg,
            row.open_at,
            row.due_at,
            row.warn_at,
            row.close_at,
            facts.board.tray_index,
            facts.board.door_count,
            by,
        )
    ]


def _emptied(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    _at_machine(facts)
    compartment = _number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    pieces = _number(wish, "pieces", 0, 200)
    by = _text(wish, "by")
    fill = state.fills.get(compartment)
    if fill is None:
        raise Refused("not-loaded", "Nothing is known to be in this compartment.")
    return [ev.Emptied(compartment, fill.fill, pieces, by)]


def _verify(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """A person has looked: what was loaded is still there, and where it was."""
    _at_machine(facts)
    compartment = _number(wish, "compartment", 0, codes.COMPARTMENTS - 1)
    by = _text(wish, "by")
    fill = state.fills.get(compartment)
    if fill is None or fill.state != "held" or fill.code not in ("door-opened", "tray-changed"):
        raise Refused("not-to-verify", "Only a fill held because of an opening can be verified.")
    assert facts.board is not None
    return [
        ev.FillVerified(compartment, fill.fill, facts.board.tray_index, facts.board.door_count, by)
    ]


def _loading_done(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    _at_machine(facts)
    by = _text(wish, "by")
    if state.clock_reason in ("stepped", "apart") and not state.clock_confirmed_at:
        # finishing sets the board's clock by ours: that must not make a false time the only one
        raise Refused("clock-in-doubt", "Compare the clock with your watch and confirm it, first.")
    half = [c for c, f in sorted(state.fills.items()) if f.state == "loading"]
    if half:
        raise Refused("half-loaded", f"Compartment {half[0] + 1} is not finished.")
    return [ev.LoadingDone(by)]


def _service_move(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    by = _text(wish, "by")
    if not facts.flag(codes.F_SERVICE) or facts.flag(codes.F_DOOR_OPEN):
        raise Refused("not-at-machine", "Hold the service switch with the door closed.")
    if not stands_still(facts):
        raise Refused("not-needed", "The position is proven; the machine may move by itself.")
    return [ev.ServiceMoveAsked(by)]


def _unlock(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    _at_machine(facts)
    by = _text(wish, "by")
    if not state.locked:
        raise Refused("not-locked", "The machine is not locked.")
    if state.locked == LOST and wish.get("version", 0) != state.plan_version:
        why = "Say which version of the plan is the newest; if it is not here, bring it first."
        raise Refused("say-version", f"{why} Here is version {state.plan_version}.")
    return [ev.Unlocked(state.locked, by)]


_VERBS: Final[dict[str, Callable[[State, Facts, Mapping[str, Json]], list[ev.Event]]]] = {
    "ask": _ask,
    "settle": _settle,
    "skip": _skip,
    "acknowledge": _acknowledge,
    "resolve": _resolve,
    "confirm-clock": _confirm_clock,
    "loading": _loading,
    "loaded": _loaded,
    "emptied": _emptied,
    "verify": _verify,
    "loading-done": _loading_done,
    "service-move": _service_move,
    "unlock": _unlock,
}
