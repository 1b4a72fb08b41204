"""kill -9 at random real instants. KILLS=20 strikes as often as `make kills` does."""

import os
from pathlib import Path

import pytest

from controller.home.kills import AIMS, VICTIMS, Kill, Toll, after, plan
from controller.journal import Journal
from tests.home.plays import Played, play

pytestmark = [pytest.mark.story, pytest.mark.timeout(600)]

KILLS = int(os.environ.get("KILLS", "") or 6)
DAYS = "2" if KILLS <= 6 else "7"


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> list[Played]:
    """The same aims with either broker."""
    switches = {"KILLS": str(KILLS), "DAYS": DAYS, "SEED": os.environ.get("SEED", "") or "5"}
    folder = tmp_path_factory.mktemp("kills")
    return play(folder, *[("kills", {**switches, "BROKER": b}) for b in ("nats", "mosquitto")])


def test_every_kill_is_survived(both: list[Played]) -> None:
    """Orders have their end, the judge finds nothing, the chain holds, no event is lost."""
    for one in both:
        assert (0, True, 0) == (one.code, one.line["ok"], one.line["broken"]), one.said
        assert one.line["kills"] == dict.fromkeys(VICTIMS, KILLS)
        written = one.line["events_written"]
        assert (written, written) == (one.line["events_acknowledged"], one.line["events_at_hub"])
        assert 1 == one.line["max_releases_per_dose"]


def test_the_processes_really_died(both: list[Played]) -> None:
    """Board and controller began anew as often as they were killed, and the chain knows it."""
    for one in both:
        assert one.line["board_boots"] > KILLS / 2  # two may strike before one has booted
        assert one.line["controller_starts"] >= KILLS / 2
        reader = Journal.reader(one.home / "journal.sqlite")
        starts = sum(record.kind == "Started" for record in reader.all())
        reader.verify()
        reader.close()
        assert starts > KILLS / 2


def test_a_seed_fixes_who_is_aimed_at() -> None:
    """The plan of kills is a function of the seed: each victim as often as asked, each moment."""
    kills = plan(1, 10, 2)

    assert kills == plan(1, 10, 2) != plan(2, 10, 2)
    assert dict.fromkeys(VICTIMS, 10) == {v: sum(k.victim == v for k in kills) for v in VICTIMS}
    assert dict.fromkeys(AIMS, 6) == {a: sum(k.aim == a for k in kills) for a in AIMS}


def test_a_wait_for_a_person_is_no_wait_for_a_verdict(tmp_path: Path) -> None:
    """From a kill to the board's word on what was committed; an order without an end is told."""
    path = tmp_path / "journal.sqlite"
    journal = Journal.open(path)
    days = [
        (1_000, "OrderPrepared", 1),  # killed at 2 s, pressed a quarter of an hour later
        (900_000, "OrderCommitted", 1),
        (907_000, "OrderResolved", 1),  # killed at 901 s
        (910_000, "OrderPrepared", 2),
        (911_000, "OrderWithdrawn", 2),
        (920_000, "OrderPrepared", 3),
    ]
    journal.append([(at_ms, kind, {"order": n}) for at_ms, kind, n in days], barrier=True)
    journal.close()
    toll = Toll([(Kill("broker", 0, AIMS[0]), at_ms) for at_ms in (2_000, 901_000)])

    assert 6 == after(toll, path)
    assert ["order 3 was never resolved"] == toll.broken


def test_kills_need_a_broker(tmp_path: Path) -> None:
    """Without a broker there is nothing to show: said, exit code 2."""
    (one,) = play(tmp_path, ("kills", {"BROKER": "none"}))

    assert 2 == one.code
    assert "there must be one to kill" in one.said
