"""The nights on which clocks change: one dose per date and time of day, in every zone."""

from __future__ import annotations

from datetime import UTC, date, datetime
from importlib.metadata import version

import pytest

from schedules.doses import doses
from schedules.localtime import tzdata_version, zone_of
from tests.zones.courses import courses, daily, once_a_day, plan
from tests.zones.skies import DAY_S, Sky, skies, year_s, zone_names
from tests.zones.sweep import Tally, naive, sweep
from tests.zones.travel import PLACES, run

DATE_LINE = {  # zones that once left a date out, and when
    "Pacific/Kwajalein": (1993, date(1993, 8, 21)),
    "Pacific/Kiritimati": (1994, date(1994, 12, 31)),
    "Pacific/Apia": (2011, date(2011, 12, 30)),
    "Pacific/Fakaofo": (2011, date(2011, 12, 30)),
}
NIGHTS = [  # zone, date, time of day, the UTC instant of its dose: worked out by hand
    ("Europe/Berlin", "2026-03-29", "01:45", "2026-03-29T00:45"),
    ("Europe/Berlin", "2026-03-29", "02:30", "2026-03-29T01:30"),  # never: shown as 03:30
    ("Europe/Berlin", "2026-03-29", "03:00", "2026-03-29T01:00"),
    ("Europe/Berlin", "2026-10-25", "02:30", "2026-10-25T00:30"),  # twice: the first
    ("Europe/Berlin", "2026-10-25", "03:00", "2026-10-25T02:00"),
    ("Australia/Lord_Howe", "2026-10-04", "02:15", "2026-10-03T15:45"),  # half an hour
    ("Australia/Lord_Howe", "2026-04-05", "01:45", "2026-04-04T14:45"),
    ("Antarctica/Troll", "2026-03-29", "01:30", "2026-03-29T01:30"),  # two hours
    ("Pacific/Chatham", "2026-09-27", "03:00", "2026-09-26T14:15"),
    ("America/Havana", "2026-03-08", "00:15", "2026-03-08T05:15"),  # at midnight
    ("America/Santiago", "2026-09-06", "00:30", "2026-09-06T04:30"),
    ("Africa/Casablanca", "2026-02-15", "02:30", "2026-02-15T01:30"),  # back for Ramadan
    ("Asia/Kathmandu", "2026-03-29", "02:30", "2026-03-28T20:45"),
]


def _told(tally: Tally) -> str:
    return "\n".join(tally.words)


@pytest.mark.hazard("H05")
@pytest.mark.parametrize(("from_year", "to_year"), [(2024, 2030), (2031, 2037)])
def test_every_change_of_every_zone_at_every_quarter_hour(from_year: int, to_year: int) -> None:
    """One dose per civil date and slot, one id, at the first instant the clock shows it."""
    tally = sweep(from_year, to_year, kinds=once_a_day)
    print(f"{tally.zones} zones, {tally.transitions} transitions, {tally.doses} doses")

    assert 0 == tally.wrong, _told(tally)
    assert (len(zone_names()), 7 * 96 * 100) <= (tally.zones, tally.doses)


def test_every_kind_of_course_through_a_year_of_every_zone() -> None:
    """Up to four a day, steps that change that night, intervals: nothing repeated, nothing lost."""
    tally = sweep(2026, 2026, kinds=courses)

    assert 0 == tally.wrong, _told(tally)
    assert {1, 2, 3, 4} == set(tally.shortest_s)


def test_the_sweep_sees_a_naive_expansion() -> None:
    """Wall time plus a fixed offset is wrong in every zone that changes."""
    names = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca"]

    assert [True] * 4 == [
        sweep(2026, 2026, names=[one], kinds=once_a_day, expand=naive).wrong > 100 for one in names
    ]


@pytest.mark.parametrize(("zone", "day", "at", "due"), NIGHTS)
def test_a_night_worked_out_by_hand(zone: str, day: str, at: str, due: str) -> None:
    """The instants a person gets with a table of offsets."""
    on_date = date.fromisoformat(day)
    quarter = int(at[:2]) * 4 + int(at[3:]) // 15
    asked = [daily(quarter, 1, from_on=date(2026, 1, 1))]
    whole = plan(zone, asked, year_s(2026), year_s(2027))
    found = [d for d in doses(whole, year_s(2026), year_s(2027)) if d.on_date == on_date]

    assert [due] == [datetime.fromtimestamp(d.due_at, UTC).isoformat()[:16] for d in found]


@pytest.mark.hazard("H05")
@pytest.mark.parametrize("zone", DATE_LINE)
def test_a_date_that_a_zone_left_out_has_no_dose(zone: str) -> None:
    """Across the date line: no date that never was, no dose twice, a day of elapsed time between.

    Nothing like it is announced for the years to come; the past shows that it happens.
    """
    year, absent = DATE_LINE[zone]
    tally = sweep(year, year, names=[zone], kinds=courses)
    whole = plan(zone, once_a_day(absent), year_s(year), year_s(year + 2))
    near = doses(whole, year_s(year), year_s(year + 2))

    assert 0 == tally.wrong, _told(tally)
    of_the_day = {n: [d for d in near if (d.on_date - absent).days == n] for n in (-1, 0, 1)}
    assert {-1: 96, 0: 0, 1: 96} == {n: len(found) for n, found in of_the_day.items()}
    assert {86_400} == {
        b.due_at - a.due_at for a, b in zip(of_the_day[-1], of_the_day[1], strict=True)
    }


def test_the_zones_are_those_of_the_pinned_package() -> None:
    """All of them load from the package, which says its version, whatever the machine has."""
    assert version("tzdata") == tzdata_version()
    assert [] == [name for name in zone_names() if zone_of(name) is None]
    assert 590 < len(zone_names())


def test_the_search_for_changes_finds_the_known_ones() -> None:
    """Two a year in Berlin, none in Tokyo, Ramadan in Casablanca."""
    found: dict[str, Sky] = {
        name: skies([name], 2025, 2025)[0]
        for name in ("Europe/Berlin", "Asia/Tokyo", "Africa/Casablanca")
    }

    assert [2, 0, 2] == [len(one.changes) for one in found.values()]
    assert 1743296400 == found["Europe/Berlin"].changes[0].at_s  # 2025-03-30T01:00Z


@pytest.mark.hazard("H05")
def test_a_traveller_gets_every_plan_day_once_or_is_asked() -> None:
    """From any of nine places to any other, at every hour, across the date line: R7, I20."""
    tally, wrong = run(year_s(2026) + 100 * DAY_S, (0, 32, 80), 3600)

    assert [] == wrong
    assert 3 * 24 * len(PLACES) * (len(PLACES) - 1) == tally["trips"]
    assert 0 < tally["gap-too-long"] < tally["trips"]
