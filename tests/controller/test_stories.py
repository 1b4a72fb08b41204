"""A home in one process: what happens to doses, seen from the world's side and the journal's."""

from __future__ import annotations

from pathlib import Path

import pytest

from controller import events as ev
from hal.sim import mishaps
from tests.controller.home import Home

MORNING = [("amlodipine-5", "taken", "retrieved"), ("metformin-500", "taken", "retrieved")]


def test_a_dose_called_pressed_and_lifted_is_taken(home: Home) -> None:
    """From the plan to the cup: one order, one release, both doses of the round taken."""
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take()

    assert MORNING == home.outcomes()
    assert [2] == [r.drops for r in home.events(ev.OrderResolved)]  # type: ignore[attr-defined]
    assert [] == home.alerts()


@pytest.mark.hazard("H08")
def test_nobody_presses_and_the_dose_is_missed_with_its_alert(home: Home) -> None:
    """Called for the whole late window: missed, warned of before, alert beside the outcome."""
    home.run_to("2026-11-23T08:05:00+00:00")

    assert [(r, "missed", "not-asked-for") for r, _, _ in MORNING] == home.outcomes()
    assert ["dose-missed", "dose-missed"] == home.alerts()
    warned = home.events(ev.DoseWarned)
    assert 2 == len(warned)


@pytest.mark.hazard("H08")
def test_the_alert_is_in_the_transaction_of_the_outcome(home: Home) -> None:
    """Outcome and alert have the same instant and neighbouring numbers (I3b)."""
    home.run_to("2026-11-23T08:05:00+00:00")
    assert home.controller is not None
    records = list(home.controller.journal.all())
    for i, record in enumerate(records):
        if record.kind == "DoseClosed":
            follow = [r.kind for r in records[i + 1 : i + 3]]
            assert "AlertRaised" in follow


def test_a_second_press_releases_nothing_more(home: Home) -> None:
    """Ten more presses after the release: the compartment next to it keeps its pills."""
    home.run_to("2026-11-23T07:05:00+00:00")
    home.world.press()
    home.run(10)
    before = home.world.truth()
    for _ in range(10):
        home.world.press()
        home.run(2)

    assert _fallen(before) == _fallen(home.world.truth()) == 2


@pytest.mark.hazard("H21")
def test_left_in_the_cup_is_missed_blocks_the_cup_and_a_late_lift_is_told(home: Home) -> None:
    """Closed as missed(left-in-cup); the later lift is journaled and the alert corrected (R2)."""
    home.run_to("2026-11-23T07:05:00+00:00")
    home.world.press()
    home.run_to("2026-11-23T08:10:00+00:00")

    assert [(r, "missed", "left-in-cup") for r, _, _ in MORNING] == home.outcomes()
    assert ["cup-blocked"] * 4 + ["left-in-cup"] * 2 == home.alerts()  # four rounds at risk

    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(5)

    assert [] == home.alerts()
    assert 2 == len(home.events(ev.TakenLate))


@pytest.mark.hazard("H23")
def test_the_gap_runs_from_the_late_lift(home: Home) -> None:
    """Lifted at 14:00: the evening dose of the same medicine is not offered before its gap."""
    home.run_to("2026-11-23T07:05:00+00:00")
    home.world.press()
    home.run_to("2026-11-23T13:00:00+00:00")
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run_to("2026-11-23T18:45:00+00:00")  # dinner 17:30 UTC, window closes 18:30

    closed = {(r, how) for r, _, how in home.outcomes()}
    assert ("metformin-500", "gap") in closed


@pytest.mark.hazard("H21")
def test_a_cup_that_does_not_come_back_is_uncertain(home: Home) -> None:
    """Lifted and away for fifteen minutes: a person is asked, nothing is assumed."""
    home.run_to("2026-11-23T07:05:00+00:00")
    home.world.press()
    home.run(10)
    home.world.take_cup()
    home.run(16 * 60)

    assert [(r, "uncertain", "cup-away") for r, _, _ in MORNING] == home.outcomes()


@pytest.mark.hazard("H32")
def test_uncertain_is_left_only_by_a_named_person(home: Home) -> None:
    """No name, no settlement; with a name the outcome and the alert change together."""
    test_a_cup_that_does_not_come_back_is_uncertain(home)
    dose = next(iter(home.doses.values())).dose_id

    assert (
        "bad-argument"
        == home.wish("settle", dose_id=dose, outcome="taken", how="seen", by=" ").code
    )
    assert (
        "bad-outcome"
        == home.wish("settle", dose_id=dose, outcome="skipped", how="seen", by="person/eva").code
    )
    assert (
        "" == home.wish("settle", dose_id=dose, outcome="taken", how="seen", by="person/eva").code
    )
    assert "taken" == home.doses[dose].stage
    assert (
        "not-uncertain"
        == home.wish("settle", dose_id=dose, outcome="missed", how="seen", by="person/eva").code
    )


