"""The wrong thing in the wrong place, and old things that come back."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from controller import events as ev
from hal.sim import mishaps
from schedules.canonical import plan_hash
from schedules.planfile import parse_plan
from tests.controller.home import Home
from tests.field.people import EARLY, PILL, attend, fallen

CALL = "2026-11-23T07:05:00+00:00"
TAKEN = [("amlodipine-5", "taken", "retrieved")]


@pytest.mark.parametrize("unseen", [0, 1])
def test_field_a_place_that_is_not_the_one_on_the_label_gives_nothing(
    home: Home, unseen: int
) -> None:
    """BD Pyxis MedBank 3.9.1.9: the label for refilling named the wrong bin.

    The tray stands one place off what was said at loading, with the door seen open or not: no
    compartment is exposed, a person is told, and the dose is given once it stands right.
    """
    mishaps.cause(home.world, "tray_reseated", {"sectors": 1, "unseen": unseen})
    home.run_to(CALL)
    home.world.press()
    home.run(20)
    given, alerts = fallen(home.world), home.alerts()
    mishaps.cause(home.world, "tray_reseated", {"sectors": -1, "unseen": unseen})
    home.load()
    attend(home, "2026-11-23T07:50:00+00:00")

    assert 0 == given
    assert "compartment-held" in alerts
    assert TAKEN == home.outcomes(), home.show()


def test_field_what_is_put_elsewhere_than_was_said_is_not_taken_for_it(tmp_path: Path) -> None:
    """The same recall: a person follows a wrong label and fills the place beside the right one.

    The compartment that was said to be full is empty: nothing is seen to fall, the dose is not
    "taken", and the piece beside it stays where it is.
    """
    home = Home(tmp_path, EARLY, plan=PILL)
    true_put = home.world.put

    def beside(compartment: int, pieces_mg: list[int], label: str = "") -> int:
        return true_put(compartment or 1, pieces_mg, label)

    home.world.put = beside  # type: ignore[method-assign]
    home.run(10)
    home.wish("plan", envelope=home.sign())
    home.load()
    attend(home, "2026-11-23T08:10:00+00:00")

    assert 0 == fallen(home.world)
    assert "taken" not in {stage for _, stage, _ in home.outcomes()}, home.show()
    assert any(code in home.alerts() for code in ("dose-held", "dose-uncertain"))


def second(text: str, home: Home) -> str:
    """The next version of a plan: the pill an hour later."""
    follows = f"version: 2\nprevious_hash: {plan_hash(home.plan)}"
    return text.replace("version: 1", follows).replace("[08:00]", "[09:00]")


@pytest.mark.hazard("H07")
def test_field_an_older_plan_never_comes_back(home: Home) -> None:
    """A drawer's firmware was put back to an older version by accident, during an installation.

    With the second version in force the first is refused, signed as well as ever, in any order
    and after a restart; what is given follows the second.
    """
    text = second(PILL, home)
    old = home.sign()
    assert "" == home.wish("plan", envelope=home.sign(text)).code, home.show()
    home.load()
    for _ in range(2):
        refused = home.wish("plan", envelope=old).code
        assert refused in ("older-version", "already-known")
        home.kill_controller()
        home.run(5)
        home.start_controller()
        home.run(20)
    attend(home, "2026-11-23T09:10:00+00:00")

    assert home.controller is not None
    assert 2 == home.controller.state.plan_version
    assert 1 == fallen(home.world)
    assert [parse_plan(text).version] == [home.shown["plan"]["version"]]


@pytest.mark.hazard("H07")
def test_field_an_older_record_put_back_moves_nothing(home: Home, tmp_path: Path) -> None:
    """The same, with a card: yesterday's copy of the controller is put into the machine.

    The board knows of a newer lease and of a dose that the copy does not: nothing is given twice,
    nothing moves, and a person is told.
    """
    home.kill_controller()
    copy = tmp_path / "copy"
    copy.mkdir()
    for path in tmp_path.glob("journal.db*"):
        shutil.copy(path, copy)
    home.start_controller()
    attend(home, CALL)
    assert TAKEN == home.outcomes()
    home.kill_controller()
    for path in tmp_path.glob("journal.db*"):
        path.unlink()
    for path in copy.iterdir():
        shutil.copy(path, tmp_path)
    home.start_controller()
    drives = len(home.world.drives)
    attend(home, "2026-11-23T08:10:00+00:00")

    assert 1 == fallen(home.world)
    assert drives == len(home.world.drives)
    assert home.alerts()
    assert not home.events(ev.OrderCommitted)


@pytest.mark.hazard("H12")
def test_field_a_regimen_that_changes_when_the_tray_is_full_gives_nothing_old(home: Home) -> None:
    """Dutch automated dispensing (268 incidents): a regimen changed after the bags were filled.

    The dose is doubled while single pills are loaded. Until a person is at the machine the old
    plan holds; then every compartment of the old amount is emptied, counted and filled anew,
    and from the moment the new version is in force no single pill falls.
    """
    follows = f"version: 2\nprevious_hash: {plan_hash(home.plan)}"
    text = PILL.replace("version: 1", follows).replace("dose: 1,", "dose: 2,")
    attend(home, CALL)
    assert TAKEN == home.outcomes()
    home.kill_controller()
    home.start_controller()
    home.run(20)
    assert "" == home.wish("plan", envelope=home.sign(text)).code
    home.run(60)
    waiting = home.shown["pending_version"], home.shown["plan"]["version"]
    home.load()
    home.run(30)
    emptied = home.events(ev.Emptied)
    loaded = [fill.pieces for fill in home.controller.state.fills.values()]  # type: ignore[union-attr]
    attend(home, "2026-11-24T07:30:00+00:00")

    assert (2, 1) == waiting
    assert 2 == home.shown["plan"]["version"]
    assert emptied and {2} == set(loaded), loaded
    assert 1 + 2 == fallen(home.world)
    assert ["taken", "taken"] == [stage for _, stage, _ in home.outcomes()]
