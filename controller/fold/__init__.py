"""How one event changes what is known.

Responsible for: `fold(state, event)`, the only way a state changes: the same
events always give the same state. Not responsible for whether an event may
happen (rules/): here a dose that takes a step its table does not know raises
IllegalStep, and the machine locks.
"""

from __future__ import annotations

from typing import Final

from controller import events as ev
from controller.copies import replace
from controller.fold import alerts, doses, loading, machine, orders
from controller.fold.base import Changes
from controller.state import State

# stamped by a clock that is in doubt, or was not judged yet
_TELL_NO_TIME: Final = (ev.ClockDoubted, ev.Started)

_CHANGES: Final[Changes] = {
    **machine.CHANGES,
    **loading.CHANGES,
    **doses.CHANGES,
    **orders.CHANGES,
    **alerts.CHANGES,
}


def fold(state: State, event: ev.Event, at_ms: int, head: str) -> State:
    """The state after `event`, journaled at `at_ms` (Unix ms) under the hash `head` (hex)."""
    at_s = at_ms // 1000
    sound = state.clock_trusted and type(event) not in _TELL_NO_TIME
    floor = max(state.floor_s, at_s) if sound else state.floor_s
    change = _CHANGES.get(type(event))
    after = change(state, event, at_s, head) if change else state
    if after is state:
        return replace(state, now_s=at_s, floor_s=floor)
    # the new state is nobody else's yet: two instants need not copy it once more
    object.__setattr__(after, "now_s", at_s)
    if not isinstance(event, ev.ClockRepaired):  # the one event that lowers the bound (R8)
        object.__setattr__(after, "floor_s", max(floor, after.floor_s))
    return after
