"""When something is taken, without saying how much: a cadence with bounds, and its instants.

Responsible for: the one reading of a course (a cadence that starts, and may end) as
instants, for orders as they were written. Not responsible for reading them (fhir_*.py), nor
for plans, whose doses have an identity and windows (doses.py). Instants are Unix seconds
UTC, times of day minutes after local midnight.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

from schedules.localtime import add_span, has_day, instant, local
from schedules.model import DAY_S, Anchor, Span

FOREVER_S = 1 << 40
SEARCH_S = 3660 * DAY_S  # a course that is counted is over within ten years, or has no end
STEP_S = 60 * DAY_S
_REACH = timedelta(days=2)  # an offset may move an instant off its day


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
    events: tuple[tuple[date, int], ...] = ()  # single local instants
    once: bool = False  # at the start, and never again


@dataclass(frozen=True)
class Moment:
    """A local date and minute; `timed`: somebody has said the minute."""

    on_date: date
    minute: int = 0
    timed: bool = True

    def at_s(self, zone: ZoneInfo) -> int:
        """The instant."""
        return instant(zone, self.on_date, self.minute)


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


@dataclass(frozen=True)
class Clock:
    """The patient's clock: a zone, and the minute of each word of the day."""

    zone: ZoneInfo
    words: dict[str, int]


def instants(course: Course, start: Moment, clock: Clock, lo: int, hi: int) -> list[int]:
    """Every occasion of `course` in [lo, hi), ascending, where it begins at `start`."""
    hi = min(hi, end_s(course, start, clock.zone))
    if not course.count:
        return sorted(_due(course.cadence, start, clock, max(lo, start.at_s(clock.zone)), hi))
    return [at for at in _counted(course, start, clock, hi) if at >= lo]


def end_s(course: Course, start: Moment, zone: ZoneInfo) -> int:
    """The earliest end by the calendar or the clock, exclusive; a count is not looked at."""
    ends = [FOREVER_S]
    if course.length is not None:
        ends.append(instant(zone, add_span(start.on_date, course.length), start.minute))
    if course.elapsed_s:
        ends.append(start.at_s(zone) + course.elapsed_s)
    if course.until is not None:
        ends.append(instant(zone, course.until + timedelta(days=1), 0))
    if course.until_s is not None:
        ends.append(course.until_s + 1)
    return min(ends)


def following(course: Course, start: Moment, clock: Clock) -> Moment | None:
    """Where what comes after `course` begins; None: it has no end.

    After so many days by the clock time it began at, after a count on the next day, or one
    interval after the last.
    """
    end = end_s(course, start, clock.zone)
    if course.count:
        found = _counted(course, start, clock, min(end, start.at_s(clock.zone) + SEARCH_S))
        if len(found) == course.count:
            last = local(clock.zone, found[-1] + course.cadence.every_s)
            if course.cadence.every_s:
                return Moment(last.date(), last.hour * 60 + last.minute)
            return Moment(last.date() + timedelta(days=1), 0, False)
    if end == FOREVER_S:
        return None
    if course.length is not None and end == end_s(replace(course, until=None, until_s=None),
                                                  start, clock.zone):  # fmt: skip
        return Moment(add_span(start.on_date, course.length), start.minute, start.timed)
    after = local(clock.zone, end)
    return Moment(after.date(), after.hour * 60 + after.minute)


def _counted(course: Course, start: Moment, clock: Clock, hi: int) -> list[int]:
    """The first `count` occasions, as far as they lie before `hi`."""
    found: list[int] = []
    lo = start.at_s(clock.zone)
    while lo < hi and len(found) < course.count:
        step_s = course.cadence.every_s * course.count or STEP_S
        upto = min(hi, lo + step_s)
        found += sorted(_due(course.cadence, start, clock, lo, upto))
        lo = upto
    return found[: course.count]


def _due(cadence: Cadence, start: Moment, clock: Clock, lo: int, hi: int) -> Iterator[int]:
    """What falls due in [lo, hi), in no order; nothing lies before the start."""
    if lo >= hi:
        return
    if cadence.once:
        begin = start.at_s(clock.zone)
        if lo <= begin < hi:
            yield begin
        return
    if cadence.every_s:
        begin = start.at_s(clock.zone)
        at_s = begin + max(0, -((begin - lo) // cadence.every_s)) * cadence.every_s
        yield from range(at_s, hi, cadence.every_s)
        return
    if cadence.events:
        for day, minute in cadence.events:
            if lo <= (due := instant(clock.zone, day, minute)) < hi:
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
        monday = day - timedelta(days=day.weekday())
        first = start_on - timedelta(days=start_on.weekday())
        return (monday - first).days // 7 % cadence.every_weeks == 0
    return True
