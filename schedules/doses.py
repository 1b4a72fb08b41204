"""Plan in, doses out: pure, in closed form, with an identity that never changes.

Responsible for: which doses are due in a stretch of time, their `dose_id` and their
four instants. Not responsible for whether a plan is sound (check.py) nor for
what becomes of a dose (the controller). A dose exists only inside the plan's validity.
"""

import json
from datetime import date
from functools import lru_cache
from hashlib import sha256
from operator import attrgetter

from schedules.almanac import Almanac, date_of
from schedules.limits import caps as caps
from schedules.limits import counters as counters
from schedules.limits import first_open_at as first_open_at
from schedules.limits import gap_s as gap_s
from schedules.limits import group_key as group_key
from schedules.lines import Beat, Line
from schedules.localtime import local, zone_of
from schedules.model import Dose, Plan, Regimen
from schedules.phases import Phase as Phase
from schedules.phases import cycle as cycle
from schedules.phases import hold_point_of as hold_point_of
from schedules.phases import times_of as times_of
from schedules.timetable import timetable

CRITICAL_WARN_S = 600  # a time-critical dose is warned of this long after due
ASKED_OPEN_S = 900  # how long a granted as-needed dose may be fetched


def dose_id(patient: str, regimen_id: str, kind: str, key: tuple[str | int, str | int]) -> str:
    """32 hex digits: the first 16 bytes of SHA-256 over canonical JSON."""
    text = json.dumps(
        [patient, regimen_id, kind, list(key)], ensure_ascii=True, separators=(",", ":")
    )
    return sha256(text.encode()).digest()[:16].hex()


def doses(plan: Plan, from_s: int, to_s: int) -> list[Dose]:
    """Every planned dose with `due_at` in [from_s, to_s), by (due_at, regimen_id)."""
    from_s = max(from_s, plan.valid_from)
    to_s = min(to_s, plan.valid_until)
    found: list[Dose] = []
    if from_s < to_s:
        table = timetable(plan)
        for course in table.courses:
            for line, (dues, days, occasion) in course.stretches(from_s, to_s):
                made = _Maker(plan, course.regimen, line, occasion, table.almanac)
                found.extend(map(made.dose, dues, days))
    found.sort(key=_DUE_AT)  # the courses stand in order of their ids, and equals stay
    return found


def next_dose(plan: Plan, after_s: int) -> Dose | None:
    """The first planned dose with `due_at` > after_s, None where the plan has no more.

    Asked of each regimen in closed form: its age and how rare its doses are cost nothing.
    """
    table = timetable(plan)
    from_s, to_s = max(after_s + 1, plan.valid_from), plan.valid_until
    best = None
    for course in table.courses:  # in order of their ids: of two at one instant the first stays
        found = course.first(from_s, to_s)
        if found is not None:
            best, to_s = (course, *found), found[0][0]
    if best is None:
        return None
    course, (due_at, day, occasion), line = best
    return _Maker(plan, course.regimen, line, occasion, table.almanac).dose(due_at, day)


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
_new = object.__new__


@lru_cache(maxsize=4096)
def _named_day(day: int) -> tuple[date, str]:
    on_date = date_of(day)
    return on_date, on_date.isoformat()


class _Maker:
    """Doses of one regimen, take and occasion: what they share is put together once."""

    def __init__(
        self, plan: Plan, regimen: Regimen, line: Line, occasion: str, almanac: Almanac
    ) -> None:
        window = regimen.window
        self.regimen_id = regimen.id
        self.quarters = line.take.quarters
        self.early_s, self.late_s = window.early_s, window.late_s
        self.warn_s = window.late_s // 2
        if regimen.time_critical:
            self.warn_s = min(CRITICAL_WARN_S, self.warn_s)
        self.almanac = almanac
        self.anchor_s = line.anchor_s if isinstance(line, Beat) else None
        kind = "day" if self.anchor_s is None else "step"
        self.kind, self.occasion = kind, occasion
        self.head = json.dumps([plan.patient, regimen.id, kind], separators=(",", ":"))[:-1]
        self.tail = f",{json.dumps(occasion)}]]"

    def dose(self, due_at: int, day: int) -> Dose:
        """The dose of an instant and its plan day; of an interval: of which one it is."""
        key: tuple[str | int, str | int]
        if self.anchor_s is None:
            on_date, text = _named_day(day)
            key = (text, self.occasion)
            name = f'{self.head},["{text}"{self.tail}'
        else:
            on_date = self.almanac.date_at(due_at)
            key = (self.anchor_s, day)
            name = f"{self.head},[{self.anchor_s},{day}]]"
        made: Dose = _new(Dose)
        fields = made.__dict__  # a frozen value, made in one go: five times as quick
        fields["dose_id"] = sha256(name.encode()).hexdigest()[:32]
        fields["regimen_id"] = self.regimen_id
        fields["kind"] = self.kind
        fields["key"] = key
        fields["quarters"] = self.quarters
        fields["open_at"] = due_at - self.early_s
        fields["due_at"] = due_at
        fields["warn_at"] = due_at + self.warn_s
        fields["close_at"] = due_at + self.late_s
        fields["on_date"] = on_date
        return made
