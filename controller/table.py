"""The life of a dose, as one list of rows.

Responsible for: which step may follow which. The core looks rows up in a
plain dict; `machine()` builds the same rows into `transitions` for the
start-up check and for the diagram in README.md. Not responsible for when a
step happens (rules/) or what it changes (state.py).
"""

from __future__ import annotations

from typing import Final, TypeAlias

OUTCOMES: Final = ("taken", "missed", "skipped", "held", "handed-out", "uncertain")
STAGES: Final = ("planned", "open", "ordered", "committed", "released", *OUTCOMES)

CONFIRMED: Final = "confirmed"  # how a dose was taken of which no sensor knows

Rows: TypeAlias = tuple[tuple[str, tuple[str, ...], str], ...]

# (step, from, to). Only a named person, or the one late verdict, leaves `uncertain`.
ROWS: Final[Rows] = (
    ("opened", ("planned",), "open"),
    ("granted", ("planned",), "open"),
    ("prepared", ("open",), "ordered"),
    ("withdrawn", ("ordered",), "open"),
    ("committed", ("ordered",), "committed"),
    ("refused", ("ordered", "committed"), "open"),
    ("not_released", ("committed",), "open"),
    ("released", ("committed",), "released"),
    ("taken", ("released",), "taken"),
    ("by_hand", ("open",), "taken"),
    ("confirmed", ("open",), "taken"),  # by a person, of what is kept outside the machine
    ("left_in_cup", ("released",), "missed"),
    ("missed", ("open", "ordered"), "missed"),
    ("skipped", ("open", "ordered"), "skipped"),
    ("held", ("open", "ordered"), "held"),
    ("handed_out", ("open",), "handed-out"),
    ("doubted", ("committed", "released"), "uncertain"),
    ("record_lost", ("open",), "uncertain"),
    ("settled_taken", ("uncertain",), "taken"),
    ("settled_missed", ("uncertain",), "missed"),
    ("settled_held", ("uncertain",), "held"),
    # only by a signed ClockRepaired, where no order was committed (R8)
    ("voided", ("missed", "skipped", "held"), "planned"),
)

_NEXT: Final[dict[tuple[str, str], str]] = {
    (step, source): target for step, sources, target in ROWS for source in sources
}


class IllegalStep(AssertionError):
    """A step the table does not know: we are wrong, the machine locks."""


def after(stage: str, step: str) -> str:
    """The stage that follows `step`; raises IllegalStep."""
    target = _NEXT.get((step, stage))
    if target is None:
        raise IllegalStep(f"{step} from {stage}")
    return target


def step_for(stage: str, outcome: str, how: str = "") -> str:
    """The step that closes a dose in `stage` with `outcome`; raises IllegalStep."""
    if outcome == "taken" and how == CONFIRMED:
        after(stage, "confirmed")
        return "confirmed"
    if outcome == "missed" and stage == "released":
        return "left_in_cup"
    if outcome == "taken" and stage == "open":
        return "by_hand"
    if outcome == "uncertain" and stage == "open":
        return "record_lost"
    step = {"uncertain": "doubted", "handed-out": "handed_out"}.get(outcome, outcome)
    after(stage, step)
    return step
