"""What every part of the fold shares: the shape of a change, and one step of one dose.

Responsible for: walking a dose along its table. Not responsible for which event walks it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeAlias

from controller import events as ev
from controller import table
from controller.copies import replace
from controller.state import State, with_dose

# what an event does to a state, given when it was journaled (Unix s) and its hash (hex)
Changes: TypeAlias = dict[type[ev.Event], Callable[[State, Any, int, str], State]]


def step(s: State, dose_id: str, word: str, **more: Any) -> State:
    """The state after one dose took one step; raises IllegalStep."""
    life = s.doses[dose_id]
    return with_dose(s, replace(life, stage=table.after(life.stage, word), **more))
