"""Plan in, doses out: pure, in closed form, with an identity that never changes.

Responsible for: which doses are due in a stretch of time, their `dose_id` and their
four instants. Not responsible for whether a plan is sound (check.py) nor for
what becomes of a dose (the controller). A dose exists only inside the plan's validity.
"""

from operator import attrgetter

from schedules.limits import caps as caps
from schedules.limits import counters as counters
from schedules.limits import first_open_at as first_open_at
from schedules.limits import gap_s as gap_s
from schedules.limits import group_key as group_key
from schedules.localtime import local, zone_of
from schedules.maker import dose_id as dose_id
from schedules.model import Dose, Plan
from schedules.phases import Phase as Phase
from schedules.phases import cycle as cycle
from schedules.phases import hold_point_of as hold_point_of
from schedules.phases import times_of as times_of
from schedules.timetable import timetable

ASKED_OPEN_S = 900  # how long a granted as-needed dose may be fetched


def doses(plan: Plan, from_s: int, to_s: int) -> list[Dose]:
    """Every planned dose with `due_at` in [from_s, to_s), by (due_at, regimen_id)."""
    from_s = max(from_s, plan.valid_from)
    to_s = min(to_s, plan.valid_until)
    found: list[Dose] = []
    if from_s < to_s:
        table = timetable(plan)
        for course in table.courses:
            for line, (dues, days, occasion) in course.stretches(from_s, to_s):
                found.extend(map(course.maker(line, occasion).dose, dues, days))
    found.sort(key=_DUE_AT)  # the courses stand in order of their ids, and equals stay
    return found


def next_dose(plan: Plan, after_s: int) -> Dose | None:
    """The first planned dose with `due_at` > after_s, None where the plan has no more.

    Asked of each regimen in closed form: its age and how rare its doses are cost nothing.
    """
    found = timetable(plan).first(max(after_s + 1, plan.valid_from), plan.valid_until)
    if found is None:
        return None
    course, (due_at, day, occasion), line = found
    return course.maker(line, occasion).dose(due_at, day)


def asked_dose(plan: Plan, regimen_id: str, log_epoch: str, number: int, at_s: int) -> Dose:
    """The as-needed dose granted at `at_s`; KeyError for an unknown regimen."""
    regimen = plan.regimen(regimen_id)
    assert regimen.as_needed is not None, "only an as-needed regimen may be asked for"
    zone = zone_of(plan.zone)
    assert zone is not None
    key = (log_epoch, number)
    return Dose(
        dose_id=dose_id(plan.patient, regimen_id, "asked", key),
        regimen_id=regimen_id,
        kind="asked",
        key=key,
        quarters=regimen.as_needed.quarters,
        open_at=at_s,
        due_at=at_s,
        warn_at=at_s + ASKED_OPEN_S // 2,
        close_at=at_s + ASKED_OPEN_S,
        on_date=local(zone, at_s).date(),
    )


_DUE_AT = attrgetter("due_at")
