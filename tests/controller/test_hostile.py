"""What a hostile reader found: each scenario once went wrong, and must not again."""

from __future__ import annotations

from pathlib import Path

from controller import events as ev
from controller.trusted_time import APART, STEPPED, ClockWatch
from hal.sim import mishaps
from hal.wire import codes
from tests.controller.home import DAY, HOUR, Home
from tests.controller.monday import ALONE, CALL, OVER, at_home, fallen, how

# --- clocks ----------------------------------------------------------------------------------


def test_a_board_clock_that_stepped_and_came_back_is_set_by_the_next_loading(home: Home) -> None:
    """Right again but not believed: only setting it gives trust back, so loading sets it."""
    mishaps.cause(home.world, "clock_jump", {"who": "board", "seconds": DAY})
    home.run(60)
    mishaps.cause(home.world, "clock_jump", {"who": "board", "seconds": -DAY})
    home.run(60)
    assert not home.shown["trusted"]

    home.load()
    home.run_to(CALL)
    home.take()
    assert [("taken", "retrieved")] == how(home, "metformin-500")


def test_a_false_time_closes_nothing_while_the_board_is_silent(home: Home) -> None:
    """The board away, the controller's clock a day ahead: nobody knows that a window is over."""
    home.run_to("2026-11-23T06:40:00+00:00")
    mishaps.cause(home.world, "cable_cut")
    home.run(120)
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": DAY})
    home.run(1800)

    assert [] == home.outcomes()


def test_a_clock_at_the_bound_does_not_flap() -> None:
    """Once apart, it must come well inside the bound before it counts as together again."""
    watch = ClockWatch()

    def reason(spread_s: int, at_s: int) -> str:
        utc_s = codes.EPOCH_2020_S + 1000 + at_s
        board_s = 1000 + at_s - spread_s
        return watch.judge(utc_s * 1000, at_s * 1000, board_s, True, 0, False).reason

    assert ["", APART, APART, APART, ""] == [
        reason(s, i) for i, s in enumerate((120, 121, 120, 119, 110))
    ]


def test_a_step_stays_in_doubt_though_the_board_is_away() -> None:
    """Silence does not hide a step that nobody has confirmed."""
    watch = ClockWatch(stepped=True)
    assert STEPPED == watch.judge(1_800_000_000_000, 0, None, False, 0, False).reason


def test_a_jump_of_the_clock_is_no_calling(home: Home) -> None:
    """Called for two minutes, then the clock jumps by an hour: nobody is said to have missed."""
    home.run_to("2026-11-23T07:02:00+00:00")
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": 3600})
    home.run(30)
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": -3600})
    home.run_to(OVER)
    home.wish("confirm-clock", by="person/eva")
    home.run(5)

    assert {"held"} == {outcome for _, outcome, _ in home.outcomes()}


def test_loading_does_not_set_the_board_by_a_clock_in_doubt(home: Home) -> None:
    """A false time would become the only one: first a named person confirms the clock."""
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": 3600})
    home.run(60)
    home.world.service(True)
    home.world.open_door()
    home.run(2)

    assert "clock-in-doubt" == home.wish("loading-done", by="person/loader").code


def test_a_lift_on_a_clock_in_doubt_begins_no_gap_in_the_future(home: Home) -> None:
    """Lifted while the clock was a day ahead: the evening dose is due as ever."""
    home.run_to(CALL)
    home.world.press()
    home.run(8)
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": DAY})
    home.run(5)
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(5)
    mishaps.cause(home.world, "clock_jump", {"who": "controller", "seconds": -DAY})
    home.run(60)
    home.wish("confirm-clock", by="person/eva")
    home.run_to("2026-11-23T17:35:00+00:00")
    home.take()

    assert [("taken", "retrieved")] * 2 == how(home, "metformin-500")


# --- blame -----------------------------------------------------------------------------------


def test_who_pressed_late_is_not_blamed_for_a_jam(home: Home) -> None:
    """Called for 40 minutes, pressed, and the tray jams: held(jam), never missed."""
    home.run_to("2026-11-23T07:40:00+00:00")
    mishaps.cause(home.world, "jam")
    home.world.press()
    home.run_to(OVER)

    assert {"held"} == {outcome for _, outcome, _ in home.outcomes()}, home.show()


