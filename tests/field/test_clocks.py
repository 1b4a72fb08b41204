"""Clocks that change: a dose twice, not at all, or written down wrongly."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.controller.home import Home
from tests.field.people import PILL, attend, falls


@pytest.mark.parametrize(
    ("start", "due", "again"),
    [  # Berlin: half past two is missing on the one night and comes twice on the other
        ("2027-03-28T00:00+00:00", "2027-03-28T01:30+00:00", "2027-03-28T00:31+00:00"),
        ("2027-10-30T23:30+00:00", "2027-10-31T00:30+00:00", "2027-10-31T01:31+00:00"),
    ],
)
def test_field_a_night_of_change_gives_a_dose_once(
    tmp_path: Path, start: str, due: str, again: str
) -> None:
    """FDA notice, March 2007: a change of daylight saving may give twice, not at all, or lie.

    A pill at half past two, and a patient who answers each call and also presses when another
    clock in the room says half past two: one call, one release, one dose taken.
    """
    home = Home(tmp_path, start, plan=PILL.replace("at: [08:00]", "at: [02:30]"))
    home.install()
    for until in sorted((again, f"{due[:11]}02:40+00:00")):
        attend(home, until)
        home.world.press()
        home.run(15)
    doses = [d for d in home.doses.values() if not d.is_open]

    assert [datetime.fromisoformat(due).timestamp()] == [d.due_at for d in doses], home.show()
    assert [("amlodipine-5", "taken", "retrieved")] == home.outcomes()
    assert 1 == len(falls(home.world))


def test_field_a_zone_that_the_computer_believes_in_moves_no_dose(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The same notice: a computer that is set to another zone.

    With the process's own zone in Kolkata the dose of eight o'clock in Berlin is still due, called
    and taken at seven UTC.
    """
    monkeypatch.setenv("TZ", "Asia/Kolkata")
    time.tzset()
    try:
        home = Home(tmp_path, "2026-11-23T06:20:00+00:00", plan=PILL)
        home.install()
        attend(home, "2026-11-23T07:15:00+00:00")
    finally:
        monkeypatch.undo()
        time.tzset()
    due = {datetime.fromtimestamp(d.due_at, UTC) for d in home.doses.values()}

    assert {datetime(2026, 11, 23, 7, 0, tzinfo=UTC)} == due
    assert [("amlodipine-5", "taken", "retrieved")] == home.outcomes()
