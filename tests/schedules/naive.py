"""When something falls due, found the stupid way: by looking at every minute.

Responsible for: a second opinion on schedules/cadence.py that shares zone data, no more. It walks
through UTC minutes, asks only what the wall clock shows, and knows nothing of folds, gaps,
phases or closed forms. Not responsible for being quick, or for refusals: what it is given has
one reading.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from schedules.localtime import zone_of

MINUTE = timedelta(minutes=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SITE = {1: ["08:00"], 2: ["08:00", "20:00"], 3: ["08:00", "14:00", "20:00"],
        4: ["08:00", "12:00", "16:00", "20:00"]}  # fmt: skip
WORDS = {"WAKE": "07:00", "CM": "08:00", "CD": "12:30", "CV": "18:30", "HS": "22:00",
         "MORN": "08:00", "NOON": "12:00", "EVE": "18:00", "ACM": "07:30", "PCV": "19:00",
         "MORN.late": "10:00"}  # fmt: skip


def due(repeat: dict[str, Any], zone: str, start: datetime, days: int) -> list[str]:
    """ISO instants with offset of every occasion in `days` from the local time `start`."""
    tz = zone_of(zone)
    assert tz is not None
    begin = _first_minute(tz, start)
    over = _first_minute(tz, start + timedelta(days=days))
    end = over
    if "boundsDuration" in repeat:
        end = min(end, _first_minute(tz, start + _calendar(repeat["boundsDuration"])))
    found: list[datetime] = []
    for at in _occasions(repeat, tz, start, begin, over):
        if len(found) == repeat.get("count", 1 << 30):
            break
        if begin <= at < end:
            found.append(at)
    return [at.astimezone(tz).isoformat() for at in found]


def instant_of(zone: str, wall: datetime) -> datetime:
    """The first minute that shows this wall time."""
    tz = zone_of(zone)
    assert tz is not None
    return _first_minute(tz, wall)


def _occasions(
    repeat: dict[str, Any], tz: ZoneInfo, start: datetime, begin: datetime, over: datetime
) -> Iterator[datetime]:
    if repeat.get("periodUnit") == "h":
        step = timedelta(hours=repeat["period"]) / repeat.get("frequency", 1)
        at = begin
        while at < over:
            yield at
            at += step
        return
    times = repeat.get("timeOfDay") or [WORDS[w] for w in repeat.get("when", [])]
    times = times or SITE[repeat.get("frequency", 1) if repeat.get("period", 1) == 1 else 1]
    minutes = sorted({int(t[:2]) * 60 + int(t[3:5]) for t in times})
    day = start.date()
    while day <= over.astimezone(tz).date():
        if _holds(repeat, start.date(), day):
            yield from sorted(_at_wall(tz, day, minute) for minute in minutes)
        day += timedelta(days=1)


def _holds(repeat: dict[str, Any], first: date, day: date) -> bool:
    every, unit = repeat.get("period", 1), repeat.get("periodUnit", "d")
    if "dayOfWeek" in repeat:
        if NAMES[day.weekday()] not in repeat["dayOfWeek"]:
            return False
        if unit != "wk" or every == 1:
            return True
        monday = first
        while monday.weekday():
            monday -= timedelta(days=1)
        weeks = 0
        while monday + timedelta(days=7) <= day:
            monday += timedelta(days=7)
            weeks += 1
        return weeks % int(every) == 0
    if unit == "mo":
        return _is_month(first, day, int(every))
    step = int(every) * (7 if unit == "wk" else 1)
    turn = first
    while turn < day:
        turn += timedelta(days=step)
    return turn == day


def _is_month(first: date, day: date, every: int) -> bool:
    """Month after month of the calendar, as somebody would turn its leaves."""
    year, month = first.year, first.month
    while (year, month) < (day.year, day.month):
        for _ in range(every):
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    if (year, month) != (day.year, day.month):
        return False
    tomorrow = day + timedelta(days=1)
    return day.day == first.day or (first.day > day.day and tomorrow.month != day.month)


def _calendar(length: dict[str, Any]) -> timedelta:
    return timedelta(days=length["value"] * {"d": 1, "wk": 7}[length["code"]])


def _first_minute(tz: ZoneInfo, wall: datetime) -> datetime:
    return _at_wall(tz, wall.date(), wall.hour * 60 + wall.minute)


@lru_cache(maxsize=64)
def _minutes(tz: ZoneInfo, day: date) -> list[tuple[datetime, datetime]]:
    """(UTC, what the wall clock shows) of every minute that may belong to a date."""
    at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=15)
    found = []
    for _ in range(54 * 60):
        found.append((at, at.astimezone(tz).replace(tzinfo=None)))
        at += MINUTE
    return found


@lru_cache(maxsize=65536)
def _at_wall(tz: ZoneInfo, day: date, minute: int) -> datetime:
    """The first minute that shows this wall time; one that is left out comes a gap later."""
    wanted = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    shown = _minutes(tz, day)
    for at, wall in shown:
        if wall == wanted:
            return at
    for (_, before), (_, after) in pairwise(shown):
        if before < wanted < after:
            gap = after - before - MINUTE
            return next(at for at, wall in shown if wall == wanted + gap)
    raise AssertionError(f"{wanted} is nowhere in {tz}")