def test_a_request_that_the_machine_could_not_give_is_held(home: Home) -> None:
    """Asked for, pressed, jammed: somebody hears of it; it was not the patient who let it be."""
    home.run_to("2026-11-23T10:00:00+00:00")
    home.wish("ask", regimen="paracetamol-500")
    home.run(3)
    mishaps.cause(home.world, "jam")
    home.world.press()
    home.run(1200)

    assert ["held"] == [d.stage for d in home.doses.values() if d.asked]
    assert "dose-held" in home.alerts()


# --- the cup ---------------------------------------------------------------------------------


def test_fingers_in_the_cup_do_not_stop_the_medicine_for_ever(home: Home) -> None:
    """Gone without a lift: uncertain, and the gap runs from when the cup was seen empty."""
    home.run_to(CALL)
    home.world.press()
    home.run(8)
    home.world.fingers(2)
    home.run_to("2026-11-23T17:35:00+00:00")
    home.take()

    assert [("uncertain", "cup"), ("taken", "retrieved")] == how(home, "metformin-500")


def test_left_in_the_cup_and_then_gone_without_a_lift_is_told(home: Home) -> None:
    """Missed(left-in-cup), later taken out by hand: TakenLate all the same (R2)."""
    home.run_to(CALL)
    home.world.press()
    home.run_to(OVER)
    home.world.fingers(2)
    home.run(30)

    assert 2 == len(home.events(ev.TakenLate))
    assert [] == home.alerts()


def test_once_its_time_is_over_nobody_is_told_to_take_the_cup(home: Home) -> None:
    """Left in the cup: the lamp says that something is wrong, not "take"."""
    home.run_to(CALL)
    home.world.press()
    home.run(10)
    assert codes.TAKE == home.world.lamp_shows
    home.run_to(OVER)

    assert codes.ALARM == home.world.lamp_shows


def test_a_cup_lifted_while_the_controller_was_away_is_taken(home: Home) -> None:
    """Killed after START, back a minute later: the lift in between is still a lift."""
    home.run_to(CALL)
    home.world.press()
    while not home.events(ev.OrderCommitted):
        home.house.run(home.world.now_ms + 20)
    home.kill_controller()
    home.run(8)
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(30)
    home.start_controller()
    home.run(20)

    assert [("taken", "retrieved")] == how(home, "metformin-500")