@pytest.mark.hazard("H01")
def test_a_controller_killed_at_any_point_of_a_dose_releases_once(tmp_path: Path) -> None:
    """Killed and restarted at each step of the round: one release, the dose is taken."""
    for delay_ms in (0, 20, 60, 200, 700, 1500, 2500, 4000):
        folder = tmp_path / str(delay_ms)
        folder.mkdir()
        home = Home(folder, "2026-11-23T05:00:00+00:00")
        home.install()
        home.run_to("2026-11-23T07:05:00+00:00")
        home.world.press()
        home.house.run(home.world.now_ms + delay_ms)
        home.kill_controller()
        home.run(3)
        home.start_controller()
        home.run(20)
        if not home.events(ev.OrderCommitted):
            home.world.press()  # the press was lost with the process
            home.run(10)
        home.take(0)

        assert MORNING == home.outcomes(), f"killed {delay_ms} ms after the press\n{home.show()}"
        assert 2 == _fallen(home.world.truth())


def test_a_dead_controller_never_blames_the_patient(home: Home) -> None:
    """Nothing was presented from six to eleven: the dose is held, not missed (R12)."""
    home.run_to("2026-11-23T05:30:00+00:00")
    home.kill_controller()
    home.run_to("2026-11-23T10:00:00+00:00")
    home.start_controller()
    home.run(60)

    assert {"held"} == {outcome for _, outcome, _ in home.outcomes()}


@pytest.mark.hazard("H17")
def test_a_board_reset_before_start_asks_again(home: Home) -> None:
    """PREPARED is void after a reset: a new order, a new press, one release."""
    home.run_to("2026-11-23T07:05:00+00:00")
    mishaps.cause(home.world, "brown_out")
    home.run(30)
    home.take()

    assert MORNING == home.outcomes()
    assert 2 == _fallen(home.world.truth())


@pytest.mark.hazard("H03")
@pytest.mark.parametrize("delay_ms", [300, 600, 900, 1200, 1600, 2000, 2500, 3000])
def test_a_board_reset_in_motion_is_never_a_lie(tmp_path: Path, delay_ms: int) -> None:
    """Cut at any moment of the motion: what the outcome says is what the pieces did."""
    home = Home(tmp_path, "2026-11-23T05:00:00+00:00")
    home.install()
    home.run_to("2026-11-23T07:05:00+00:00")
    home.world.press()
    home.house.run(home.world.now_ms + delay_ms)
    mishaps.cause(home.world, "brown_out")
    home.run(60)
    home.take()
    home.run_to("2026-11-23T08:10:00+00:00")

    fallen = _fallen(home.world.truth())
    for _, outcome, _ in home.outcomes():
        assert outcome in ("taken", "uncertain", "held"), home.show()
        if outcome == "taken":
            assert 2 == fallen
        if outcome == "held":
            assert 0 == fallen


@pytest.mark.hazard("H23")
def test_an_as_needed_dose_is_refused_in_its_gap_and_allowed_after(home: Home) -> None:
    """Four hours between two: the second request gets a code and the time when to ask again."""
    home.run_to("2026-11-23T10:00:00+00:00")
    assert "" == home.wish("ask", regimen="paracetamol-500").code
    home.run(2)
    home.take()
    home.run(60)
    refused = home.wish("ask", regimen="paracetamol-500")
    assert "gap" == refused.code
    assert refused.next_at > home.now_s
    home.run(4 * 3600)
    assert "" == home.wish("ask", regimen="paracetamol-500").code
    home.run(2)
    home.take()

    asked = [d for d in home.doses.values() if d.asked]
    assert ["taken", "taken"] == [d.stage for d in asked]


def test_a_grant_that_nobody_takes_is_withdrawn(home: Home) -> None:
    """Asked for and then not pressed: skipped, and the compartment stays full."""
    home.run_to("2026-11-23T10:00:00+00:00")
    home.wish("ask", regimen="paracetamol-500")
    home.run(20 * 60)

    asked = [d for d in home.doses.values() if d.asked]
    assert [("skipped", "withdrawn")] == [(d.stage, d.how) for d in asked]
    assert 0 == _fallen(home.world.truth())


