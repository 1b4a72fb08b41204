"""Takes laid out in time: what falls due in a stretch, and what falls due next, in closed form.

Responsible for: three kinds of line (times of day, an interval, instants by name), each of which
rises strictly from one due instant to the next. Not responsible for steps and cycles (phases.py,
timetable.py) or for identity (doses.py).
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from schedules.almanac import Almanac, Run
from schedules.dayrule import days_in, next_day
from schedules.model import DAY_S, Take

REACH = 3  # days: an offset and a word of the clock may move a dose off its plan day

Found = tuple[int, int, str]  # due, plan day (interval: which one), occasion (interval: "")
Stretch = tuple[Sequence[int], Sequence[int], str]  # the same, many of one occasion


@dataclass(frozen=True, slots=True)
class Times:
    """A take at times of the day, on the days of its rule; `minutes` rise."""

    take: Take
    start: int  # day on which its step begins
    minutes: tuple[int, ...]
    occasions: tuple[str, ...]
    seconds: tuple[int, ...]  # the minutes in seconds, where all lie inside the day

    def first(self, almanac: Almanac, at_s: int) -> Found | None:
        """What falls due at `at_s` or next."""
        offset = almanac.offset(at_s // DAY_S)
        if offset is not None and self.seconds:
            today, second = divmod(at_s + offset, DAY_S)
            index = bisect_left(self.seconds, second)
            if index == len(self.seconds):
                today += 1
                index = 0
            day = next_day(self.take, self.start, today)
            if day != today:
                index = 0
            offset = almanac.offset(day)
            if offset is not None:
                return day * DAY_S + self.seconds[index] - offset, day, self.occasions[index]
        return min(self._search(almanac, index, at_s) for index in range(len(self.minutes)))

    def _search(self, almanac: Almanac, index: int, at_s: int) -> Found:
        """The same for one time of day, near a change of the clock."""
        minute = self.minutes[index]
        day = at_s // DAY_S - minute // 1440 - REACH
        while True:  # a handful of days, however far apart those of the rule are
            day = next_day(self.take, self.start, day)
            due = almanac.due(day, minute)
            if due is not None and due >= at_s:
                return due, day, self.occasions[index]
            day += 1

    def stretches(
        self, almanac: Almanac, runs: list[Run], lo_s: int, hi_s: int
    ) -> Iterator[Stretch]:
        """What falls due in [lo_s, hi_s)."""
        first, after = runs[0][0], runs[-1][1]
        for days in days_in(self.take, self.start, first, after):
            for minute, occasion in zip(self.minutes, self.occasions, strict=True):
                yield from _of_minute(almanac, runs, days, minute, occasion, lo_s, hi_s)


def _of_minute(
    almanac: Almanac,
    runs: list[Run],
    days: Sequence[int],
    minute: int,
    occasion: str,
    lo_s: int,
    hi_s: int,
) -> Iterator[Stretch]:
    for first, after, offset in runs:
        if offset is None or not -1440 <= minute < 2880:
            for day in _cut(days, first, after):
                due = almanac.due(day, minute)
                if due is not None and lo_s <= due < hi_s:
                    yield (due,), (day,), occasion
            continue
        base = minute * 60 - offset
        first = max(first, -((base - lo_s) // DAY_S))
        after = min(after, -((base - hi_s) // DAY_S))
        some = _cut(days, first, after)
        if isinstance(some, range):
            lo, hi = some.start * DAY_S + base, some.stop * DAY_S + base
            if some:
                yield range(lo, hi, some.step * DAY_S), some, occasion
        elif some:
            yield [day * DAY_S + base for day in some], some, occasion


def _cut(days: Sequence[int], first: int, after: int) -> Sequence[int]:
    """Those of rising `days` in [first, after)."""
    if isinstance(days, range):
        lo = max(0, -((days.start - first) // days.step))
        return days[lo : max(lo, -((days.start - after) // days.step))]
    return days[bisect_left(days, first) : bisect_left(days, after)]


@dataclass(frozen=True, slots=True)
class Beat:
    """A take every so many seconds of elapsed time from an anchor."""

    take: Take
    anchor_s: int

    def first(self, almanac: Almanac, at_s: int) -> Found | None:
        """What falls due at `at_s` or next."""
        every_s = self.take.every_s
        k = max(0, -((self.anchor_s - at_s) // every_s))
        return self.anchor_s + k * every_s, k, ""

    def stretches(
        self, almanac: Almanac, runs: list[Run], lo_s: int, hi_s: int
    ) -> Iterator[Stretch]:
        """What falls due in [lo_s, hi_s)."""
        anchor, every_s = self.anchor_s, self.take.every_s
        first = max(0, -((anchor - lo_s) // every_s))
        after = max(first, -((anchor - hi_s) // every_s))
        dues = range(anchor + first * every_s, anchor + after * every_s, every_s)
        yield dues, range(first, after), ""


@dataclass(frozen=True, slots=True)
class Named:
    """A take at instants that the plan names one by one, rising."""

    take: Take
    rows: tuple[Found, ...]

    def first(self, almanac: Almanac, at_s: int) -> Found | None:
        """What falls due at `at_s` or next."""
        index = bisect_left(self.rows, (at_s, -(1 << 40), ""))
        return self.rows[index] if index < len(self.rows) else None

    def stretches(
        self, almanac: Almanac, runs: list[Run], lo_s: int, hi_s: int
    ) -> Iterator[Stretch]:
        """What falls due in [lo_s, hi_s)."""
        for due, day, occasion in self.rows:
            if lo_s <= due < hi_s:
                yield (due,), (day,), occasion


Line = Times | Beat | Named


def runs_of(almanac: Almanac, lo_s: int, hi_s: int) -> list[Run]:
    """The days whose doses may fall due in [lo_s, hi_s)."""
    return almanac.runs(lo_s // DAY_S - REACH, hi_s // DAY_S + REACH + 1)
