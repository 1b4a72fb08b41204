"""Loading: what a person is asked for holds still while they work, and is asked once."""

from __future__ import annotations

from tests.controller.home import Home


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

    assert sorted(c["index"] for c in before if c["state"] == "loaded") == (
        home.shown["loading"]["verify"]
    )
    assert [] == home.shown["loading"]["rows"]
