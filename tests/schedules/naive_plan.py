"""When the doses of a plan file fall due, found the stupid way: leaf by leaf, day by day.

Responsible for: a second opinion on schedules/doses.py. It reads the document of a plan as a person
would, turns the leaves of a calendar from the start of each regimen, and looks for every wall time
among what the clock shows. It shares nothing with the code under test: no reader, no rule of days,
no conversion of times. Not responsible for refusals or for being quick.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from importlib.resources import files
from typing import Any
from zoneinfo import ZoneInfo

DAY = timedelta(days=1)
NAMES = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
SITE = {
    "wake": "07:00", "breakfast": "08:00", "lunch": "12:30", "dinner": "18:30", "bed": "22:00",
    "early-morning": "07:00", "morning": "08:00", "late-morning": "10:00", "noon": "12:00",
    "early-afternoon": "13:00", "afternoon": "15:00", "late-afternoon": "17:00",
    "early-evening": "17:00", "evening": "18:00", "late-evening": "20:00", "night": "22:00",
}  # fmt: skip
Doc = dict[str, Any]
Row = tuple[int, str, str, str]  # due (Unix s), regimen, dose as written, plan day and occasion
Moment = tuple[datetime, date, int]  # instant, local date, minute of day


@lru_cache(maxsize=700)
def zone_of(name: str) -> ZoneInfo:
    """The zone, read here once more."""
    with files("tzdata").joinpath("zoneinfo", *name.split("/")).open("rb") as data:
        return ZoneInfo.from_file(data, key=name)


@lru_cache(maxsize=100_000)
def shown(zone: ZoneInfo, day: date) -> tuple[timedelta, ...]:
    """The offsets that the clock shows within a day and a half around a date, in order."""
    found: list[timedelta] = []
    for hour in range(-30, 55):
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) + timedelta(hours=hour)
        offset = at.astimezone(zone).utcoffset()
        assert offset is not None
        if not found or found[-1] != offset:
            found.append(offset)
    return tuple(found)


@lru_cache(maxsize=200_000)
def at_wall(zone: ZoneInfo, day: date, minute: int) -> datetime:
    """The first instant at which the clock shows this; what it leaves out comes a gap later."""
    wall = datetime(day.year, day.month, day.day) + timedelta(minutes=minute)
    offsets = shown(zone, wall.date())
    found = []
    for offset in offsets:
        at = (wall - offset).replace(tzinfo=UTC)
        if at.astimezone(zone).replace(tzinfo=None) == wall:
            found.append(at)
    if found:
        return min(found)
    before = min(offsets)  # the clock before the gap, which counts on
    return (wall - before).replace(tzinfo=UTC)


def rows(document: Doc) -> list[Row]:
    """Every dose of a plan, by time and regimen."""
    zone = zone_of(document["zone"])
    begin = at_wall(zone, date.fromisoformat(document["valid_from"]), 0)
    over = at_wall(zone, date.fromisoformat(document["valid_until"]) + DAY, 0)
    found = []
    for one in document["regimens"]:
        for at, take, what in _Regimen(document, one, zone, over).doses():
            if begin <= at < over:
                found.append((int(at.timestamp()), one["id"], take["dose"], what))
    return sorted(found)


class _Regimen:
    """One regimen, lived through from its first day."""

    def __init__(self, document: Doc, one: Doc, zone: ZoneInfo, over: datetime) -> None:
        self.one, self.zone, self.over = one, zone, over
        self.begin = at_wall(zone, date.fromisoformat(document["valid_from"]), 0)
        self.clock = SITE | document.get("clock", {})
        self.words = one.get("occasions", {})

    def doses(self) -> list[tuple[datetime, Doc, str]]:
        """Cycle after cycle, or the steps once."""
        if "steps" not in self.one:
            return []
        day, _, at = self.one["start"].partition("T")
        start, minute = date.fromisoformat(day), _minute(at or "00:00")
        repeat = self.one.get("repeat_every")
        if repeat is None:
            return self._steps(self._moment(start, minute), datetime.max.replace(tzinfo=UTC))
        found: list[tuple[datetime, Doc, str]] = []
        number = 0
        while True:
            first = self._moment(_turned(start, repeat, number), minute)
            if first[0] >= self.over:
                return found
            number += 1
            limit = self._moment(_turned(start, repeat, number), minute)[0]
            if limit > self.begin:
                found += self._steps(first, limit)

    def _steps(self, begin: Moment, limit: datetime) -> list[tuple[datetime, Doc, str]]:
        found: list[tuple[datetime, Doc, str]] = []
        for step in self.one["steps"]:
            if begin[0] >= min(limit, self.over):
                break
            taken, begin = self._step(step, begin, limit)
            found += taken
        return found

    def _step(
        self, step: Doc, begin: Moment, limit: datetime
    ) -> tuple[list[tuple[datetime, Doc, str]], Moment]:
        """The doses of a step, and where the next one begins."""
        end = self._bound(step, begin)
        singles = bool(step["take"]) and all("on" in take for take in step["take"])
        stop = limit if singles else min(limit, self.over)
        stop = stop if end is None else min(stop, end[0])
        taken = sorted(self._taken(step, begin, stop), key=lambda row: row[0])
        count = int(step.get("doses", "0"))
        if singles and not count:
            count = sum(len(take["on"]) for take in step["take"])
        if count and (len(taken) >= count or (singles and taken)):
            taken = taken[:count]
            last, take, what = taken[-1]
            if "every" in take:
                return taken, self._shown(last + _elapsed(take["every"]))
            return taken, self._moment(date.fromisoformat(what[:10]) + DAY, 0)
        if singles:
            return [], begin
        return taken, end or (datetime.max.replace(tzinfo=UTC), date.max, 0)

    def _bound(self, step: Doc, begin: Moment) -> Moment | None:
        """Where a step ends by the calendar or the hours."""
        at, day, minute = begin
        if "for" in step:
            if step["for"].endswith(("h", "min")):
                return self._shown(at + _elapsed(step["for"]))
            return self._moment(_turned(day, step["for"], 1), minute)
        if "until" in step:
            last, _, clock = step["until"].partition("T")
            if clock:
                end = at_wall(self.zone, date.fromisoformat(last), _minute(clock))
                return self._shown(end + timedelta(minutes=1))
            return self._moment(date.fromisoformat(last) + DAY, 0)
        return None

    def _taken(self, step: Doc, begin: Moment, stop: datetime) -> list[tuple[datetime, Doc, str]]:
        found = []
        for take in step["take"]:
            if "every" in take:
                at, number = begin[0], 0
                while at < stop:
                    found.append((at, take, f"{int(begin[0].timestamp())} {number}"))
                    at += _elapsed(take["every"])
                    number += 1
                continue
            for when in take.get("on", []):
                day, _, clock = when.partition("T")
                at = at_wall(self.zone, date.fromisoformat(day), _minute(clock))
                if begin[0] <= at < stop:
                    found.append((at, take, f"{day} {self._word(clock)}"))
            one = begin[1]
            if "doses" not in step:  # nothing is counted: leaves before the plan are turned over
                one = max(one, self.begin.date() - 3 * DAY)
            while "on" not in take and one <= stop.date() + 3 * DAY:
                if _holds(take, begin[1], one):
                    for minute, word in self._times(take):
                        at = at_wall(self.zone, one, minute)
                        if begin[0] <= at < stop:
                            found.append((at, take, f"{one} {word}"))
                one += DAY
        return found

    def _times(self, take: Doc) -> list[tuple[int, str]]:
        if "times" in take:
            first, last = (_minute(one) for one in take["between"].split("-"))
            number = int(take["times"])
            spread = [first + (last - first) * n / (number - 1) for n in range(number)]
            inner = [first + 5 * round((one - first) / 5) for one in spread[1:-1]]
            texts = [f"{m // 60:02d}:{m % 60:02d}" for m in (first, *inner, last)]
            return [(_minute(text), self._word(text)) for text in texts]
        found = [(_minute(text), self._word(text)) for text in take.get("at", [])]
        for text in take.get("when", []):
            parts = text.split(" ")
            word = parts[0] if len(parts) == 1 else parts[1]
            minute = _minute(self.clock[word])
            if len(parts) > 1:
                off = int(parts[2].removesuffix("min")) if len(parts) == 3 else 30
                minute += off if parts[0] == "after" else -off
            found.append((minute, self.words.get(text, word)))
        return found

    def _word(self, text: str) -> str:
        named: str = self.words.get(text, text.replace(":", ""))
        return named

    def _moment(self, day: date, minute: int) -> Moment:
        return at_wall(self.zone, day, minute), day, minute

    def _shown(self, at: datetime) -> Moment:
        wall = at.astimezone(self.zone)
        return at, wall.date(), wall.hour * 60 + wall.minute


def _holds(take: Doc, start: date, day: date) -> bool:
    """Whether a take is due on a leaf of the calendar, counted leaf by leaf from its start."""
    if "every_days" in take:
        return (day - start).days % int(take["every_days"]) == 0
    months = 0
    year, month = start.year, start.month
    while (year, month) < (day.year, day.month):
        months += 1
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    if months % int(take.get("every_months", "1")):
        return False
    if "day_of_month" in take:
        days = take["day_of_month"]
        return str(day.day) in (days if isinstance(days, list) else [days])
    if "every_months" in take:
        last = (day + DAY).month != day.month
        return day.day == start.day or (last and start.day > day.day)
    if "days" in take and NAMES[day.weekday()] not in take["days"]:
        return False
    weeks = 0
    monday = start - timedelta(days=start.weekday())
    while "every_weeks" in take and monday + 7 * DAY <= day:
        monday += 7 * DAY
        weeks += 1
    return weeks % int(take.get("every_weeks", "1")) == 0


def _turned(start: date, length: str, times: int) -> date:
    """A calendar length later, so many times over; a month too short gives its last day."""
    match = re.fullmatch(r"(\d+)(d|wk|mo)", length)
    assert match is not None
    count = int(match[1]) * times
    if match[2] != "mo":
        return start + timedelta(days=count * (7 if match[2] == "wk" else 1))
    year, month = start.year, start.month
    for _ in range(count):
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    day = start.day
    while True:
        try:
            return date(year, month, day)
        except ValueError:
            day -= 1


def _elapsed(text: str) -> timedelta:
    if text.endswith("h"):
        return timedelta(hours=int(text[:-1]))
    return timedelta(minutes=int(text[:-3]))


def _minute(text: str) -> int:
    return int(text[:2]) * 60 + int(text[3:5])
