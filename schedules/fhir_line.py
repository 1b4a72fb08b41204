"""One FHIR R4 Dosage to one Line of a plan: a Take in counted pieces, or a refusal.

Responsible for: what of a course this version of the plan can hold. Not responsible for
reading timing (fhir_timing.py) or quantities (fhir_quantity.py). `not-yet` means: it has one
reading, and a plan cannot say it.
"""

from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from schedules.cadence import Cadence, Course
from schedules.fhir_quantity import check_route, quantity
from schedules.fhir_timing import course_of
from schedules.fhir_value import Element, OrderRefused
from schedules.model import Take

MOST_WEEKS, MOST_DAYS = 52, 366


@dataclass(frozen=True)
class Line:
    """One Dosage: what to take, and for how long."""

    take: Take
    unit: str  # tablet, capsule, piece
    course: Course


def line_of(dosage: Element, started: date, zone: ZoneInfo, said_unit: str) -> Line:
    """A Dosage that is taken by the clock. `started` is the local day it is loaded."""
    check_route(dosage)
    course = course_of(dosage, zone)
    quarters, unit = quantity(dosage, said_unit)
    if course.until_s is not None:
        raise OrderRefused("not-yet", "an end at a time of day is not read yet")
    if course.elapsed_s:
        raise OrderRefused("not-yet", "a course of hours and minutes is not read yet")
    if (course.until is not None) + (course.length is not None) + bool(course.count) > 1:
        raise OrderRefused("not-yet", "two ends at once (bounds and count) are not read yet")
    begins = course.start.on_date if course.start is not None else started
    return Line(_take(course.cadence, quarters, begins), unit, course)


def _take(cadence: Cadence, quarters: int, begins: date) -> Take:
    if cadence.events or cadence.once:
        raise OrderRefused("not-yet", "single instants are not read yet")
    if cadence.every_weeks > MOST_WEEKS or cadence.every_days > MOST_DAYS:
        raise OrderRefused("not-yet", "more than a year apart")
    month_days = cadence.month_days
    if cadence.every_months:
        if cadence.every_months > 1 or begins.day > 28:
            raise OrderRefused("not-yet", "monthly doses are read from the 1st to the 28th")
        month_days = (begins.day,)
    if len(month_days) > 1:
        raise OrderRefused("not-yet", "several days of the month are not read yet")
    return Take(
        quarters,
        at=cadence.at,
        when=cadence.when,
        every_s=cadence.every_s,
        days=cadence.days,
        every_days=cadence.every_days,
        every_weeks=cadence.every_weeks,
        days_of_month=month_days,
    )
