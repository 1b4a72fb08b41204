"""Programs that hang, crash, or start again and again: nobody waits in vain, nothing is lost."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path

import pytest

from controller import events as ev
from controller.home.children import PAUSE_LAST_MS
from hal.sim import mishaps
from hal.sim.control import HouseClient
from hal.sim.house import InsideController
from hal.wire import codes
from tests.controller.home import Home
from tests.field.people import attend, fallen
from tests.home.running import BACK_LIMIT_S, UP_LIMIT_S, Run, until

TAKEN = [("amlodipine-5", "taken", "retrieved")]
HALF_AN_HOUR_MS = 1_800_000


def test_field_a_hung_controller_is_called_out_and_loses_nothing(home: Home) -> None:
    """BD Pyxis ES recall (20,443 cabinets): the application hangs, medicine is late, data lost.

    The controller hangs in the open window. Within a minute and a half the board alarms by
    itself and gives nothing; when the controller goes on, the same dose is given once.
    """
    home.run_to("2026-11-23T06:50:00+00:00")
    living, before = home.house.controller, len(home.events())
    home.house.controller = InsideController(lambda go: (None, b""))
    home.run(90)
    signals = (home.world.lamp_shows, home.world.buzzer_sounds)
    home.world.press()
    home.run_to("2026-11-23T07:20:00+00:00")
    given_meanwhile = fallen(home.world)
    home.house.controller = living
    home.house.controller_wake_ms = 0
    home.run(60)
    attend(home, "2026-11-23T08:10:00+00:00")

    assert (codes.ALARM, codes.ALARM) == signals
    assert 0 == given_meanwhile
    assert TAKEN == home.outcomes(), home.show()
    assert 1 == fallen(home.world)
    assert before < len(home.events())
    assert home.controller is not None
    home.controller.journal.verify()


@pytest.mark.story
@pytest.mark.timeout(240)
def test_field_a_stopped_process_is_called_out_by_the_machine_and_on_the_page(
    tmp_path: Path,
) -> None:
    """The same recall, with a real process that stands still as a hung one does (SIGSTOP).

    The machine's own lamp and buzzer alarm, the page says that nobody decides; when the process
    goes on, all is well again without a restart.
    """
    run = Run(tmp_path / "home", SPEED="60", BROKER="none", PORT="18530")
    try:
        run.hear("Ctrl-C ends it", UP_LIMIT_S)
        run.shown_when(lambda shown: shown["mode"] == "ready", UP_LIMIT_S)
        assert until(lambda: "One moment" not in run.page(), BACK_LIMIT_S)
        victim = run.part("controller --config")
        house = HouseClient(run.places.house)
        os.kill(victim, signal.SIGSTOP)
        try:
            assert until(lambda: _signals(house) == ("alarm", "alarm"), BACK_LIMIT_S)
            assert until(lambda: "No word since" in run.page(), BACK_LIMIT_S), run.page()
        finally:
            os.kill(victim, signal.SIGCONT)
        run.shown_when(lambda shown: shown["link"] == "fresh", BACK_LIMIT_S)

        assert victim == run.part("controller --config")
        assert until(lambda: _signals(house) != ("alarm", "alarm"), BACK_LIMIT_S)
    finally:
        run.end()


def _signals(house: HouseClient) -> tuple[object, object]:
    view = house.ask("view")["view"]
    assert isinstance(view, dict)
    return view["lamp"], view["buzzer"]


def _look(home: Home) -> None:
    """A person opens the machine, vouches for what is in it, and closes up."""
    home.load()


def _home_run(home: Home) -> None:
    """A person covers the compartments and lets the tray find home."""
    home.world.service(True)
    home.run(5)
    if home.wish("service-move", by="person/eva").code == "":
        home.run(20)
    home.world.service(False)
    home.run(5)


def _both(home: Home) -> None:
    _home_run(home)
    _look(home)


TROUBLES = {
    "cable_cut": None,
    "mains_cut": None,
    "cup_missing": None,
    "button_stuck": None,
    "blind_beam": _home_run,
    "encoder_stuck": _both,
    "door_open": _look,
}


@pytest.mark.parametrize("name", TROUBLES)
def test_field_after_a_trouble_it_gives_again_without_a_restart(home: Home, name: str) -> None:
    """BD Pyxis Anesthesia 3500 (2007): did not dispense until somebody restarted it.

    A trouble comes, the patient presses in vain, it goes. With what a person at the machine can
    do, the dose is given by the same board in the same boot and by the same controller.
    """
    home.run_to("2026-11-23T06:40:00+00:00")
    mishaps.cause(home.world, name)
    home.run(60)
    home.world.press()
    home.run(60)
    mishaps.heal(home.world, name)
    home.run(120)
    help_ = TROUBLES[name]
    if help_ is not None:
        help_(home)
    attend(home, "2026-11-23T08:05:00+00:00")

    assert TAKEN == home.outcomes(), home.show()
    assert 1 == len(home.executives)
    assert 1 == len(home.events(ev.Started))


def test_field_a_controller_that_starts_again_and_again_drains_nothing(home: Home) -> None:
    """Tandem t:connect 2.7 (85,863 devices): an app crashing and starting drained the pump.

    For half an hour the controller dies as soon as it may, at the pace its launcher allows at
    most. The cable carries less than a word a second, the journal a handful of events for each
    start, no alert is raised twice, and the dose is given when the controller stays.
    """
    home.run_to("2026-11-23T06:25:00+00:00")
    chunks, events = _half_an_hour(home, lambda: _die_and_come_back(home))
    attend(home, "2026-11-23T08:05:00+00:00")
    raised = [e.alert_id for e in home.events(ev.AlertRaised)]  # type: ignore[attr-defined]
    starts = HALF_AN_HOUR_MS // (PAUSE_LAST_MS + 1_000) + 1

    assert chunks < HALF_AN_HOUR_MS // 1000
    assert events <= 6 * starts
    assert 1 == max(raised.count(one) for one in raised), raised
    assert TAKEN == home.outcomes(), home.show()


def _die_and_come_back(home: Home) -> None:
    home.kill_controller()
    home.house.run(home.world.now_ms + PAUSE_LAST_MS)
    home.start_controller()
    home.house.run(home.world.now_ms + 1_000)


def _half_an_hour(home: Home, live: Callable[[], None]) -> tuple[int, int]:
    """Chunks that the cable carried, and events that were journaled, in half an hour."""
    before = home.world.cable.carried, len(home.events())
    end_ms = home.world.now_ms + HALF_AN_HOUR_MS
    while home.world.now_ms < end_ms:
        live()
    return home.world.cable.carried - before[0], len(home.events()) - before[1]
