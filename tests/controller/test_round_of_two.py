"""A round of two compartments that nobody answers, or answers late: called for to its end.

Responsible for: that the board's own alarm (R19) leaves a round in peace that it calls to, and
sounds where it does not. Not responsible for the board alone (tests/firmware/test_solo.py).
"""

from __future__ import annotations

from pathlib import Path

import pytest

from controller import events as ev
from hal.wire import codes
from hal.wire.messages import unpack_actual
from tests.controller.home import Home
from tests.controller.monday import ALONE, at_home, how

HIGH = (ALONE[0], ALONE[0] + "    high_alert: yes\n    limits: {max_per_24h: 1}\n")
BOTH = ("metformin-500", "amlodipine-5")
LAST_CALL = "2026-11-23T07:30:00+00:00"  # when the slower of the two warns


def overdue(home: Home) -> bool:
    """Whether the board says that nobody answers a window."""
    said = unpack_actual(bytes(home.executives[-1].news.now))
    assert said is not None
    return bool(said.flags & codes.F_OVERDUE)


@pytest.mark.parametrize("alone", [ALONE, HIGH])
def test_r19_a_round_of_two_that_nobody_answers_is_called_for_to_its_end_and_missed(
    tmp_path: Path, alone: tuple[str, str]
) -> None:
    """Last call to the last minute, never the board's own alarm; both missed, each with alert."""
    home = at_home(tmp_path, alone)
    home.run_to(LAST_CALL)
    seen = set()
    for _ in range(29):
        home.run(60)
        seen.add((home.world.lamp_shows, home.world.buzzer_sounds, overdue(home)))
    for _ in range(90):
        home.run(1)
        assert not overdue(home)

    assert {(codes.WARN, codes.WARN, False)} == seen
    assert [("missed", "not-asked-for")] == how(home, BOTH[0]) == how(home, BOTH[1])
    assert home.controller is not None
    records = list(home.controller.journal.all())
    closed = [i for i, r in enumerate(records) if r.kind == "DoseClosed"]
    assert 2 == len(closed)
    for i in closed:
        told = [r for r in records[i + 1 : i + 3] if r.kind == "AlertRaised"]
        assert [("dose-missed", records[i].at_ms)] == [(r.body["code"], r.at_ms) for r in told]
    assert 2 == len(home.events(ev.DoseWarned))


def test_a_round_of_two_taken_at_its_last_call_sounds_no_alarm(tmp_path: Path) -> None:
    """Pressed past both warnings: while the first falls and the second waits nothing alarms."""
    home = at_home(tmp_path, ALONE)
    home.run_to("2026-11-23T07:45:00+00:00")
    home.world.press()
    seen = set()
    for _ in range(150):
        home.house.run(home.world.now_ms + 100)
        seen.add(home.world.buzzer_sounds)
    home.world.take_cup()
    home.run(5)
    home.world.return_cup()
    home.run(3)

    assert codes.ALARM not in seen
    assert [("taken", "retrieved")] == how(home, BOTH[0]) == how(home, BOTH[1])


def test_r19_a_controller_that_dies_in_the_midst_of_the_call_is_heard(tmp_path: Path) -> None:
    """It called for both and hangs before the last call: the board sounds its alarm by itself."""
    home = at_home(tmp_path, ALONE)
    home.run_to("2026-11-23T07:20:00+00:00")
    home.house.controller = None
    home.run(12 * 60)

    assert codes.ALARM == home.world.buzzer_sounds
    assert overdue(home)
