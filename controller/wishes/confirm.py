"""A named person says what became of medicine that is kept outside the machine.

Responsible for: taken now or earlier, planned or as needed, not taken after all, and what such a
word means for gaps, caps and alerts. A fact that has happened is always written down; where a
limit stood against it somebody hears that at once. Not responsible for who the person is: `by` is
written down as given, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from controller import events as ev
from controller.agenda import granted, plan_in_force
from controller.events import Json
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.holdpoints import holds
from controller.rules.limits import free_at, room_at
from controller.state import DoseLife, State
from controller.table import CONFIRMED
from controller.wishes.arguments import Refused, text
from controller.wishes.asking import may_ask
from schedules.model import Regimen

SAID: Final = ("took-it", "gave-it", "saw-it")  # how the person knows
BEFORE_S: Final = 12 * 3600  # a taking lies no further before its window than this
AGAINST: Final = "taken-against-limit"


def confirm(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """It was taken: a planned dose by `dose_id`, an as-needed one by `regimen`."""
    by, how = text(wish, "by"), wish.get("how")
    if how not in SAID:
        raise Refused("say-how", f"Say how you know: {', '.join(SAID)}.")
    if "regimen" in wish:
        return _as_needed(state, facts, wish, str(how), by)
    dose_id = text(wish, "dose_id")
    d = state.doses.get(dose_id)
    if d is None:
        raise Refused("not-open", "It is not time for it yet; say it when its time has begun.")
    _may_be_said(state, d)
    taken_at = _taken_at(state, facts, wish, d.open_at - BEFORE_S)
    happened: list[ev.Event] = [ev.TakingSaid(dose_id, "taken", taken_at, str(how), by)]
    if d.is_open:
        happened += close(state, d, "taken", CONFIRMED, 0, by)
    happened += _ended(state, dose_id, by)
    return happened + _against(state, d.regimen, d.quarters, dose_id, taken_at, d.due_at)


def not_taken(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """After its time somebody is sure that it was not taken: it stands against nothing more."""
    dose_id, by = text(wish, "dose_id"), text(wish, "by")
    d = state.doses.get(dose_id)
    if d is None or not d.elsewhere or d.stage not in ("missed", "held"):
        raise Refused("not-missed", "Only what was missed, and is kept elsewhere, is said of so.")
    if d.taken_late_at or d.denied:
        raise Refused("already-said", "Somebody has said already what became of it.")
    return [ev.TakingSaid(dose_id, "not-taken", 0, "", by), *_ended(state, dose_id, by)]


def _may_be_said(state: State, d: DoseLife) -> None:
    """Raises Refused where no word is wanted, or another one."""
    if not d.elsewhere:
        raise Refused("in-machine", "The machine gives this one, and sees by itself.")
    if d.stage == "uncertain":
        raise Refused("not-open", "It is in doubt: settle it, and say what is known.")
    if d.stage == "taken" or d.taken_late_at:
        said = f" by {d.by}" if d.by else ""
        raise Refused("already-said", f"It was said already{said}: it is not taken twice.")


def _as_needed(
    state: State, facts: Facts, wish: Mapping[str, Json], how: str, by: str
) -> list[ev.Event]:
    """It is taken now, if it may be; with `at` it was taken, and is written down in any case."""
    name, plan = text(wish, "regimen"), plan_in_force(state)
    rules = {r.id: r for r in plan.regimens} if plan is not None else {}
    rule = rules.get(name)
    if plan is None or rule is None or rule.as_needed is None or not rule.elsewhere:
        raise Refused("unknown-regimen", "Nothing of that name is kept elsewhere, as needed.")
    if "at" not in wish:
        code, next_at = may_ask(state, facts, name)
        if code:
            return [ev.AskedRefused(name, code, next_at)]
    taken_at = _taken_at(state, facts, wish, facts.utc_s - BEFORE_S)
    number = state.asked_number + 1
    dose = granted(plan, name, facts.log_epoch, number, taken_at)
    life = _granted(rule, dose.dose_id, taken_at)
    return [
        ev.AskedGranted(
            *(name, dose.dose_id, number, life.quarters, -1, taken_at, dose.close_at),
            *(life.groups, life.amounts, True),
        ),
        ev.TakingSaid(dose.dose_id, "taken", taken_at, how, by),
        *close(state, life, "taken", CONFIRMED, 0, by),
        *_against(state, name, life.quarters, dose.dose_id, taken_at, taken_at),
    ]


def _granted(rule: Regimen, dose_id: str, at_s: int) -> DoseLife:
    assert rule.as_needed is not None
    amounts = tuple(ug for _, ug in rule.amounts)
    return DoseLife(
        *(dose_id, rule.id, rule.as_needed.quarters, at_s, at_s, at_s, at_s),
        groups=rule.ingredients,
        amounts=amounts,
        elsewhere=True,
    )


def _taken_at(state: State, facts: Facts, wish: Mapping[str, Json], earliest: int) -> int:
    """When it was taken (Unix s): now, or as said; raises Refused."""
    now = facts.utc_s if facts.clock_trusted else max(facts.utc_s, state.floor_s)
    said = wish.get("at")
    if said is None:
        return now
    if not isinstance(said, int) or isinstance(said, bool):
        raise Refused("bad-argument", "'at' must be an instant in whole seconds (Unix).")
    if not facts.clock_trusted:
        raise Refused("clock-in-doubt", "While the clock is in doubt only 'now' can be said.")
    if said > now:
        raise Refused("in-future", "That time has not come yet: say it when it was taken.")
    if said < earliest:
        raise Refused("too-long-ago", "That is too long before its time: it was another one.")
    return said


def _ended(state: State, dose_id: str, by: str) -> list[ev.Event]:
    """Alerts that asked what became of it end with the answer."""
    names = [alert_id(code, dose_id) for code in ("dose-missed", "dose-held")]
    return [ev.AlertResolved(name, CONFIRMED, by) for name in names if name in state.alerts]


def _against(
    state: State, regimen: str, quarters: int, dose_id: str, taken_at: int, due_at: int
) -> list[ev.Event]:
    """What stood against it, before or after, is told in the same transaction; nobody undoes it."""
    envelope = state.plan_envelope
    stood = (
        regimen in state.halts
        or holds(state, envelope, regimen, due_at) is not None
        or free_at(state, envelope, regimen, taken_at, (dose_id,)) > taken_at
        or room_at(state, envelope, regimen, quarters, taken_at) > taken_at
    )
    return [ev.AlertRaised(alert_id(AGAINST, dose_id), AGAINST, 3, dose_id)] if stood else []
