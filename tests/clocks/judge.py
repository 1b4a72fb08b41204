"""What must hold in a home whose clock was wrong, judged by true time and by what fell.

Responsible for: the sentences that were broken. Nothing here believes a clock of the home.
"""

from __future__ import annotations

from typing import Any, Final

from controller import events as ev
from schedules.doses import doses
from schedules.model import Dose
from tests.clocks.life import HEALS, Life
from tests.clocks.troubles import BELIEVED_S, NOTICED_S
from tests.controller.home import DAY

SPREAD_S: Final = 125  # two clocks that are still believed, and a whole second of each
FINISH_S: Final = 120  # a round that was started in time may finish (R14)
HEARD_S: Final = 200  # from being clearly wrong to somebody hearing of it
PIECES: Final = 1


def broken(life: Life) -> list[str]:
    """Every rule that did not hold, as a sentence."""
    home = life.home
    planned = {d.regimen_id: d for d in doses(home.plan, home.start_s, home.start_s + DAY // 2)}
    found: list[str] = []
    for regimen, dose in planned.items():
        fell = fell_at(life, dose)
        outcomes = [e for e in home.events(ev.DoseClosed) if e.dose_id == dose.dose_id]  # type: ignore[attr-defined]
        found += _once_in_window(regimen, dose, fell)
        found += _one_outcome(life, regimen, dose, len(fell), outcomes)
    found += _heard(life)
    found += _goes_on(life, planned)
    assert home.controller is not None
    if home.controller.state.locked:
        found.append(f"locked: {home.controller.state.locked}")
    hazards: Any = home.world.truth()["hazards"]
    found += [f"hazard: {one['what']}" for one in hazards]
    return found


def fell_at(life: Life, dose: Dose) -> list[int]:
    """True instants at which a piece of this dose left its compartment by falling."""
    fills: Any = life.home.world.truth()["fills"]
    return [
        life.home.start_s + p["fell_ms"] // 1000
        for f in fills
        if dose.dose_id in f["label"].split("|")
        for p in f["pieces"]
        if p["fell_ms"] is not None
    ]


def _once_in_window(regimen: str, dose: Dose, fell: list[int]) -> list[str]:
    found = []
    if len(fell) > PIECES:
        found.append(f"{regimen} fell {len(fell)} times")
    for instant in fell:
        if not dose.open_at - SPREAD_S <= instant <= dose.close_at + FINISH_S + SPREAD_S:
            found.append(f"{regimen} fell {instant - dose.due_at} s after it was due")
    return found


def _one_outcome(
    life: Life, regimen: str, dose: Dose, fell: int, outcomes: list[ev.Event]
) -> list[str]:
    if len(outcomes) != 1:
        return [f"{regimen} has {len(outcomes)} outcomes"]
    closed = outcomes[0]
    assert isinstance(closed, ev.DoseClosed)
    found = []
    if closed.outcome == "taken" and fell != PIECES:
        found.append(f"{regimen} is said to be taken, {fell} fell")
    if closed.outcome in ("missed", "held", "skipped") and fell and closed.how != "left-in-cup":
        found.append(f"{regimen} is said to be {closed.outcome} ({closed.how}), {fell} fell")
    raised = {e.dose_id for e in life.home.events(ev.AlertRaised)}  # type: ignore[attr-defined]
    if closed.outcome != "taken" and dose.dose_id not in raised:
        found.append(f"{regimen} is {closed.outcome} and nobody was told")
    return found


def _heard(life: Life) -> list[str]:
    """Somebody hears soon of a clock that is clearly wrong, and nobody of one that is hardly."""
    trouble, lasted_s = life.case.trouble, HEALS[life.case.heal]
    wrong_after_s = trouble.clearly_wrong_after(NOTICED_S)
    if wrong_after_s + HEARD_S <= lasted_s:
        if not life.heard_s:
            return ["nobody heard that a clock is wrong"]
        if life.heard_s > life.began_s + wrong_after_s + HEARD_S:
            late_s = life.heard_s - life.began_s - wrong_after_s
            return [f"it took {late_s} s until somebody heard of a wrong clock"]
    # a board that has just moved something refuses any earlier instant, by a second, too
    back = trouble.amount < 0 and trouble.who != "controller"
    if trouble.apart_s(lasted_s) <= BELIEVED_S and life.heard_s and not back:
        return ["an alert though the clocks are as good as right"]
    return []


def _goes_on(life: Life, planned: dict[str, Dose]) -> list[str]:
    """After the person came, the next dose is taken; small errors cost no dose at all."""
    taken = {r for r, outcome, _ in life.home.outcomes() if outcome == "taken"}
    small = life.case.trouble.apart_s(HEALS[life.case.heal]) <= BELIEVED_S
    must = {"first", "second"} if small else {"second"}
    if life.healed_s > planned["second"].close_at - 600:
        must.discard("second")
    return [f"{one} was not taken" for one in sorted(must - taken)]
