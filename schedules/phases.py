"""Steps and cycles laid out in time: which takes hold from when until when, and what falls due.

Responsible for: the phases of a regimen, their bounds in UTC, the days on which a take holds and
the instants of its occasions. Not responsible for identity and windows (doses.py), nor for
judging a plan (check.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.localtime import add_span, has_day, instant, local, weeks_from, zone_of
from schedules.model import DAY_S, Dose, Plan, Regimen, Span, Step, Take

FOREVER = 1 << 40
MINUTE_S = 60
_REACH = timedelta(days=2)  # an offset may move a dose off its plan day


@dataclass(frozen=True)
class Phase:
    """One step of one cycle with its bounds: [start_s, end_s)."""

    step: int
    takes: tuple[Take, ...]
    start_on: date
    start_s: int
    end_s: int


@dataclass(frozen=True)
class Begin:
    """Where a step begins: a local date and minute, and the instant that is."""

    on_date: date
    minute: int
    at_s: int


@dataclass(frozen=True)
class HoldPoint:
    """A step that waits for two signatures: what they look for, which step, since when."""

    words: str
    step: int
    begins_at: int


def times_of(regimen: Regimen, take: Take, clock: dict[str, int]) -> list[tuple[int, str]]:
    """(minute of day, occasion) of each clock time or word of a take."""
    words = dict(regimen.occasions)
    found = []
    for minute in take.at:
        text = f"{minute // 60:02d}:{minute % 60:02d}"
        found.append((minute, words.get(text, text.replace(":", ""))))
    for anchor in take.when:
        found.append((clock[anchor.word] + anchor.offset_min, words.get(anchor.text, anchor.word)))
    return found


def named_of(regimen: Regimen, take: Take) -> list[tuple[date, int, str]]:
    """(date, minute of day, occasion) of each date and time that a take names."""
    words = dict(regimen.occasions)
    found = []
    for one in take.on:
        text = f"{one.minute // 60:02d}:{one.minute % 60:02d}"
        found.append((one.on_date, one.minute, words.get(text, text.replace(":", ""))))
    return found


Due = tuple[int, Take, str, tuple[str | int, str | int], date]


def due_in(
    regimen: Regimen, phase: Phase, clock: dict[str, int], zone: ZoneInfo, lo: int, hi: int
) -> Iterator[Due]:
    """What falls due in [lo, hi) of one phase, in no order."""
    if lo >= hi:
        return
    first = max(local(zone, lo).date() - _REACH, phase.start_on)
    last = local(zone, hi).date() + _REACH
    for take in phase.takes:
        if take.every_s:
            k = max(0, -((phase.start_s - lo) // take.every_s))
            while (due := phase.start_s + k * take.every_s) < hi:
                if due >= lo:
                    yield due, take, "step", (phase.start_s, k), local(zone, due).date()
                k += 1
            continue
        for day, minute, occasion in named_of(regimen, take):
            due = instant(zone, day, minute)
            if lo <= due < hi and has_day(zone, day):
                yield due, take, "day", (day.isoformat(), occasion), day
        times = times_of(regimen, take, clock)
        day = first
        while day <= last:
            if on_day(take, phase.start_on, day) and has_day(zone, day):
                for minute, occasion in times:
                    due = instant(zone, day, minute)
                    if lo <= due < hi:
                        yield due, take, "day", (day.isoformat(), occasion), day
            day += timedelta(days=1)


def on_day(take: Take, start_on: date, day: date) -> bool:
    """Whether the day rule of a take holds on a plan day."""
    if take.every_days:
        return (day - start_on).days % take.every_days == 0
    if take.every_months:
        months = (day.year - start_on.year) * 12 + day.month - start_on.month
        turns, rest = divmod(months, take.every_months)
        if rest:
            return False
        if not take.days_of_month:
            return day == add_span(start_on, Span(take.every_months, "mo"), turns)
    if take.days_of_month:
        return day.day in take.days_of_month
    if take.days and day.weekday() not in take.days:
        return False
    if take.every_weeks:
        return weeks_from(start_on, day) % take.every_weeks == 0
    return True


def phases(
    regimen: Regimen, zone_name: str, clock: tuple[tuple[str, int], ...], from_s: int, to_s: int
) -> Iterator[Phase]:
    """The phases that may touch [from_s, to_s); flat in the regimen's age."""
    if regimen.repeat_every is None:
        yield from cycle(regimen, zone_name, clock, 0)
        return
    zone = zone_of(zone_name)
    assert zone is not None
    longest = regimen.repeat_every.count * {"d": 1, "wk": 7, "mo": 31}[regimen.repeat_every.unit]
    number = max(0, (local(zone, from_s).date() - regimen.start.on_date).days // longest - 1)
    while True:
        found = cycle(regimen, zone_name, clock, number)
        if not found or found[0].start_s >= to_s:
            return
        yield from found
        number += 1


def lay(
    regimen: Regimen, zone_name: str, clock: tuple[tuple[str, int], ...], number: int
) -> tuple[Phase, ...]:
    """The phases of one cycle (number 0 where the regimen does not repeat)."""
    zone = zone_of(zone_name)
    assert zone is not None
    repeat = regimen.repeat_every or Span(0, "d")
    start_on = add_span(regimen.start.on_date, repeat, number)
    minute = regimen.start.minute or 0
    start_s = instant(zone, start_on, minute)
    limit = FOREVER
    if regimen.repeat_every is not None:
        limit = instant(zone, add_span(regimen.start.on_date, repeat, number + 1), minute)
    begin = Begin(start_on, minute, start_s)
    found: list[Phase] = []
    for index, step in enumerate(regimen.steps):
        if begin.at_s >= limit:
            break
        phase = Phase(index, step.takes, begin.on_date, begin.at_s, limit)
        end_s, begin = _step_end(regimen, step, phase, begin, zone, dict(clock))
        found.append(Phase(index, step.takes, phase.start_on, phase.start_s, end_s))
        if end_s >= limit:
            break
    return tuple(found)


cycle = lru_cache(maxsize=512)(lay)  # for those who ask now and then; timetable.py keeps its own


def asked_span(plan: Plan, regimen: Regimen) -> tuple[int, int]:
    """[from, until) in Unix seconds in which an as-needed regimen may be asked for."""
    zone = zone_of(plan.zone)
    assert zone is not None and regimen.as_needed is not None
    begins = instant(zone, regimen.start.on_date, regimen.start.minute or 0)
    until, minute = regimen.as_needed.until, regimen.as_needed.until_minute
    ends = FOREVER
    if until is not None and minute is not None:
        ends = instant(zone, until, minute) + MINUTE_S
    elif until is not None:
        ends = instant(zone, until + timedelta(days=1), 0)
    return max(begins, plan.valid_from), min(ends, plan.valid_until)


def hold_point_of(plan: Plan, dose: Dose) -> HoldPoint | None:
    """What two people must have signed off before a planned dose may be had; None: nothing.

    A hold point holds its own step and everything after it, the next cycle too, until a resume
    that is signed after the step began, or the next hold point.
    """
    regimen = plan.regimen(dose.regimen_id)
    if dose.kind == "asked" or not any(step.hold_point for step in regimen.steps):
        return None
    found: HoldPoint | None = None
    for phase in phases(regimen, plan.zone, plan.clock, dose.due_at, dose.due_at + 1):
        if phase.start_s > dose.due_at:
            break
        words = regimen.steps[phase.step].hold_point
        if words:
            found = HoldPoint(words, phase.step, phase.start_s)
    return found


def _step_end(
    regimen: Regimen, step: Step, phase: Phase, begin: Begin, zone: ZoneInfo, clock: dict[str, int]
) -> tuple[int, Begin]:
    """End of a step by the first of its ends, and where the next one begins."""
    bound_s, after = phase.end_s, begin
    if step.length is not None:
        on_date = add_span(phase.start_on, step.length)
        after = Begin(on_date, begin.minute, instant(zone, on_date, begin.minute))
    elif step.elapsed_s:
        after = _begin(zone, phase.start_s + step.elapsed_s)
    elif step.until is not None and step.until_minute is not None:
        after = _begin(zone, instant(zone, step.until, step.until_minute) + MINUTE_S)
    elif step.until is not None:
        after = _midnight(zone, step.until + timedelta(days=1))
    if after is not begin:
        bound_s = min(bound_s, after.at_s)
    single = bool(step.takes) and all(take.on for take in step.takes)
    number = step.doses or (sum(len(take.on) for take in step.takes) if single else 0)
    if number:
        last = _nth_due(regimen, replace(phase, end_s=bound_s), number, zone, clock, fewer=single)
        if last is not None:
            last_s, on_date = last
            every_s = step.takes[0].every_s
            if every_s:
                return last_s + 1, _begin(zone, last_s + every_s)
            return last_s + 1, _midnight(zone, on_date + timedelta(days=1))
        if single:
            return phase.start_s, begin
    return bound_s, after


def _begin(zone: ZoneInfo, at_s: int) -> Begin:
    at = local(zone, at_s)
    return Begin(at.date(), at.hour * 60 + at.minute, at_s)


def _midnight(zone: ZoneInfo, on_date: date) -> Begin:
    return Begin(on_date, 0, instant(zone, on_date, 0))


def _nth_due(
    regimen: Regimen,
    phase: Phase,
    number: int,
    zone: ZoneInfo,
    clock: dict[str, int],
    *,
    fewer: bool,
) -> tuple[int, date] | None:
    """Instant and plan day of the n-th dose of a phase; None where there are fewer.

    `fewer`: the last one, where there are fewer.
    """
    lo, seen = phase.start_s, 0
    last: tuple[int, date] | None = None
    stop = min(phase.end_s, phase.start_s + 3660 * DAY_S)
    while lo < stop:
        hi = min(stop, lo + 60 * DAY_S)
        found = sorted(due_in(regimen, phase, clock, zone, lo, hi), key=lambda due: due[0])
        if seen + len(found) >= number:
            nth = found[number - seen - 1]
            return nth[0], nth[4]
        if found:
            last = found[-1][0], found[-1][4]
        seen += len(found)
        lo = hi
    return last if fewer else None
