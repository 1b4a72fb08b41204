"""What a named person says or does about one dose.

Responsible for: settling a doubt and skipping.
Not responsible for who the person is: `by` is written down as given, never empty.
"""

from __future__ import annotations

from collections.abc import Mapping

from controller import events as ev
from controller.events import Json
from controller.facts import Facts
from controller.rules.alerts import alert_id, close
from controller.rules.doses import fill_of
from controller.state import State
from controller.wishes.arguments import Refused, text


def settle(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    """A named person says what became of a dose in doubt; there is no default."""
    dose_id, by, how = text(wish, "dose_id"), text(wish, "by"), text(wish, "how")
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


def skip(state: State, facts: Facts, wish: Mapping[str, Json]) -> list[ev.Event]:
    dose_id, by = text(wish, "dose_id"), text(wish, "by")
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