@pytest.mark.hazard("H10")
def test_a_jam_is_held_with_its_cause(home: Home) -> None:
    """The tray does not turn: nothing falls, the dose is held and somebody hears why."""
    home.run_to("2026-11-23T07:05:00+00:00")
    mishaps.cause(home.world, "jam")
    home.world.press()
    home.run_to("2026-11-23T08:10:00+00:00")

    assert {"held"} == {o for _, o, _ in home.outcomes()}, home.show()
    assert 0 == _fallen(home.world.truth())
    assert "dose-held" in home.alerts()


@pytest.mark.hazard("H11")
def test_an_opened_door_holds_every_fill_until_somebody_looked(home: Home) -> None:
    """A child opens the door: all fills are held, and verified ones are given again (R6)."""
    home.run_to("2026-11-23T06:00:00+00:00")
    home.world.open_door()
    home.run(10)
    home.world.close_door()
    home.run(10)
    assert "compartment-held" in home.alerts()

    home.load()
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take()
    assert MORNING == home.outcomes()


@pytest.mark.hazard("H21")
def test_a_missing_cup_is_said_and_given_when_it_is_back(home: Home) -> None:
    """No cup, no release; the person reads what to do; then all goes on."""
    home.run_to("2026-11-23T06:00:00+00:00")
    home.world.take_cup()
    home.run_to("2026-11-23T07:05:00+00:00")
    home.world.press()
    home.run(10)
    assert "Please put the empty cup back." == home.shown["say"]
    assert 0 == _fallen(home.world.truth())

    home.world.return_cup()
    home.run(5)
    home.take()
    assert MORNING == home.outcomes()


@pytest.mark.hazard("H06")
def test_a_clock_step_stops_everything_until_a_person_confirms(home: Home) -> None:
    """The controller's clock jumps a day ahead: no dose is closed or given, an alert stands."""
    home.run_to("2026-11-23T06:40:00+00:00")
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": 86400})
    home.run(600)

    assert [] == home.outcomes()
    assert "clock-untrusted" in home.alerts()

    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": -86400})
    home.run(60)
    assert "" == home.wish("confirm-clock", by="person/eva").code
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take()
    assert MORNING == home.outcomes()


def test_the_record_survives_the_whole_day(home: Home) -> None:
    """The chain verifies and a second reader comes to the same state."""
    home.run_to("2026-11-23T22:30:00+00:00")
    assert home.controller is not None
    home.controller.journal.verify()
    state = home.controller.state
    home.kill_controller()
    home.start_controller()
    assert home.controller is not None
    assert set(state.doses) == set(home.controller.state.doses)
    assert state.releases == home.controller.state.releases


@pytest.mark.hazard("H28")
def test_the_loader_is_called_before_the_machine_runs_out(home: Home) -> None:
    """With the defaults the alert stands at least a day before the first uncovered dose."""
    home.run_to("2026-11-28T12:00:00+00:00")

    assert "load-due" in home.alerts()


@pytest.mark.parametrize("jammed", [True, False])
def test_a_verdict_after_a_day_settles_only_that_nothing_fell(home: Home, jammed: bool) -> None:
    """The cable is dead in mid-dose for 25 h: never closed by the window, then uncertain (R12)."""
    home.run_to("2026-11-23T07:05:00+00:00")
    if jammed:
        mishaps.cause(home.world, "jam")
    home.world.press()
    while not home.world.drives or home.world.drives[-1][1] != -1:
        home.house.run(home.world.now_ms + 10)
    mishaps.cause(home.world, "cable_cut")
    home.run(23 * 3600)
    first = [d for d in home.doses.values() if d.order == 1]
    assert ["committed", "committed"] == [d.stage for d in first]
    home.run(2 * 3600)
    first = [home.doses[d.dose_id] for d in first]
    assert [("uncertain", "no-verdict")] * 2 == [(d.stage, d.how) for d in first]

    mishaps.heal(home.world, "cable_cut")
    home.run(120)
    first = [home.doses[d.dose_id] for d in first]
    assert ["held" if jammed else "uncertain"] * 2 == [d.stage for d in first], home.show()
    assert (0 if jammed else 2) == _fallen(home.world.truth())


def _fallen(truth: dict[str, object]) -> int:
    """Pieces that ever left a compartment by falling, as only the world knows."""
    fills = truth["fills"]
    assert isinstance(fills, list)
    pieces = [piece for fill in fills for piece in fill["pieces"]]
    return sum(1 for piece in pieces if piece["fell_ms"] is not None)
