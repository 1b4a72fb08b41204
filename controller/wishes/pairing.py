"""A new version against the one in force: what only a named person may accept (R5, R7).

Responsible for: refusing reused ids, holes and unexplained regimens, at approval and again when
it is loaded. Not responsible for finding them (schedules/compare.py). Accepted is what a wish
names as `pairs` (`gap-too-long:regimen`), `by` a person, and it is journaled.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

from controller import events as ev
from controller.agenda import between, plan_in_force
from controller.events import Json
from controller.state import State
from controller.table import OUTCOMES
from controller.wishes.arguments import Refused, text
from schedules.compare import PAIRABLE, changes
from schedules.model import Plan, Refusal

MOST_PAIRS = 64


def pairing(state: State, plan: Plan, wish: Mapping[str, Json], now_s: int) -> list[ev.Event]:
    """What a person has accepted of the change to `plan`; raises Refused for what nobody has."""
    waiting = plan.version == state.pending_version
    found = reasons(state, plan, now_s, state.paired if waiting else frozenset())
    accepted = _accepted(wish)
    happened: list[ev.Event] = []
    for reason in found:
        pair = f"{reason.code}:{reason.place}"
        if reason.code not in PAIRABLE or pair not in accepted:
            raise Refused(reason.code, f"{reason.place}: {reason.sentence}.")
        happened.append(ev.RowsPaired(plan.version, reason.code, reason.place, text(wish, "by")))
    return happened


def reasons(
    state: State, plan: Plan, now_s: int, paired: frozenset[tuple[str, str]]
) -> list[Refusal]:
    """What stands against this version now and is not among the `paired`."""
    old = plan_in_force(state)
    if old is None:
        return []
    ended = {d.dose_id: d.due_at for d in state.doses.values() if d.stage in OUTCOMES}
    fell: dict[str, int] = {}
    for r in state.releases:
        fell[r.regimen] = max(fell.get(r.regimen, 0), r.lifted_at or now_s)
    promised = partial(between, state.plan_envelope)
    found = changes(old, plan, now_s, state.in_force_s, ended, fell, promised)
    return [one for one in found if (one.code, one.place) not in paired]


def _accepted(wish: Mapping[str, Json]) -> set[str]:
    pairs = wish.get("pairs")
    if not isinstance(pairs, list) or len(pairs) > MOST_PAIRS:
        return set()
    return {one for one in pairs if isinstance(one, str)}
