"""The rules R6, R9, R13, R15 and R19 in a whole home: scenarios that once got through.

Each goes red when its rule is taken out. What the board does alone: tests/firmware/test_rules.py.
"""

from __future__ import annotations

from typing import Any

import pytest

from controller import events as ev
from hal.sim import mishaps
from hal.wire import codes
from tests.controller.home import Home
from tests.controller.monday import CALL, OVER, breakfast, fallen, how, raised

NIGHT = "2026-11-24T02:00:00+00:00"
MORNING = "2026-11-24T07:05:00+00:00"


# --- R2 --------------------------------------------------------------------------------------


def test_r2_a_cup_blocked_by_a_closed_dose_names_the_rounds_at_risk(home: Home) -> None:
    """At the second of the close: lunch, dinner, bed and tomorrow's breakfast, each by its dose."""
    home.run_to(CALL)
    home.world.press()
    home.run_to("2026-11-23T08:01:00+00:00")

    named = [e.dose_id for e in raised(home, "cup-blocked")]
    state = home.controller.state  # type: ignore[union-attr]
    rounds = [min(f.due_at for f in state.fills.values() if dose in f.doses) for dose in named]
    hours = [h * 3600 for h in (4.5, 10.5, 14, 24)]
    first = min(f.due_at for f in state.fills.values() if f.kind == "day")
    assert hours == [due_at - first for due_at in rounds]


# --- R6 --------------------------------------------------------------------------------------


def test_r6_crash_while_loading_leaves_a_compartment_that_nobody_trusts(home: Home) -> None:
    """Begun, pieces in, controller dead, door closed: it must be emptied before it is filled."""
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    compartment = breakfast(home)
    home.wish("emptied", compartment=compartment, pieces=home.world.empty(compartment), by="p/a")
    row = next(r for r in home.shown["loading"]["rows"] if r["compartment"] == compartment)
    assert "" == home.wish("loading", compartment=compartment, by="p/a").code
    home.world.put(compartment, row["piece_mgs"])
    home.kill_controller()
    home.world.close_door()
    home.world.service(False)
    home.run(5)
    home.start_controller()
    home.run(30)
    assert "compartment-held" in home.alerts()

    home.world.service(True)
    home.world.open_door()
    home.run(2)
    assert "not-loading" == home.wish("loaded", compartment=compartment, by="p/a").code
    assert "not-emptied" == home.wish("loading", compartment=compartment, by="p/a").code
    pieces = home.world.empty(compartment)
    assert "" == home.wish("emptied", compartment=compartment, pieces=pieces, by="p/a").code
    assert "" == home.wish("loading", compartment=compartment, by="p/a").code


def test_r6_said_twice_is_not_filled_twice(home: Home) -> None:
    """`loading` and again `loading`: whoever begins anew takes out first."""
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    where = {"compartment": breakfast(home), "by": "p/a"}
    pieces = home.world.empty(where["compartment"])  # type: ignore[arg-type]
    assert "" == home.wish("emptied", pieces=pieces, **where).code
    assert "" == home.wish("loading", **where).code

    assert "not-emptied" == home.wish("loading", **where).code


def test_r6_a_tray_one_place_off_gives_nothing_until_somebody_has_looked(home: Home) -> None:
    """Another index on the tray, no opening seen: every fill is held, at once and by both."""
    mishaps.cause(home.world, "tray_reseated", {"sectors": 1, "unseen": 1})
    home.run(10)
    assert "compartment-held" in home.alerts()
    home.run_to(CALL)
    home.take()

    assert 0 == fallen(home)
    mishaps.cause(home.world, "tray_reseated", {"sectors": 28, "unseen": 1})
    home.load()
    home.take()
    assert 2 == fallen(home)


# --- R9 --------------------------------------------------------------------------------------


def test_r9_a_beam_glitch_at_night_leaves_27_compartments_and_the_morning(home: Home) -> None:
    """A drop that nobody explains at 03:00: told, no compartment held, the next round is given."""
    home.run_to(NIGHT)
    mishaps.cause(home.world, "spurious_beam")
    home.run(70)
    assert [codes.BEAM_SPURIOUS] == [e.fault for e in raised(home, "board-fault")]
    assert not [f for f in home.controller.state.fills.values() if f.state == "held"]  # type: ignore[union-attr]
    home.run_to(MORNING)
    home.take()

    assert ("taken", "retrieved") == how(home)[-1]


def _cup_away(home: Home) -> None:
    home.world.take_cup()


def _coin(home: Home) -> None:
    mishaps.cause(home.world, "cup_not_empty", {"mg": 3000})


def _door(home: Home) -> None:
    home.world.open_door()


def _switch(home: Home) -> None:
    home.world.service(True)


