"""The rules R2, R3, R11, R12 and R14 of the hostile review: each scenario that once got through."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from controller import events as ev
from hal.sim import mishaps
from tests.controller.home import DAY, Home
from tests.controller.monday import CALL, OVER, asked_for, at_home, fallen, how

TWICE = (
    "          - {dose: 1, when: [breakfast, dinner]}\n",
    "          - {dose: 1, at: [08:00, 12:00]}\n    window: {early: 10min, late: 225min}\n",
)


# --- R2 --------------------------------------------------------------------------------------


def test_r2_left_in_the_cup_and_taken_late_keeps_the_next_dose_away(tmp_path: Path) -> None:
    """Fell at 08:05, lifted at 11:55: the dose of 12:00 is not even offered; TakenLate is told."""
    home = at_home(tmp_path, ("at: [08:00]", "at: [09:15]"), TWICE)
    home.run_to(CALL)
    home.world.press()
    home.run_to("2026-11-23T10:49:00+00:00")
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run_to("2026-11-23T11:30:00+00:00")

    assert 1 == len(asked_for(home, "metformin-500"))
    home.run_to("2026-11-23T15:00:00+00:00")
    assert home.controller is not None
    lift = next(r.lifted_at for r in home.controller.state.releases)
    later = sorted(asked_for(home, "metformin-500").values())[1:]
    assert all(at_s >= lift + 3 * 3600 for at_s in later)


def test_r2_what_fell_in_doubt_counts_from_the_lift_of_the_cup(home: Home) -> None:
    """The scale hangs, the verdict is uncertain, the pieces lie in the cup until the evening."""
    home.run_to(CALL)
    mishaps.cause(home.world, "scale_stuck")
    home.world.press()
    home.run(30)
    mishaps.heal(home.world, "scale_stuck")
    assert ["uncertain"] == [outcome for outcome, _ in how(home)]
    home.run_to("2026-11-23T17:00:00+00:00")
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run_to("2026-11-23T18:40:00+00:00")

    assert 1 == len(asked_for(home, "metformin-500"))
    assert ("held", "gap") == how(home)[1]


# --- R3 --------------------------------------------------------------------------------------


def test_r3_late_for_one_and_early_for_the_next_are_not_given_together(tmp_path: Path) -> None:
    """Due 08:00 and 12:00, pressed at 11:40: the next waits three hours, on both sides."""
    home = at_home(tmp_path, ("at: [08:00]", "at: [09:15]"), TWICE)
    home.run_to("2026-11-23T10:40:00+00:00")
    home.take()
    assert [("taken", "retrieved")] == how(home)
    for _ in range(5):
        home.run(180)
        home.world.press()

    assert 1 == len(asked_for(home, "metformin-500"))
    home.run_to("2026-11-23T13:41:00+00:00")  # the very minute in which the gap has passed
    home.take()
    assert [("taken", "retrieved")] * 2 == how(home)


# --- R11 -------------------------------------------------------------------------------------


def _fingers(home: Home) -> None:
    home.world.fingers(2, 900)


def _dead_switch(home: Home) -> None:
    mishaps.cause(home.world, "lift_stuck")
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()


def _not_returned(home: Home) -> None:
    home.world.take_cup()


def _one_left(home: Home) -> None:
    home.world.take_cup()
    home.run(5)
    home.world.return_cup(1)


def _water(home: Home) -> None:
    mishaps.cause(home.world, "cup_not_empty", {"mg": 3000})


def _nothing(home: Home) -> None:
    pass


def _properly(home: Home) -> None:
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()


@pytest.mark.parametrize(
    ("game", "outcome"),
    [
        (_fingers, ("uncertain", "cup")),
        (_dead_switch, ("uncertain", "cup")),
        (_not_returned, ("uncertain", "cup-away")),
        (_one_left, ("uncertain", "cup")),
        (_water, ("uncertain", "cup")),
        (_nothing, ("missed", "left-in-cup")),
        (_properly, ("taken", "retrieved")),
    ],
)
def test_r11_the_cup_says_no_more_than_it_can_know(
    home: Home, game: Callable[[Home], None], outcome: tuple[str, str]
) -> None:
    """Fingers, a dead switch, no return, one piece left, water: a doubt, never "taken"."""
    home.run_to(CALL)
    home.world.press()
    home.run(10)
    game(home)
    home.run_to(OVER)

    assert [outcome] == how(home)


# --- R12 -------------------------------------------------------------------------------------


def _started_and_cut(home: Home) -> None:
    """START at 07:59:57; the cable is cut before the verdict can come."""
    home.run_to("2026-11-23T07:59:56+00:00")
    home.world.press()
    while not home.events(ev.OrderCommitted):
        home.house.run(home.world.now_ms + 10)
    home.house.run(home.world.now_ms + 300)
    mishaps.cause(home.world, "cable_cut")


def test_r12_a_committed_order_is_never_closed_by_time(home: Home) -> None:
    """Ten minutes after the window the order is still open; DONE decides, and it was given."""
    _started_and_cut(home)
    home.run(3600)
    assert [] == home.outcomes()
    assert {"committed"} == {d.stage for d in home.doses.values()}

    mishaps.heal(home.world, "cable_cut")
    home.run(180)
    assert 2 == fallen(home)
    assert {"missed"} == {outcome for _, outcome, _ in home.outcomes()}  # left in the cup
    assert {"left-in-cup"} == {why for _, _, why in home.outcomes()}


def test_r12_a_day_without_a_verdict_is_a_doubt(home: Home) -> None:
    """No board for 24 hours: uncertain(no-verdict), with its alert, and not before."""
    _started_and_cut(home)
    home.run(DAY - 600)
    assert "committed" in {d.stage for d in home.doses.values()}
    home.run(1200)

    assert ("uncertain", "no-verdict") == how(home)[0]
    assert "dose-uncertain" in home.alerts()


@pytest.mark.parametrize(("settled", "jammed"), [("missed", False), ("taken", True)])
def test_r12_a_verdict_that_comes_late_and_says_otherwise_is_heard(
    home: Home, settled: str, jammed: bool
) -> None:
    """What was settled stays as it was said; that the machine knows better is an alert."""
    if jammed:
        mishaps.cause(home.world, "jam")
    _started_and_cut(home)
    home.run(DAY + 600)
    first = next(d for d in home.doses.values() if d.stage == "uncertain")
    said = {"dose_id": first.dose_id, "outcome": settled, "how": "seen", "by": "person/eva"}
    assert "" == home.wish("settle", **said).code
    mishaps.heal(home.world, "cable_cut")
    home.run(120)

    assert settled == home.doses[first.dose_id].stage
    alert = f"dose-contradicted-{first.dose_id[:12]}"
    assert home.controller is not None and alert in home.controller.state.alerts
    assert "" == home.wish("resolve", alert_id=alert, by="person/eva").code
    home.run(120)
    assert "dose-contradicted" not in home.alerts()


def test_r12_missed_needs_half_a_window_of_calling(home: Home) -> None:
    """The cup was away for 45 of 60 minutes: nothing could be offered, so nobody missed it."""
    home.run_to("2026-11-23T06:20:00+00:00")
    mishaps.cause(home.world, "cable_cut")
    home.run_to("2026-11-23T07:45:00+00:00")
    mishaps.heal(home.world, "cable_cut")
    home.run_to(OVER)

    assert [("held", "not-presented")] == how(home)


# --- R14 -------------------------------------------------------------------------------------


def test_r14_a_press_is_worth_nothing_after_a_minute(home: Home) -> None:
    """Pressed, the controller dead at once and back two minutes later: nothing falls."""
    home.run_to(CALL)
    home.house.controller = None  # it hangs: the press reaches the board only
    home.world.press()
    home.run(120)
    home.kill_controller()
    home.start_controller()
    home.run(60)
    assert 0 == fallen(home)

    home.take()
    assert [("taken", "retrieved")] == how(home)


def test_r14_a_press_before_a_reset_of_the_board_releases_nothing(home: Home) -> None:
    """Pressed, the board restarts, nobody there: pills wait for a new press."""
    home.run_to(CALL)
    home.house.controller = None
    home.world.press()
    home.run(1)
    home.world.reset(3)
    home.run(2)
    home.kill_controller()
    home.start_controller()
    home.run(40)
    assert 0 == fallen(home)

    home.take()
    assert [("taken", "retrieved")] == how(home)


def test_r14_a_round_that_was_begun_in_time_may_finish(tmp_path: Path) -> None:
    """Two compartments, pressed two seconds before the end: both fall, nothing is torn apart."""
    alone = ("    piece_mg: 200\n", "    piece_mg: 200\n    time_critical: yes\n")
    home = at_home(tmp_path, alone)
    home.run_to("2026-11-23T07:59:57+00:00")
    home.take(15)
    home.run_to(OVER)

    assert {"taken"} == {outcome for _, outcome, _ in home.outcomes()}
    assert 2 == fallen(home)
