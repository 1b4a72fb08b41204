"""When something is taken, without saying how much: a cadence with bounds, and its instants.

Responsible for: the one reading of a course (a cadence that starts, and may end) as
instants, for orders as they were written. Not responsible for reading them (fhir/), nor
for plans, whose doses have an identity and windows (doses.py). Instants are Unix seconds
UTC, times of day minutes after local midnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

from schedules.localtime import add_span, has_day, instant, local, weeks_from
from schedules.model import DAY_S, Anchor, Span

FOREVER_S = 1 << 40
SEARCH_S = 3660 * DAY_S  # a course that is counted is over within ten years, or has no end
MOST = 1 << 20  # occasions that are looked at
STEP_S = 60 * DAY_S
_REACH = timedelta(days=2)  # an offset may move an instant off its day


@dataclass(frozen=True)
class Moment:
    """A local date and minute; `timed`: somebody has said the minute."""

    on_date: date
    minute: int = 0
    timed: bool = True
    second: int = 0
    fold: int = 0  # 1: the second pass of a repeated hour

    def at_s(self, zone: ZoneInfo) -> int:
        """The instant."""
        return instant(zone, self.on_date, self.minute, self.fold) + self.second


def moment(zone: ZoneInfo, at_s: int) -> Moment:
    """The moment of an instant, told so that it is that instant again."""
    at = local(zone, at_s)
    return Moment(at.date(), at.hour * 60 + at.minute, True, at.second, at.fold)


@dataclass(frozen=True)
class Cadence:
    """One of: an elapsed interval, single instants, or times on days by one day rule.

    `every_months` keeps the day of the month of the start, clamped to the month's end.
    """

    at: tuple[int, ...] = ()
    when: tuple[Anchor, ...] = ()
    every_s: int = 0  # elapsed, computed in UTC
    days: tuple[int, ...] = ()  # 0 = Monday
    every_days: int = 0
    every_weeks: int = 0
    every_months: int = 0
    month_days: tuple[int, ...] = ()
    events: tuple[Moment, ...] = ()
    once: bool = False  # at the start, or at `at` where that has no time; never again


@dataclass(frozen=True)
class Course:
    """A cadence from a start to the earliest of its ends; None and 0: not given."""

    cadence: Cadence
    start: Moment | None = None
    length: Span | None = None
    elapsed_s: int = 0
    until: date | None = None  # that day included
    until_s: int | None = None  # that instant included
    count: int = 0  # occasions
    exact: bool = False

    @property
    def ends(self) -> bool:
        """Whether anything ends it."""
        bounded = self.length or self.elapsed_s or self.until or self.until_s is not None
        return bool(bounded or self.count or self.cadence.once or self.cadence.events)


@dataclass(frozen=True)
class Clock:
    """The patient's clock: a zone, and the minute of each word of the day."""

    zone: ZoneInfo
    words: dict[str, int]


def instants(
    course: Course, start: Moment, clock: Clock, lo: int, hi: int, most: int = MOST
) -> list[int]:
    """Every occasion of `course` in [lo, hi), ascending, where it begins at `start`.

    Where there are more than `most`, it is only sure that more than `most` are given.
    """
    hi = min(hi, end_s(course, start, clock.zone))
    begin = start.at_s(clock.zone)
    if course.cadence.every_s and course.count:
        hi = min(hi, begin + course.count * course.cadence.every_s)
    if course.cadence.every_s or not course.count:
        return sorted(islice(_due(course.cadence, start, clock, max(lo, begin), hi), most + 1))
    return [at for at in _counted(course, start, clock, hi) if at >= lo]


def end_s(course: Course, start: Moment, zone: ZoneInfo) -> int:
    """The earliest end by the calendar or the clock, exclusive; a count is not looked at."""
    ends = [FOREVER_S]
    if course.length is not None:
        over = replace(start, on_date=add_span(start.on_date, course.length), fold=0)
        ends.append(over.at_s(zone))
    if course.elapsed_s:
        ends.append(start.at_s(zone) + course.elapsed_s)
    if course.until is not None:
        ends.append(_after_day(zone, course.until))
    if course.until_s is not None:
        ends.append(course.until_s + 1)
    return min(ends)


