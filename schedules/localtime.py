"""Local wall time to UTC and back: the only file that knows a time zone.

Responsible for: the one conversion of a local time (a time that does not exist moves
forward by the gap; a time that occurs twice is the first), dates that a zone leaves
out, calendar spans, and the identity of the time-zone data. Not responsible for which
times a plan means.
"""

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from importlib.resources import files
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from schedules.model import Span

_ZONE_NAME = re.compile(r"[A-Za-z0-9_+-]+(/[A-Za-z0-9_+-]+){0,2}")


@lru_cache(maxsize=64)
def zone_of(name: str) -> ZoneInfo | None:
    """The zone of an IANA name from the pinned tzdata package, None where there is none."""
    if not _ZONE_NAME.fullmatch(name):
        return None
    try:
        with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
            return ZoneInfo.from_file(data, key=name)
    except ModuleNotFoundError:
        pass  # without the package: the system's data, and tzdata_version() says so
    except (ValueError, OSError):
        return None
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def instant(zone: ZoneInfo, on_date: date, minute: int, fold: int = 0) -> int:
    """Unix seconds of a wall time; `minute` may leave the day on either side.

    `fold` 1: the second pass of an hour that is repeated, where an offset has said so.
    """
    day = on_date + timedelta(days=minute // 1440)
    minute %= 1440
    # fold=0 reads a repeated hour as its first pass, and a missing one with the old
    # offset, which is exactly "moved forward by the gap".
    local = datetime.combine(day, time(minute // 60, minute % 60, fold=fold), tzinfo=zone)
    return int(local.timestamp())


@lru_cache(maxsize=4096)
def has_day(zone: ZoneInfo, on_date: date) -> bool:
    """Whether a date exists there: a zone that crosses the date line leaves one out."""
    ends = (instant(zone, on_date, 0), instant(zone, on_date, 1439))
    return any(local(zone, at_s).date() == on_date for at_s in ends)


def local(zone: ZoneInfo, at_s: int) -> datetime:
    """The wall clock at an instant."""
    return datetime.fromtimestamp(at_s, UTC).astimezone(zone)


def offset_s(zone: ZoneInfo, at_s: int) -> int:
    """Seconds the wall clock is ahead of UTC at an instant."""
    offset = local(zone, at_s).utcoffset()
    assert offset is not None
    return int(offset.total_seconds())


def add_span(on_date: date, span: Span, times: int = 1) -> date:
    """The date `times` spans later; months clamp to month end from the anchor."""
    count = span.count * times
    if span.unit == "d":
        return on_date + timedelta(days=count)
    if span.unit == "wk":
        return on_date + timedelta(days=7 * count)
    month = on_date.year * 12 + on_date.month - 1 + count
    year, month = month // 12, month % 12 + 1
    return date(year, month, min(on_date.day, monthrange(year, month)[1]))


def weeks_from(start_on: date, day: date) -> int:
    """Weeks from the week of one date to that of another, each counted from its Monday."""
    monday = day - timedelta(days=day.weekday())
    return (monday - start_on + timedelta(days=start_on.weekday())).days // 7


def tzdata_version() -> str:
    """Which time-zone data this process computes with."""
    try:
        return version("tzdata")
    except PackageNotFoundError:
        return "system"