def test_a_gap_runs_from_the_last_lift_of_a_cup_that_came_back_full(home: Home) -> None:
    """Lifted, put back with a piece in it, lifted again at noon: the gap runs from noon."""
    home.run_to(CALL)
    home.world.press()
    home.run(8)
    home.world.take_cup()
    home.run(5)
    home.world.return_cup(2)
    home.run_to("2026-11-23T12:00:00+00:00")
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(5)
    assert home.controller is not None

    assert {home.now_s // HOUR} == {r.lifted_at // HOUR for r in home.controller.state.releases}


# --- rounds ----------------------------------------------------------------------------------


def test_a_cup_lifted_between_two_releases_does_not_lose_the_second(tmp_path: Path) -> None:
    """Two compartments, one press; the cup goes after the first: the rest is offered again."""
    home = at_home(tmp_path, ALONE)
    home.run_to(CALL)
    home.world.press()
    while not home.events(ev.OrderResolved):
        home.house.run(home.world.now_ms + 20)
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(30)
    home.take()

    outcomes = {r: o for r, o, _ in home.outcomes()}
    assert {"taken"} == set(outcomes.values()), home.show()
    assert 2 == len(outcomes) == fallen(home)


def test_one_refused_compartment_does_not_keep_the_others_waiting(tmp_path: Path) -> None:
    """The board holds one of two compartments of a round: the other is given."""
    home = at_home(tmp_path, ALONE)
    home.run_to("2026-11-23T06:20:00+00:00")
    _board_remembers(home, "amlodipine-5")
    home.run_to(CALL)
    home.take()
    home.run_to(OVER)

    assert [("taken", "retrieved")] == how(home, "metformin-500"), home.show()
    assert [("held", "gap")] == how(home, "amlodipine-5")


def _board_remembers(home: Home, regimen: str) -> None:
    """The board's book holds a release of this medicine that the controller knows nothing of."""
    assert home.controller is not None
    fills = home.controller.state.fills.values()
    compartment = min(f.compartment for f in fills if f.regimens == (regimen,))
    executive = home.executives[-1]
    ledger, lease = executive.mind.ledger, executive.holding.lease
    assert lease is not None
    now_s = home.now_s - codes.EPOCH_2020_S
    ledger.start(0, compartment, lease.row(compartment), lease, now_s)
    ledger.lifted(now_s)
    ledger.spent &= ~(1 << compartment)


def test_a_request_is_given_while_a_round_may_still_wait(home: Home) -> None:
    """Breakfast is open but not due: what was asked for comes first, breakfast after it."""
    home.run_to("2026-11-23T06:35:00+00:00")
    assert "" == home.wish("ask", regimen="paracetamol-500").code
    home.run(5)
    home.take()
    assert ["taken"] == [d.stage for d in home.doses.values() if d.asked]

    home.run_to(CALL)
    home.take()
    assert [("taken", "retrieved")] == how(home, "metformin-500")


def test_a_request_never_stands_before_a_round_that_is_due(home: Home) -> None:
    """Granted a minute before breakfast and not pressed: at eight the press gives breakfast."""
    home.run_to("2026-11-23T06:59:00+00:00")
    home.wish("ask", regimen="paracetamol-500")
    home.run_to("2026-11-23T07:01:00+00:00")
    assert codes.CALL == home.world.lamp_shows
    assert "round-waiting" == home.wish("ask", regimen="paracetamol-500").code or (
        "already-granted" == home.wish("ask", regimen="paracetamol-500").code
    )
    home.take()

    assert [("taken", "retrieved")] == how(home, "metformin-500")


def test_a_due_round_answers_a_request_with_a_reason(home: Home) -> None:
    """Instead of a grant that runs out unseen: first what is waiting."""
    home.run_to(CALL)
    assert "round-waiting" == home.wish("ask", regimen="paracetamol-500").code


def test_the_round_that_ends_first_goes_first(tmp_path: Path) -> None:
    """A long window opened at 08:00 does not stand before a short one that is due at 08:30."""
    home = at_home(
        tmp_path,
        ("    piece_mg: 200\n", "    piece_mg: 200\n    window: {early: 5min, late: 20min}\n"),
        ("at: [08:00]", "at: [08:30]"),
    )
    home.run_to("2026-11-23T07:32:00+00:00")
    home.take()

    assert [("taken", "retrieved")] == how(home, "amlodipine-5")
    assert [] == how(home, "metformin-500")


def test_two_doses_in_one_compartment_end_together(tmp_path: Path) -> None:
    """The shorter window counts for both, and both were called for half of it (R13)."""
    home = at_home(
        tmp_path,
        ("    piece_mg: 200\n", "    piece_mg: 200\n    window: {early: 30min, late: 30min}\n"),
    )
    home.run_to("2026-11-23T07:40:00+00:00")

    assert {("missed", "not-asked-for")} == {(o, w) for _, o, w in home.outcomes()}
    assert 2 == len(home.outcomes())


def test_skipping_one_of_two_says_at_once_that_the_other_cannot_be_given(home: Home) -> None:
    """They share a compartment: the other is held now, not silently at the end."""
    home.run_to("2026-11-23T06:35:00+00:00")
    home.world.service(True)
    home.world.open_door()  # so that no order stands in the way
    home.run(3)
    one = next(d for d in home.doses.values() if d.regimen == "amlodipine-5")
    assert "" == home.wish("skip", dose_id=one.dose_id, by="person/eva").code

    assert [("skipped", "by request")] == how(home, "amlodipine-5")
    assert [("held", "shared-fill")] == how(home, "metformin-500")
    assert "dose-held" in home.alerts()
