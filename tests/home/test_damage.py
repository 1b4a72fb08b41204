"""A damaged journal in a running home: nothing moves, everybody is told, and it heals."""

import shutil
import sqlite3
from collections.abc import Iterator

import pytest

from controller.sockets import ask
from hal.sim.control import HouseClient
from tests.home.running import BACK_LIMIT_S, UP_LIMIT_S, Run, until

pytestmark = [pytest.mark.story, pytest.mark.timeout(240)]

CONTROLLER = "controller --config"


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """A home whose journal lost a word while the controller was away."""
    one = Run(tmp_path_factory.mktemp("home"), PORT="18490")
    try:
        one.hear("Ctrl-C ends it", UP_LIMIT_S)
        one.shown_when(lambda shown: shown["mode"] == "ready", UP_LIMIT_S)
        one.kill(CONTROLLER)
        _damage(one)
        one.shown_when(lambda shown: shown["mode"] == "journal-fault", BACK_LIMIT_S)
        yield one
    finally:
        if one.process.poll() is None:
            one.end()


def _damage(run: Run) -> None:
    """One event says something else; the file itself stays sound. A copy is kept."""
    db = sqlite3.connect(run.places.journal)
    db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    shutil.copy(run.places.journal, run.folder / "kept.sqlite")
    with db:
        db.execute("UPDATE events SET at_ms = at_ms + 1 WHERE number = 2")
    db.close()


def test_nothing_can_be_asked_for(run: Run) -> None:
    """Every wish is refused with the reason; a press moves nothing."""
    answer = ask(run.places.door, {"wish": "ask", "regimen": "paracetamol-500"})
    house = HouseClient(run.places.house)
    before = house.ask("truth")["truth"]
    house.ask("press")
    after = house.ask("truth")["truth"]

    assert (False, "journal-fault") == (answer["ok"], answer["code"])
    assert isinstance(before, dict) and isinstance(after, dict)
    assert before["exposures"] == after["exposures"]


def test_the_machine_itself_gives_the_alarm(run: Run) -> None:
    """The board still hears from the controller, and shows what it is told: alarm."""
    house = HouseClient(run.places.house)

    assert until(lambda: ("alarm", "alarm") == _signals(house), BACK_LIMIT_S), _signals(house)


def _signals(house: HouseClient) -> tuple[object, object]:
    view = house.ask("view")["view"]
    assert isinstance(view, dict)
    return view["lamp"], view["buzzer"]


def test_the_page_says_what_to_do(run: Run) -> None:
    """Not to wait, that nothing is given, and whom to call."""
    page = run.page()

    assert "Please do not wait for this machine" in page
    assert "The record of this machine is damaged" in page
    assert "Call your pharmacist; take no dose without asking." in page


def test_the_caregiver_is_told(run: Run) -> None:
    """State reports go on: whoever watches from afar hears that it gives nothing."""
    run.hear("its record is damaged, and it gives nothing", BACK_LIMIT_S)


def test_the_kept_copy_put_back_heals_it(run: Run) -> None:
    """With the journal as it was, the next start goes on; afar it is all clear."""
    run.kill(CONTROLLER)
    for left in run.folder.glob("journal.sqlite-*"):
        left.unlink()
    shutil.copy(run.folder / "kept.sqlite", run.places.journal)

    run.shown_when(lambda shown: shown["mode"] == "ready", BACK_LIMIT_S)
    run.hear("its record can be read", BACK_LIMIT_S)
