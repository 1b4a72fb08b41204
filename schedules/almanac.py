"""The days of a zone by number: on which of them its clock runs evenly, and how far ahead of UTC.

Responsible for: one table per zone, filled year by year as it is asked for, so that a local time
on an ordinary day becomes UTC by one subtraction. Not responsible for the days around a change of
the clock: those go one by one through localtime.py, the only file that knows what a zone does.
A day is its number since 1 January 1970; instants are Unix seconds.
"""

from datetime import date
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.localtime import has_day, instant, local, offset_s
from schedules.model import DAY_S

EPOCH = date(1970, 1, 1).toordinal()
FIRST_DAY = date(1900, 1, 1).toordinal() - EPOCH
LAST_DAY = date(2200, 1, 1).toordinal() - EPOCH  # beyond: every day goes one by one
MOST_UNEVEN = 4096  # instants of uneven days that are kept
BEFORE, AFTER = 2, 3  # midnights in UTC around a day that must show one offset

Run = tuple[int, int, int | None]  # first day, day after the last, offset (None: uneven)


def number(on_date: date) -> int:
    """The number of a date."""
    return on_date.toordinal() - EPOCH


def date_of(day: int) -> date:
    """The date of a number."""
    return date.fromordinal(day + EPOCH)


class Almanac:
    """The even days of one zone."""

    def __init__(self, zone: ZoneInfo) -> None:
        self.zone = zone
        self._offsets: dict[int, int | None] = {}
        self._uneven: dict[tuple[int, int], int | None] = {}  # (day, minute): instant
        self._runs: dict[int, list[Run]] = {}  # by year

    def offset(self, day: int) -> int | None:
        """Seconds ahead of UTC on this local day and its two neighbours, None: uneven."""
        try:
            return self._offsets[day]
        except KeyError:
            if not FIRST_DAY <= day < LAST_DAY:
                return None
            self._fill(date_of(day).year)
            return self._offsets[day]

    def due(self, day: int, minute: int) -> int | None:
        """The instant of a wall time of a plan day; None where the zone leaves the day out."""
        offset = self.offset(day)
        if offset is not None and -1440 <= minute < 2880:
            return day * DAY_S + minute * 60 - offset
        try:
            return self._uneven[day, minute]
        except KeyError:
            on_date = date_of(day)
            due = instant(self.zone, on_date, minute) if has_day(self.zone, on_date) else None
            if len(self._uneven) >= MOST_UNEVEN:
                self._uneven.clear()
            self._uneven[day, minute] = due
            return due

    def date_at(self, at_s: int) -> date:
        """The date on the wall at an instant."""
        offset = self.offset(at_s // DAY_S)
        if offset is None:
            return local(self.zone, at_s).date()
        return date_of((at_s + offset) // DAY_S)

    def runs(self, first: int, after: int) -> list[Run]:
        """[first, after) cut into stretches of even days with one offset, and uneven ones."""
        found: list[Run] = []
        for year in range(date_of(first).year, date_of(max(first, after - 1)).year + 1):
            if year not in self._runs:
                self._fill(year)
            for lo, hi, offset in self._runs[year]:
                if lo < after and hi > first:
                    found.append((max(lo, first), min(hi, after), offset))
        return found

    def _fill(self, year: int) -> None:
        first, after = number(date(year, 1, 1)), number(date(year + 1, 1, 1))
        shown = [
            offset_s(self.zone, day * DAY_S) for day in range(first - BEFORE, after + AFTER + 1)
        ]
        runs: list[Run] = []
        begun = first
        for day in range(first, after):
            at = day - first
            near = shown[at : at + BEFORE + AFTER + 1]
            offset = near[0] if min(near) == max(near) else None
            self._offsets[day] = offset
            if day > first and offset != self._offsets[day - 1]:
                runs.append((begun, day, self._offsets[day - 1]))
                begun = day
        runs.append((begun, after, self._offsets[after - 1]))
        self._runs[year] = runs


@lru_cache(maxsize=64)
def almanac_of(zone: ZoneInfo) -> Almanac:
    """The one table of a zone, for as long as its data are those that were read."""
    return Almanac(zone)