def _blind(home: Home) -> None:
    mishaps.cause(home.world, "blind_beam")


def _lost_position(home: Home) -> None:
    mishaps.cause(home.world, "encoder_stuck", {"reading": 37})


def _gate(home: Home) -> None:
    mishaps.cause(home.world, "stuck_gate_open", {"at_once": 1})


def _flat(home: Home) -> None:
    home.world.mains(False)
    mishaps.cause(home.world, "battery_flat", {"percent": 3})


def _clock(home: Home) -> None:
    mishaps.cause(home.world, "clock_dead")


def _scale(home: Home) -> None:
    mishaps.cause(home.world, "scale_drift", {"mg": -500})


def _lease_gone(home: Home) -> None:
    home.executives[-1].holding.lease = None  # a record of another layout is read like this


BARS = [
    _cup_away,
    _coin,
    _door,
    _switch,
    _blind,
    _lost_position,
    _gate,
    _flat,
    _clock,
    _scale,
    _lease_gone,
]


CASES = [(bar, False) for bar in BARS] + [(bar, True) for bar in (_coin, _blind, _gate)]


@pytest.mark.parametrize(("cause", "masked"), CASES, ids=[f"{c.__name__}-{m}" for c, m in CASES])
def test_r9_what_bars_the_next_round_is_told_within_a_minute(
    home: Home, cause: Any, masked: bool
) -> None:
    """At night, hours before it matters, and also when a worse fault hides it from Actual."""
    home.run_to("2026-11-23T06:00:00+00:00")
    if masked:
        mishaps.cause(home.world, "encoder_stuck", {"reading": 99})
        home.run(5)
        mishaps.heal_all(home.world)
    before = {e.alert_id for e in home.events(ev.AlertRaised)}  # type: ignore[attr-defined]
    cause(home)
    home.run(60 + 2)

    after = {e.alert_id for e in home.events(ev.AlertRaised)}  # type: ignore[attr-defined]
    assert after - before


def test_r9_by_hand_within_the_window_is_taken_and_never_released(home: Home) -> None:
    """The board is dead at breakfast: opened mechanically, counted, said; then all is back."""
    compartment = breakfast(home)
    home.run_to(CALL)
    mishaps.cause(home.world, "cable_cut")
    home.run(40)
    given = home.world.hand_out(compartment)
    assert "wrong-pieces" == home.wish("by-hand", compartment=compartment, pieces=1, by="p/a").code
    assert "" == home.wish("by-hand", compartment=compartment, pieces=given, by="p/a").code
    assert [("taken", "by-hand")] == how(home)
    again = home.wish("by-hand", compartment=compartment, pieces=given, by="p/a", done=True)
    assert "not-loaded" == again.code
    mishaps.heal_all(home.world)
    home.run(30)
    home.take()

    assert 0 == fallen(home)
    assert 1 << compartment == home.executives[-1].mind.ledger.settled & 1 << compartment
    gone = [(r.regimen, r.lifted_at > 0) for r in home.controller.state.releases]  # type: ignore[union-attr]
    assert [("amlodipine-5", True), ("metformin-500", True)] == sorted(gone)


def test_r9_without_power_each_round_is_counted_and_settled_afterwards(home: Home) -> None:
    """A day in the dark: two rounds by hand; then the door's count holds all until it is said."""
    first = breakfast(home)
    home.run_to("2026-11-23T06:55:00+00:00")
    mishaps.cause(home.world, "mains_cut")
    mishaps.cause(home.world, "battery_flat")
    home.run(600)
    home.world.open_door()
    given = home.world.hand_out(first)
    home.world.close_door()
    home.run_to(OVER)
    assert {"held"} == {outcome for _, outcome, _ in home.outcomes()}
    mishaps.heal_all(home.world)
    home.run(60)
    assert "compartment-held" in home.alerts()
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    said = home.wish("by-hand", compartment=first, pieces=given, by="p/a", done=True)
    assert "" == said.code

    assert 2 == len(home.events(ev.TakenLate))
    assert "dose-held" not in home.alerts()
    home.world.close_door()
    home.world.service(False)
    home.load()
    home.run(60)
    assert [("held", "board-silent")] == how(home)  # written once; the correction points at it
    assert 0 == fallen(home)


def test_a_battery_that_runs_down_is_told_in_the_minute_it_gets_low(home: Home) -> None:
    """Small changes of the voltage are no news; the one across the limit is."""
    home.run_to("2026-11-23T06:00:00+00:00")
    home.world.mains(False)
    mishaps.cause(home.world, "battery_flat", {"percent": 17})
    low_mv = 3450
    while home.world.supply.battery_mv(home.world.now_ms) >= low_mv:
        assert "battery-low" not in home.alerts()
        home.run(30)
    home.run(60)
    assert "battery-low" in home.alerts()
