"""A plan laid out once, then asked often: what falls due in a stretch, and what falls due next.

Responsible for: which phases of which cycles matter to a question, by arithmetic and never by
walking there from the start of a regimen. Not responsible for what a step or cycle is (phases.py),
for one take in time (lines.py), or for identity and windows (doses.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace

from schedules.almanac import Almanac, almanac_of, date_of, number
from schedules.dayrule import next_day
from schedules.lines import Beat, Found, Line, Named, Stretch, Times, runs_of
from schedules.localtime import zone_of
from schedules.maker import Maker
from schedules.model import DAY_S, Plan, Regimen, Take
from schedules.phases import Phase, lay, named_of, times_of

MOST_CYCLES = 512  # of one regimen that are kept laid out
MOST_PLANS = 32  # that are kept


@dataclass(frozen=True, slots=True)
class Laid:
    """One phase with its lines: [start_s, end_s)."""

    start_s: int
    end_s: int
    lines: tuple[Line, ...]


class Course:
    """One regimen of a plan, laid out."""

    def __init__(self, plan: Plan, regimen: Regimen, almanac: Almanac) -> None:
        self.regimen = regimen
        self._almanac = almanac
        self._zone_name, self._clock = plan.zone, plan.clock
        self._patient = plan.patient
        self._makers: dict[tuple[int, str, int], Maker] = {}
        self._cycles: dict[int, tuple[Laid, ...]] = {}
        self._whole: tuple[Laid, ...] = () if regimen.repeat_every is not None else self._lay(0)
        self._loose = _loose(regimen)

    def stretches(self, lo_s: int, hi_s: int) -> Iterator[tuple[Line, Stretch]]:
        """Every stretch of what falls due in [lo_s, hi_s), in no order."""
        for phase in self._phases(lo_s, hi_s):
            first, after = max(lo_s, phase.start_s), min(hi_s, phase.end_s)
            if first >= after:
                continue
            runs = runs_of(self._almanac, first, after)
            for line in phase.lines:
                for stretch in line.stretches(self._almanac, runs, first, after):
                    yield line, stretch

    def first(self, lo_s: int, hi_s: int) -> tuple[Found, Line] | None:
        """The first that falls due in [lo_s, hi_s); the same cost however old the regimen is."""
        best: tuple[Found, Line] | None = None
        for phase in self._whole or self._phases(lo_s, hi_s, sparse=True):
            if phase.end_s <= lo_s:
                continue
            if phase.start_s >= hi_s:
                return None
            at_s = lo_s if lo_s > phase.start_s else phase.start_s
            end_s = hi_s if hi_s < phase.end_s else phase.end_s
            for line in phase.lines:
                found = line.first(self._almanac, at_s)
                if found is not None and found[0] < end_s:
                    end_s = found[0]  # the first of equals stays
                    best = found, line
            if best is not None:
                return best
        return None

    def maker(self, line: Line, occasion: str) -> Maker:
        """What makes the doses of a line and occasion; kept, for as many as a plan can have."""
        anchor_s = line.anchor_s if type(line) is Beat else 0
        key = line.take.quarters, occasion, anchor_s
        made = self._makers.get(key)
        if made is None:
            if len(self._makers) >= MOST_CYCLES:
                self._makers.clear()
            made = Maker(self._patient, self.regimen, line, occasion, self._almanac)
            self._makers[key] = made
        return made

    def _phases(self, lo_s: int, hi_s: int, sparse: bool = False) -> Iterator[Laid]:
        """Phases that touch [lo_s, hi_s), rising; `sparse`: what has no dose may be left out."""
        if self.regimen.repeat_every is None:
            for phase in self._whole:
                if phase.end_s > lo_s and phase.start_s < hi_s:
                    yield phase
            return
        at = self._number(number(self._almanac.date_at(lo_s)))
        while True:
            phases = self._cycle(at)
            if not phases or phases[0].start_s >= hi_s:
                return
            for phase in phases:
                if phase.end_s > lo_s:
                    yield phase
            at += 1
            later = self._cycle(at)
            if sparse and self._loose and later:
                after = later[0].start_s // DAY_S - 1
                at = max(at, self._number(min(next_day(one, after, after) for one in self._loose)))

    def _number(self, day: int) -> int:
        """A cycle that has begun by the end of a day, and the one before it no later than that."""
        repeat, start = self.regimen.repeat_every, self.regimen.start.on_date
        assert repeat is not None
        if repeat.unit == "mo":
            on_date = date_of(day)
            months = (on_date.year - start.year) * 12 + on_date.month - start.month
            return max(0, months // repeat.count - 1)
        days = repeat.count * (7 if repeat.unit == "wk" else 1)
        return max(0, (day - number(start)) // days - 1)

    def _cycle(self, at: int) -> tuple[Laid, ...]:
        found = self._cycles.get(at)
        if found is None:
            if len(self._cycles) >= MOST_CYCLES:
                self._cycles.clear()  # in one go: threads may look at the same time
            found = self._cycles[at] = self._lay(at)
        return found

    def _lay(self, at: int) -> tuple[Laid, ...]:
        phases = lay(self.regimen, self._zone_name, self._clock, at)
        return tuple(Laid(one.start_s, one.end_s, self._lines(one)) for one in phases)

    def _lines(self, phase: Phase) -> tuple[Line, ...]:
        found: list[Line] = []
        start, clock = number(phase.start_on), dict(self._clock)
        for take in phase.takes:
            if take.every_s:
                found.append(Beat(take, phase.start_s))
                continue
            times = sorted(times_of(self.regimen, take, clock))
            if times:
                minutes = tuple(minute for minute, _ in times)
                inside = minutes[0] >= 0 and minutes[-1] < 1440
                seconds = tuple(minute * 60 for minute in minutes) if inside else ()
                words = tuple(word for _, word in times)
                found.append(Times(take, start, minutes, words, seconds))
            rows = []
            for on_date, minute, word in named_of(self.regimen, take):
                due = self._almanac.due(number(on_date), minute)
                if due is not None:
                    rows.append((due, number(on_date), word))
            if rows:
                found.append(Named(take, tuple(sorted(rows))))
        return tuple(found)


def _loose(regimen: Regimen) -> tuple[Take, ...]:
    """Takes with their weekdays or days of the month alone: no dose of a cycle falls on others.

    Empty where a cycle has a dose soon after it begins, so that nothing can be leapt over.
    """
    found = []
    for step in regimen.steps:
        for take in step.takes:
            rules = bool(take.days) + bool(take.days_of_month)
            if take.every_s or take.on or take.every_days or rules != 1:
                return ()
            found.append(replace(take, every_weeks=0, every_months=0))
    return tuple(found)


class Timetable:
    """All regimens of a plan, laid out."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        zone = zone_of(plan.zone)
        assert zone is not None, "a Plan is only built with a known zone"
        self.zone = zone
        self.almanac = almanac_of(zone)
        self.courses = tuple(
            Course(plan, one, self.almanac)
            for one in sorted(plan.regimens, key=lambda regimen: regimen.id)
            if one.steps
        )

    def first(self, lo_s: int, hi_s: int) -> tuple[Course, Found, Line] | None:
        """What falls due first in [lo_s, hi_s): its course, when and which, and its line."""
        best = None
        for course in self.courses:  # in order of their ids: of two at one instant the first stays
            found = course.first(lo_s, hi_s)
            if found is not None:
                best = course, *found
                hi_s = found[0][0]
        return best

    def instants(self, lo_s: int, hi_s: int) -> list[tuple[str, list[int]]]:
        """(regimen id, when its doses fall due in [lo_s, hi_s), rising) of every regimen."""
        found = []
        for course in self.courses:
            dues: list[int] = []
            for _, stretch in course.stretches(lo_s, hi_s):
                dues += stretch[0]
            dues.sort()
            found.append((course.regimen.id, dues))
        return found


_kept: dict[int, Timetable] = {}


def timetable(plan: Plan) -> Timetable:
    """The plan laid out; kept, so that asking again costs nothing."""
    kept = _kept.get(id(plan))
    if kept is not None and kept.plan is plan and kept.zone is zone_of(plan.zone):
        return kept
    if len(_kept) >= MOST_PLANS:
        _kept.clear()
    made = _kept[id(plan)] = Timetable(plan)
    return made
