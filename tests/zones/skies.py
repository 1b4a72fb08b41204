"""What the wall clocks of the world do: every zone, every change of its offset, and the inverse.

Responsible for: the offsets of a zone over some years, taken from UTC to local time only, so
that the way back (which is what schedules/ computes) is found here by search and not by
the same rule. Zones that do the same share one `Sky`. Not responsible for doses.
"""

from __future__ import annotations

import zoneinfo
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from schedules.localtime import offset_s, zone_of

DAY_S = 86_400
_EPOCH = date(1970, 1, 1).toordinal()


@dataclass(frozen=True)
class Change:
    """From `at_s` (Unix s) on the wall clock is `after_s` ahead of UTC, until then `before_s`."""

    at_s: int
    before_s: int
    after_s: int

    @property
    def gap_s(self) -> int:
        """Seconds of wall time that do not exist; negative: that exist twice."""
        return self.after_s - self.before_s

    @property
    def on_date(self) -> date:
        """The local date on which it happens, by the clock before it."""
        return date_of(self.at_s + self.before_s)


@dataclass(frozen=True)
class Sky:
    """All zones whose wall clocks do the same over the years looked at."""

    names: tuple[str, ...]
    first_s: int  # offset at the start
    changes: tuple[Change, ...]

    def offset(self, at_s: int) -> int:
        """Seconds ahead of UTC at an instant."""
        found = self.first_s
        for change in self.changes:
            if change.at_s > at_s:
                break
            found = change.after_s
        return found

    def instant(self, day: date, minute: int) -> int:
        """The one instant at which a dose of this wall time is due.

        Searched for: the first instant at which the wall clock shows it; where it never does,
        the gap that swallowed it is added, so the clock before the gap counts on.
        """
        wall_s = wall(day, minute)
        near = [c for c in self.changes if abs(c.at_s - wall_s) <= 3 * DAY_S]
        offsets = {self.offset(wall_s - 3 * DAY_S)} | {c.after_s for c in near}
        shown = [wall_s - o for o in offsets if self.offset(wall_s - o) == o]
        if shown:
            return min(shown)
        (gap,) = [c for c in near if c.at_s + c.before_s <= wall_s < c.at_s + c.after_s]
        return wall_s - gap.before_s

    def has_day(self, day: date) -> bool:
        """Whether the wall clock ever shows this date."""
        return any(self.kind(day, minute) != "never" for minute in range(0, 1440, 15))

    def kind(self, day: date, minute: int) -> str:
        """Whether a wall time exists "once", "twice" or "never"."""
        wall_s = wall(day, minute)
        for change in self.changes:
            low, high = sorted((change.at_s + change.before_s, change.at_s + change.after_s))
            if low <= wall_s < high:
                return "never" if change.gap_s > 0 else "twice"
        return "once"


def wall(day: date, minute: int) -> int:
    """Seconds from 1970-01-01T00:00 on one and the same wall clock."""
    return (day.toordinal() - _EPOCH) * DAY_S + minute * 60


def date_of(wall_s: int) -> date:
    """The date of such seconds."""
    return date.fromordinal(_EPOCH + wall_s // DAY_S)


def year_s(year: int) -> int:
    """Unix seconds of the beginning of a year, UTC."""
    return int(datetime(year, 1, 1, tzinfo=UTC).timestamp())


def zone_names() -> list[str]:
    """Every zone of the installed time-zone package, whatever this machine has of its own."""
    before = zoneinfo.TZPATH
    zoneinfo.reset_tzpath(())
    try:
        return sorted(zoneinfo.available_timezones())
    finally:
        zoneinfo.reset_tzpath(before)


def changes_of(name: str, from_s: int, to_s: int) -> tuple[int, tuple[Change, ...]]:
    """Offset at the start, and every change: a look each day, then halving to the second."""
    zone = zone_of(name)
    assert zone is not None, name
    first = last = offset_s(zone, from_s)
    found: list[Change] = []
    for low in range(from_s, to_s, DAY_S):
        high = min(low + DAY_S, to_s)
        now = offset_s(zone, high)
        if now == last:
            continue
        while high - low > 1:
            middle = (low + high) // 2
            low, high = (middle, high) if offset_s(zone, middle) == last else (low, middle)
        found.append(Change(high, last, now))
        last = now
    return first, tuple(found)


def skies(names: Iterable[str], from_year: int, to_year: int) -> list[Sky]:
    """The zones, those that do the same put together; both years included."""
    from_s, to_s = year_s(from_year), year_s(to_year + 1)
    same: dict[tuple[int, tuple[Change, ...]], list[str]] = defaultdict(list)
    for name in names:
        same[changes_of(name, from_s, to_s)].append(name)
    return [Sky(tuple(found), *key) for key, found in same.items()]


def days_around(sky: Sky, middle: date, days: int) -> list[date]:
    """So many dates before and after one, without those that the zone leaves out."""
    near = [middle + timedelta(days=n) for n in range(-days, days + 1)]
    return [day for day in near if sky.has_day(day)]