def following(course: Course, start: Moment, clock: Clock) -> Moment | None:
    """Where what comes after `course` begins; None: it has no end.

    After so many days by the clock time it began at; after a count, single instants or a day
    that is included on the next day, without a time; or one interval after the last.
    """
    zone, cadence = clock.zone, course.cadence
    end, begin = end_s(course, start, zone), start.at_s(zone)
    if cadence.every_s and course.count and begin + cadence.every_s * (course.count - 1) < end:
        return moment(zone, begin + cadence.every_s * course.count)
    counted = cadence.once or cadence.events or course.count
    if counted and not cadence.every_s:
        upto = min(end, begin + SEARCH_S)
        listed = replace(course, count=course.count or MOST) if cadence.events else course
        listed = replace(listed, count=1) if cadence.once else listed
        found = _counted(listed, start, clock, upto)
        if cadence.events and not found:
            return start
        if cadence.events or len(found) == listed.count:
            return Moment(local(zone, found[-1]).date() + timedelta(days=1), 0, False)
    if end == FOREVER_S:
        return None
    if course.length is not None and end == end_s(replace(course, until=None, until_s=None),
                                                  start, zone):  # fmt: skip
        return replace(start, on_date=add_span(start.on_date, course.length), fold=0)
    after = moment(zone, -(-end // 60) * 60)  # after an instant that is included: the next minute
    whole_day = course.until is not None and end == _after_day(zone, course.until)
    return replace(after, minute=0, timed=False) if whole_day else after


def _after_day(zone: ZoneInfo, day: date) -> int:
    return instant(zone, day + timedelta(days=1), 0)


def _counted(course: Course, start: Moment, clock: Clock, hi: int) -> list[int]:
    """The first `count` occasions on days, as far as they lie before `hi`."""
    found: list[int] = []
    lo = start.at_s(clock.zone)
    while lo < hi and len(found) < course.count:
        upto = min(hi, lo + STEP_S)
        found += sorted(_due(course.cadence, start, clock, lo, upto))
        lo = upto
    return found[: course.count]


def _due(cadence: Cadence, start: Moment, clock: Clock, lo: int, hi: int) -> Iterator[int]:
    """What falls due in [lo, hi), in no order; nothing lies before the start."""
    if lo >= hi:
        return
    if cadence.once:
        begin = start.at_s(clock.zone)
        if cadence.at and not start.timed:
            begin = instant(clock.zone, start.on_date, cadence.at[0])
        if lo <= begin < hi:
            yield begin
        return
    if cadence.every_s:
        begin = start.at_s(clock.zone)
        at_s = begin + max(0, -((begin - lo) // cadence.every_s)) * cadence.every_s
        yield from range(at_s, hi, cadence.every_s)
        return
    if cadence.events:
        for one in cadence.events:
            if lo <= (due := one.at_s(clock.zone)) < hi:
                yield due
        return
    times = [*cadence.at, *(clock.words[one.word] + one.offset_min for one in cadence.when)]
    day = max(local(clock.zone, lo).date() - _REACH, start.on_date)
    last = local(clock.zone, hi).date() + _REACH
    while day <= last:
        if on_day(cadence, start.on_date, day) and has_day(clock.zone, day):
            for minute in times:
                if lo <= (due := instant(clock.zone, day, minute)) < hi:
                    yield due
        day += timedelta(days=1)


def on_day(cadence: Cadence, start_on: date, day: date) -> bool:
    """Whether the day rule holds."""
    if cadence.every_days:
        return (day - start_on).days % cadence.every_days == 0
    if cadence.every_months:
        months = (day.year - start_on.year) * 12 + day.month - start_on.month
        whole, rest = divmod(months, cadence.every_months)
        return not rest and day == add_span(start_on, Span(cadence.every_months, "mo"), whole)
    if cadence.month_days:
        return day.day in cadence.month_days
    if cadence.days and day.weekday() not in cadence.days:
        return False
    if cadence.every_weeks:
        return weeks_from(start_on, day) % cadence.every_weeks == 0
    return True
