"""`make demo`: what its last line promises, and that a seed says it all."""

from pathlib import Path

import pytest

from tests.home.plays import Played, play

pytestmark = [pytest.mark.story, pytest.mark.timeout(180)]


@pytest.fixture(scope="module")
def thrice(tmp_path_factory: pytest.TempPathFactory) -> list[Played]:
    """Two days with one seed twice, and with another."""
    seeds = ("7", "7", "8")
    folder = tmp_path_factory.mktemp("demo")
    return play(folder, *[("demo", {"DAYS": "2", "SEED": seed}) for seed in seeds])


def test_all_invariants_hold(thrice: list[Played]) -> None:
    """Each ends with `ok` and exit code 0, on real MicroPython."""
    assert [0, 0, 0] == [one.code for one in thrice], thrice[0].said
    assert [(True, 0, "micropython")] * 3 == [
        (one.line["ok"], one.line["broken"], one.line["runtime"]) for one in thrice
    ]


def test_no_dose_is_released_twice(thrice: list[Played]) -> None:
    """Doses were released, none of them more than once, and each has one outcome."""
    for one in thrice:
        assert 1 == one.line["max_releases_per_dose"]
        assert one.line["doses"]["taken"] > 8
        assert one.line["doses"]["missed"] >= 1  # the patient was out
        assert one.line["doses_total"] == sum(one.line["doses"].values())


def test_the_hub_has_every_event(thrice: list[Played]) -> None:
    """Written, acknowledged and stored are one number."""
    for one in thrice:
        written = one.line["events_written"]
        assert written > 150
        assert (written, written) == (one.line["events_acknowledged"], one.line["events_at_hub"])


def test_the_same_seed_gives_the_same_events(thrice: list[Played]) -> None:
    """Two runs of one seed agree in hash and figures; another seed is another story."""
    first, again, other = (one.line for one in thrice)

    assert first == again
    assert first["event_hash"] != other["event_hash"]


def test_nothing_needs_a_broker(tmp_path: Path) -> None:
    """Without a broker doses go on as ever; the reports wait in the journal."""
    (one,) = play(tmp_path, ("demo", {"DAYS": "1", "SEED": "7", "BROKER": "none"}))

    assert (0, True) == (one.code, one.line["ok"]), one.said
    assert one.line["doses"]["taken"] >= 6
    assert (0, 0) == (one.line["events_acknowledged"], one.line["events_at_hub"])
