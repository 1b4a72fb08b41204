"""On which plan days a take holds, in whole numbers: all of a stretch, or the next one.

Responsible for: weekdays, every so many days, weeks or months, days of the month, counted from
the day a step begins; the next such day in closed form, however long ago that was. Not
responsible for times of day or for zones. A day is its number since 1 January 1970 (almanac.py).
"""

from collections.abc import Sequence
from datetime import date

from schedules.almanac import EPOCH, date_of
from schedules.model import Take

_MONDAY = 3  # 1 January 1970 was a Thursday: day 4 is a Monday, and (4 + 3) % 7 is 0


def next_day(take: Take, start: int, day: int) -> int:
    """The first day from `day` on, and not before `start`, on which the rule of a take holds."""
    day = max(day, start)
    if take.every_days:
        return day + (start - day) % take.every_days
    if take.days_of_month or take.every_months:
        return _next_of_month(take, start, day)
    if not take.days and not take.every_weeks:
        return day
    if not take.every_weeks:
        today = (day + _MONDAY) % 7
        return day + min((one - today) % 7 for one in take.days)
    return min(day + (first - day) % step for first, step in _weekly(take, start))


def days_in(take: Take, start: int, first: int, after: int) -> list[Sequence[int]]:
    """The days of [first, after) on which the rule holds, as rising sequences that share none."""
    first = max(first, start)
    if first >= after:
        return []
    if take.every_days:
        return [range(next_day(take, start, first), after, take.every_days)]
    if take.days_of_month or take.every_months:
        return [_of_months(take, start, first, after)]
    if take.days or take.every_weeks:
        return [range(first + (one - first) % step, after, step) for one, step in
                _weekly(take, start)]  # fmt: skip
    return [range(first, after)]


def _weekly(take: Take, start: int) -> list[tuple[int, int]]:
    """(some day, step) of each weekday; weeks are counted from the Monday of the first."""
    monday = start - (start + _MONDAY) % 7
    step = 7 * (take.every_weeks or 1)
    return [(monday + one, step) for one in take.days or range(7)]


def _next_of_month(take: Take, start: int, day: int) -> int:
    on_date = date_of(day)
    month = on_date.year * 12 + on_date.month - 1
    while True:
        month = _month_from(take, start, month)
        for one in _days_of(take, start, month):
            if one >= day:
                return one
        month += 1  # at most twice: the rest of this month may be over


def _of_months(take: Take, start: int, first: int, after: int) -> list[int]:
    found: list[int] = []
    on_date = date_of(first)
    month = _month_from(take, start, on_date.year * 12 + on_date.month - 1)
    while True:
        days = _days_of(take, start, month)
        found += [day for day in days if first <= day < after]
        if days[-1] >= after:
            return found
        month = _month_from(take, start, month + 1)


def _month_from(take: Take, start: int, month: int) -> int:
    """The first month from `month` on that counts: every so many from that of the start."""
    if not take.every_months:
        return month
    begun = date_of(start)
    return month + (begun.year * 12 + begun.month - 1 - month) % take.every_months


def _days_of(take: Take, start: int, month: int) -> list[int]:
    """The days of a month (12 * year + month - 1): as named, else that of the start, clamped."""
    year, month = month // 12, month % 12 + 1
    begins = date(year, month, 1).toordinal() - EPOCH - 1
    if take.days_of_month:
        return [begins + day for day in sorted(take.days_of_month)]
    ends = date(year + month // 12, month % 12 + 1, 1).toordinal() - EPOCH - 1
    return [min(begins + date_of(start).day, ends)]
