"""Things that run out after years: numbers, and the time that a plan was signed for."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from controller import events as ev
from controller.link import Link
from hal.sim.house import Go, InsideController
from hal.wire import codes
from hal.wire.messages import Desired
from tests.controller.home import KEY, Home
from tests.field.people import PILL, attend, fallen

LAST = 0xFFFFFFFF


def fence(home: Home, order: int) -> None:
    """Another controller with the right key tells the board that this order will never be."""
    link, want = Link(KEY), Desired()
    want.stage, want.order = codes.RESOLVE, order

    def turn(go: Go) -> tuple[int | None, bytes]:
        link.receive(go.rx, go.mono_ms, os.urandom(16))
        sent = link.send(go.mono_ms, want, None, open_order=True, entropy=os.urandom(16))
        return go.mono_ms + 250, sent

    home.kill_controller()
    home.house.controller = InsideController(turn)
    home.house.controller_wake_ms = 0
    home.run(30)
    assert link.actual is not None
    assert order == link.actual.order
    home.house.controller = None
    home.start_controller()


@pytest.mark.hazard("H35")
def test_the_last_order_number_is_used_and_none_comes_round(tmp_path: Path) -> None:
    """One number before the end a dose is given; at the end the machine locks and says so."""
    twice = PILL.replace("[08:00]", "[08:00, 10:00]")
    home = Home(tmp_path, "2026-11-23T06:20:00+00:00", plan=twice)
    home.install()
    fence(home, LAST - 1)
    attend(home, "2026-11-23T07:30:00+00:00")
    given = home.outcomes()
    attend(home, "2026-11-23T10:10:00+00:00")

    assert [("amlodipine-5", "taken", "retrieved")] == given, home.show()
    assert 1 == fallen(home.world)
    assert ["orders-used-up"] == [e.reason for e in home.events(ev.Locked)]  # type: ignore[attr-defined]
    assert "machine-locked" in home.alerts()
    assert "held" == home.outcomes()[-1][1], home.outcomes()


@pytest.mark.hazard("H34")
def test_a_plan_that_ends_is_told_two_weeks_ahead(tmp_path: Path) -> None:
    """Nobody is reached for weeks: the warning stands from two weeks before the last instant."""
    text = PILL.replace("valid_until: 2027-11-19", "valid_until: 2026-12-08")
    home = Home(tmp_path, "2026-11-24T21:30:00+00:00", plan=text)
    home.install()
    home.run_to("2026-11-24T22:50:00+00:00")
    before = home.alerts()
    home.run_to("2026-11-25T00:10:00+00:00")  # it looks once an hour

    assert "plan-expiring" not in before
    assert "plan-expiring" in home.alerts()
