"""Changes of the wall clock that a whole home lives through: the date line, the worst nights."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from importlib import resources
from pathlib import Path
from typing import Any

import pytest

from controller import agenda
from schedules import doses, localtime
from tests.zones.lives import STEADY, Course, Days, tzif
from tests.zones.skies import DAY_S, Change, changes_of, year_s

CALENDAR_S = 28 * 1461 // 4 * DAY_S  # after so long a calendar repeats: date, month and weekday
SOME = [  # close to midnight, when a date begins that never was or was before
    Course("early", ("00:30",)),
    Course("late", ("23:45",)),
    Course("twice", ("08:15", "20:15")),
    Course(STEADY),
]
AROUND = (-30, 0, 30, 60, 90, 135)  # minutes from the wall time at which the clock changes
LINES = [  # zone, year, calendars later, the date, hours that never were (or were twice)
    pytest.param("Pacific/Apia", 2011, 1, date(2039, 12, 30), 24, id="Apia, a date left out"),
    pytest.param("Pacific/Kwajalein", 1993, 1, date(2021, 8, 21), 24, id="Kwajalein, left out"),
    pytest.param("Pacific/Kwajalein", 1969, 2, date(2025, 9, 30), -23, id="Kwajalein, twice"),
]

WORST = {  # what is special, and where; both changes of 2025
    "two hours": "Antarctica/Troll",
    "half an hour": "Australia/Lord_Howe",
    "quarter to three": "Pacific/Chatham",
    "midnight, forward": "America/Havana",
    "midnight, back into the day before": "America/Santiago",
    "the evening before": "America/Nuuk",
    "Ramadan": "Africa/Casablanca",
}


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str, Change], str]:
    """Puts a zone that knows one change into the time-zone data; its name.

    The board counts seconds since 2020, and no such change is announced for the years to come:
    the real one is moved by whole calendars, so that dates and weekdays are what they were.
    """
    real = resources.files

    class Data:
        """The package's files, and one more."""

        def joinpath(self, *parts: str) -> Any:
            own = tmp_path.joinpath(*parts)
            return own if own.exists() else real("tzdata").joinpath(*parts)

    def put(name: str, change: Change) -> str:
        path = tmp_path / "zoneinfo" / "Line" / name
        path.parent.mkdir(parents=True)
        path.write_bytes(tzif(change))
        monkeypatch.setattr(localtime, "files", lambda _: Data())
        return f"Line/{name}"

    return put


def _moved(zone: str, year: int, calendars: int) -> Change:
    """The one great change of that year, so many calendars later."""
    _, found = changes_of(zone, year_s(year), year_s(year + 1) + DAY_S)
    (great,) = [one for one in found if abs(one.gap_s) > DAY_S // 2]
    return Change(great.at_s + calendars * CALENDAR_S, great.before_s, great.after_s)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("awake", [True, False], ids=["taken", "nobody comes"])
@pytest.mark.parametrize(("zone", "year", "calendars", "day", "hours"), LINES)
def test_a_home_crosses_the_date_line(
    tmp_path: Path,
    line: Callable[[str, Change], str],
    zone: str,
    year: int,
    calendars: int,
    day: date,
    hours: int,
    awake: bool,
) -> None:
    """One dose for a civil date and time of day, gaps kept, each taken or told of, none besides.

    A date that is left out has none, one that comes twice has its doses the first time.
    """
    change = _moved(zone, year, calendars)
    name = line(f"{zone[8:12]}-{year}-{awake}", change)
    days = Days(tmp_path, name, change, SOME, awake=awake)
    days.play(dies_s=change.at_s - 150 if awake else 0)

    assert [] == days.wrong(), days.home.show()
    of_the_day = [row for row in days.due() if row[2] == day and row[1] != STEADY]
    assert hours * 3600 == change.gap_s
    assert (0 if hours > 0 else 4) == len(of_the_day)
    assert 20 < len(days.due())
    assert 0 < days.loads


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("zone", "year", "calendars", "day", "hours"), LINES)
def test_a_date_line_that_becomes_known_later_moves_no_signed_dose(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    line: Callable[[str, Change], str],
    zone: str,
    year: int,
    calendars: int,
    day: date,
    hours: int,
) -> None:
    """New time-zone data come with a restart, the day before: somebody hears, the rows stay."""
    change = _moved(zone, year, calendars)
    far = Change(change.at_s + CALENDAR_S // 4, change.before_s, change.after_s)
    name = line(f"{zone[8:12]}-{year}-later", far)
    days = Days(tmp_path, name, change, SOME, known=False)

    def news() -> None:
        """The data of the day, and a process that has read no others."""
        tmp_path.joinpath("zoneinfo", *name.split("/")).write_bytes(tzif(change))
        monkeypatch.setattr("controller.plans.tzdata_version", lambda: "newer")
        for module in (localtime, doses, agenda):
            for kept in vars(module).values():
                if hasattr(kept, "cache_clear"):
                    kept.cache_clear()

    days.play(change.at_s - DAY_S, news)

    assert [] == days.wrong(), days.home.show()
    assert "plan-shifted" in days.home.alerts()
    zone_now = localtime.zone_of(name)
    assert zone_now is not None
    assert change.after_s == localtime.offset_s(zone_now, change.at_s)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("which", [0, 1], ids=["first", "second"])
@pytest.mark.parametrize("zone", WORST.values(), ids=WORST)
def test_a_home_lives_through_the_worst_nights(tmp_path: Path, zone: str, which: int) -> None:
    """Six times of day around the change, one of each date: each falls once, at its instant."""
    _, found = changes_of(zone, year_s(2025), year_s(2026))
    change = found[which]
    middle = (change.at_s + change.before_s) % DAY_S // 60
    times = [(middle + more) % 1440 for more in AROUND]
    courses = [Course(f"at{n}", (f"{t // 60:02d}:{t % 60:02d}",)) for n, t in enumerate(times)]
    days = Days(tmp_path, zone, change, [*courses, Course(STEADY)], before=1, after=1)
    days.play(dies_s=change.at_s - 150)

    assert [] == days.wrong(), days.home.show()
    assert 2 == len(found)
    assert 2 * len(AROUND) <= len(days.due())
