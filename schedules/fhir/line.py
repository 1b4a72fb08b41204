"""One FHIR R4 Dosage to one Line of a plan: pieces and a course, or a refusal.

Responsible for: a cadence as a Take, an end as the end of a Step. Not responsible for reading
timing (timing.py) or quantities (quantity.py), nor for several dosages
(steps.py). `not-yet` means: it has one reading, and a plan cannot say it.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from schedules.cadence import Cadence, Course, moment
from schedules.fhir.quantity import Measure, check_route, quantity
from schedules.fhir.timing import course_of
from schedules.fhir.value import Element, OrderRefused
from schedules.model import Named, Step, Take

MOST_WEEKS, MOST_DAYS, MOST_MONTHS = 52, 366, 120
LAST_DAY = 28  # which every month has
LAST_MINUTE = 24 * 60 - 1


@dataclass(frozen=True)
class Line:
    """One Dosage: how many quarters of what, and when."""

    quarters: int
    unit: str  # tablet, capsule, piece; or of a form that is kept elsewhere
    course: Course


def line_of(dosage: Element, zone: ZoneInfo, measure: Measure) -> Line:
    """A Dosage that is taken by the clock."""
    course = course_of(dosage, zone)
    quarters, unit = quantity(dosage, measure)
    check_route(dosage, unit, measure)
    return Line(quarters, unit, course)


def take_of(cadence: Cadence, quarters: int, begins: date) -> Take:
    """A cadence whose step begins on a date; single instants are named_of."""
    if cadence.every_weeks > MOST_WEEKS or cadence.every_days > MOST_DAYS:
        raise OrderRefused("not-yet", "more than a year apart")
    if cadence.every_months > MOST_MONTHS:
        raise OrderRefused("not-yet", "more than ten years apart")
    months, days = cadence.every_months, cadence.month_days
    if months and begins.day <= LAST_DAY:
        months, days = (months if months > 1 else 0), (begins.day,)
    return Take(
        quarters,
        at=cadence.at,
        when=cadence.when,
        every_s=cadence.every_s,
        days=cadence.days,
        every_days=cadence.every_days,
        every_weeks=cadence.every_weeks,
        days_of_month=days,
        every_months=months,
    )


def named_of(due: list[int], quarters: int, zone: ZoneInfo) -> Take:
    """Instants one by one, as dates and minutes of the patient's clock."""
    found = [moment(zone, at) for at in due]
    if any(one.fold for one in found):
        raise OrderRefused("not-yet", "an instant in the second pass of a repeated hour")
    named = sorted({(one.on_date, one.minute) for one in found})
    if len(named) < len(found):
        raise OrderRefused("overlap", "two single instants are one and the same minute")
    return Take(quarters, on=tuple(Named(*one) for one in named))


def step_of(course: Course, takes: tuple[Take, ...], zone: ZoneInfo) -> Step:
    """A step with the ends of a course."""
    until, minute = course.until, None
    if course.until_s is not None:
        last = moment(zone, course.until_s)
        if last.fold:
            raise OrderRefused("not-yet", "an end in the second pass of a repeated hour")
        until, minute = last.on_date, None if last.minute == LAST_MINUTE else last.minute
    if course.elapsed_s % 60:
        raise OrderRefused("not-yet", "a course that is no whole number of minutes")
    return Step(takes, course.length, until, course.count, course.elapsed_s, minute)
