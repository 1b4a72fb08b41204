"""Loading: what a person is asked for holds still while they work, and is asked once."""

from __future__ import annotations

import pytest

from hal.sim import mishaps
from tests.controller.home import Home
from tests.controller.monday import at_door, breakfast, dose


def test_a_dose_taken_early_is_not_asked_for_a_second_time(home: Home) -> None:
    """Released before its due time and still in the cup: nobody is to load it again."""
    home.run_to("2026-11-23T06:45:00+00:00")
    home.world.press()
    home.run(8)

    assert "released" in {d.stage for d in home.doses.values()}
    assert "load-due" not in home.alerts()
    assert home.shown["loading"] is None


def test_an_opening_asks_for_a_look_and_for_no_filling(home: Home) -> None:
    """Every fill is held until somebody has looked; none of them becomes a free compartment."""
    home.run_to("2026-11-23T06:00:00+00:00")
    before = home.shown["compartments"]
    home.world.service(True)
    home.world.open_door()
    home.run(2)

    assert (
        sorted(c["index"] for c in before if c["state"] == "loaded")
        == (home.shown["loading"]["verify"])
    )
    assert [] == home.shown["loading"]["rows"]


def _look_in(home: Home, but: int) -> None:
    """An opening in which one compartment is not looked into, and yet all is said to be done."""
    home.world.service(True)
    home.world.open_door()
    home.run(2)
    for compartment in home.shown["loading"]["verify"]:
        if compartment != but:
            assert "" == home.wish("verify", compartment=compartment, by="person/a").code
    assert "" == home.wish("loading-done", by="person/a").code
    home.run(5)
    home.world.close_door()
    home.world.service(False)
    home.run(2)


@pytest.mark.hazard("H09")
def test_what_one_loading_left_out_comes_out_at_the_next(home: Home) -> None:
    """The board gave its number up, and would refuse every later lease that holds it again."""
    home.run_to("2026-11-23T06:00:00+00:00")
    left = min(c["index"] for c in home.shown["compartments"] if c["state"] == "loaded")
    number = home.shown["compartments"][left]["fill"]
    _look_in(home, but=left)
    home.run_to("2026-11-23T07:05:00+00:00")
    home.take(20)

    home.load()
    home.run_to("2026-11-23T11:31:00+00:00")
    home.take(20)
    home.run_to("2026-11-23T13:00:00+00:00")
    assert {"taken"} == {outcome for _, outcome, _ in home.outcomes()}
    assert not {"load-unfinished", "board-fault"} & set(home.alerts())
    assert number < home.shown["compartments"][left]["fill"]


@pytest.mark.parametrize("left_out", [False, True])
def test_nothing_is_given_by_a_person_from_a_tray_that_stands_elsewhere(
    home: Home, left_out: bool
) -> None:
    """One place off, unseen: not by hand, not late, not for a journey; set right, late it is."""
    home.run_to("2026-11-23T06:00:00+00:00")
    first = breakfast(home)
    mishaps.cause(home.world, "tray_reseated", {"sectors": 1, "unseen": 1})
    home.run(5)
    if left_out:
        _look_in(home, but=first)
    said = {"compartment": first, "pieces": 2, "by": "person/a"}
    home.run_to("2026-11-23T07:05:00+00:00")
    assert "not-there" == at_door(home, "by-hand", **said)
    assert at_door(home, "hand-out", **said, **{"for": "a-day"}) in ("not-loaded", "not-there")
    home.run_to("2026-11-23T08:20:00+00:00")
    late = {"dose_id": dose(home, "metformin-500").dose_id, "by": "p/a", "reason": "came-late"}
    assert "not-there" == at_door(home, "give-late", **late)
    if left_out:
        mishaps.cause(home.world, "tray_reseated", {"sectors": -1, "unseen": 1})
        home.run(5)
        assert "" == at_door(home, "give-late", **late)
