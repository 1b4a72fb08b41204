"""A clock is wrong: nothing outside its window, nothing twice, nothing lost, and somebody hears."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from controller import events as ev
from hal.sim import mishaps
from hal.sim.mishaps import MishapRefused
from hal.wire import codes
from tests.clocks.judge import broken
from tests.clocks.life import PHASES, Case, Life, Morning
from tests.clocks.sweep import cases, live, slice_of, sweep
from tests.clocks.troubles import DAY, STANDS_STILL, YEAR, Trouble, troubles


def _lived(folder: Path, trouble: Trouble, phase: str, heal: str) -> Life:
    life = Life(folder, Case(trouble, phase, heal))
    life.run()
    return life


SLICE = list(slice_of(1))
PART = 8  # cases in one test


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("first", range(0, len(SLICE), PART))
def test_every_clock_trouble_in_some_phase_of_a_dose(first: int) -> None:
    """The slice: each trouble once, the phases in turn; `make clocks` has every pair."""
    chosen = SLICE[first : first + PART]
    count, wrong = sweep(chosen)

    assert [] == wrong
    assert len(chosen) == count["cases"] > 0


def test_the_slice_meets_every_phase_and_the_list_every_pair() -> None:
    """No trouble is left out, and no phase."""
    sliced, whole = list(slice_of(1)), cases()

    assert set(PHASES) == {case.phase for case in sliced}
    assert {one.name for one in troubles()} == {case.trouble.name for case in sliced}
    assert len({case.name for case in whole}) == len(list(troubles())) * len(PHASES) * 2


@pytest.mark.parametrize("number", [100, 700, 1300, 1700])
def test_a_morning_ends_the_same_with_every_keepalive(
    monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    """What is leapt over before a trouble and long after it changes no outcome."""
    ends = []
    for leaps in (True, False):
        monkeypatch.setattr(Morning, "leaps", leaps)
        found, life = live(cases()[number])
        assert life is not None
        home = life.home
        ends.append((found, home.outcomes(), life.visits, len(home.events(ev.DoseOpened))))
        assert leaps == (home.house.leap_ms > 0)

    assert ends[0] == ends[1]


@pytest.mark.parametrize("phase", ["committed", "moving", "released"])
def test_an_outcome_written_at_a_false_time_is_not_forgotten(tmp_path: Path, phase: str) -> None:
    """Stamped a year ago, it would soon be out of mind, and the dose would open once more."""
    life = _lived(tmp_path, Trouble("jump", "controller", -YEAR), phase, "late")

    assert [] == broken(life)
    assert 2 == len(life.home.events(ev.DoseOpened))


@pytest.mark.parametrize("who", ["controller", "board", "both"])
def test_somebody_hears_of_a_clock_that_stands_still(tmp_path: Path, who: str) -> None:
    """What waits for the clock to move on would wait for ever: patience is monotonic time."""
    life = _lived(tmp_path, Trouble("rate", who, STANDS_STILL), "quiet", "late")

    assert [] == broken(life)
    assert 0 < life.heard_s < life.healed_s


def test_a_silent_board_is_told_of_by_a_clock_that_has_gone_back(tmp_path: Path) -> None:
    """The cable is cut and our clock shows last year: the alert does not wait for this year."""
    life = Life(tmp_path, Case(Trouble("jump", "controller", -YEAR), "quiet", "late"))
    life.home.install()
    mishaps.cause(life.home.world, "cable_cut")
    life.home.run(20)
    life.case.trouble.begin(life.home.world)
    life.home.run(120)

    assert {"board-silent", "clock-untrusted"} & set(life.home.alerts())


@pytest.mark.hazard("H06")
def test_false_network_time_closes_no_future_day(tmp_path: Path) -> None:
    """R8: two days ahead, written to the battery clock, restarted: nothing of them is closed."""
    life = _lived(
        tmp_path, Trouble("network", "controller", 2 * DAY, restarts=True), "quiet", "late"
    )

    assert [] == broken(life)
    assert 2 == len(life.home.events(ev.DoseOpened))


@pytest.mark.hazard("H06")
@pytest.mark.parametrize("year", [1970, 2000, 2020])
def test_a_board_whose_clock_battery_is_dead_says_so(tmp_path: Path, year: int) -> None:
    """It begins anew at the year of its chip, clock not set: nothing moves until it was set."""
    life = Life(tmp_path, Case(Trouble("dead", "board", year), "quiet", "late"))
    life.home.install()
    life.case.trouble.begin(life.home.world)
    life.home.run(30)

    assert 0 == life.home.world.sense(0).clock_ok
    assert not life.home.shown["trusted"]
    life.home.load()
    life.home.run(30)
    assert life.home.shown["trusted"]


def test_the_judge_sees_a_controller_that_believes_any_clock(
    tmp_path: Path, believing: None
) -> None:
    """With the trust taken out, ten minutes fast: what falls too early is seen."""
    life = _lived(tmp_path, Trouble("jump", "both", 600), "quiet", "late")

    assert any("first fell" in sentence for sentence in broken(life))


@pytest.fixture
def believing(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Neither side compares its clock with anything."""
    monkeypatch.setattr("controller.trusted_time.STEP_S", 1 << 40)
    monkeypatch.setattr("firmware.clock.STEP_LIMIT_MS", 1 << 60)
    yield


def test_a_clock_of_nobody_is_refused(tmp_path: Path) -> None:
    """Who and which year are checked."""
    world = Life(tmp_path, Case(Trouble("jump", "both", 1), "quiet", "soon")).home.world
    for args in ({"who": "hub"}, {"year": 1999}):
        with pytest.raises(MishapRefused):
            mishaps.cause(world, "clock_dead", args)  # type: ignore[arg-type]
    assert codes.QUIET == world.lamp_shows
