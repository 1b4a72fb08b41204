"""Plan in, doses out: pure, in closed form, with an identity that never changes.

Responsible for: which doses are due in a stretch of time, their `dose_id` and their
four instants. Not responsible for whether a plan is sound (check.py) nor for
what becomes of a dose (the controller). A dose exists only inside the plan's validity.
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.limits import caps as caps
from schedules.limits import counters as counters
from schedules.limits import first_open_at as first_open_at
from schedules.limits import gap_s as gap_s
from schedules.limits import group_key as group_key
from schedules.localtime import add_span, has_day, instant, local, weeks_from, zone_of
from schedules.model import DAY_S, Dose, Plan, Regimen, Span, Step, Take

CRITICAL_WARN_S = 600  # a time-critical dose is warned of this long after due
ASKED_OPEN_S = 900  # how long a granted as-needed dose may be fetched
SEARCH_S = (2 * DAY_S, 40 * DAY_S, 800 * DAY_S)  # how far next_dose looks, in turn
_REACH = timedelta(days=2)  # an offset may move a dose off its plan day


@dataclass(frozen=True)
class Phase:
    """One step of one cycle with its bounds: [start_s, end_s)."""

    step: int
    takes: tuple[Take, ...]
    start_on: date
    start_s: int
    end_s: int


def dose_id(patient: str, regimen_id: str, kind: str, key: tuple[str | int, str | int]) -> str:
    """32 hex digits: the first 16 bytes of SHA-256 over canonical JSON."""
    text = json.dumps(
        [patient, regimen_id, kind, list(key)], ensure_ascii=True, separators=(",", ":")
    )
    return hashlib.sha256(text.encode()).digest()[:16].hex()


def doses(plan: Plan, from_s: int, to_s: int) -> list[Dose]:
    """Every planned dose with `due_at` in [from_s, to_s), by (due_at, regimen_id)."""
    zone = zone_of(plan.zone)
    assert zone is not None, "a Plan is only built with a known zone"
    from_s = max(from_s, plan.valid_from)
    to_s = min(to_s, plan.valid_until)
    found: list[Dose] = []
    if from_s < to_s:
        for regimen in plan.regimens:
            found.extend(_regimen_doses(plan, regimen, zone, from_s, to_s))
    found.sort(key=lambda dose: (dose.due_at, dose.regimen_id))
    return found


def next_dose(plan: Plan, after_s: int) -> Dose | None:
    """The first planned dose with `due_at` > after_s, None where the plan has no more."""
    from_s = max(after_s + 1, plan.valid_from)
    for reach_s in SEARCH_S:
        found = doses(plan, from_s, from_s + reach_s)
        if found:
            return found[0]
    return None


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


def _regimen_doses(
    plan: Plan, regimen: Regimen, zone: ZoneInfo, from_s: int, to_s: int
) -> Iterator[Dose]:
    clock = dict(plan.clock)
    for phase in phases(regimen, plan.zone, plan.clock, from_s, to_s):
        lo, hi = max(from_s, phase.start_s), min(to_s, phase.end_s)
        for due, take, kind, key, on_date in _due(regimen, phase, clock, zone, lo, hi):
            yield _dose(plan, regimen, take, kind, key, due, on_date)


def _dose(
    plan: Plan,
    regimen: Regimen,
    take: Take,
    kind: str,
    key: tuple[str | int, str | int],
    due_at: int,
    on_date: date,
) -> Dose:
    late_s = regimen.window.late_s
    warn_s = min(CRITICAL_WARN_S, late_s // 2) if regimen.time_critical else late_s // 2
    return Dose(
        dose_id=dose_id(plan.patient, regimen.id, kind, key),
        regimen_id=regimen.id,
        kind=kind,
        key=key,
        quarters=take.quarters,
        open_at=due_at - regimen.window.early_s,
        due_at=due_at,
        warn_at=due_at + warn_s,
        close_at=due_at + late_s,
        on_date=on_date,
    )


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


Due = tuple[int, Take, str, tuple[str | int, str | int], date]


def _due(
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
    if take.day_of_month:
        return day.day == take.day_of_month
    if take.days and day.weekday() not in take.days:
        return False
    if take.every_weeks:
        return weeks_from(start_on, day) % take.every_weeks == 0
    return True


FOREVER = 1 << 40


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


@lru_cache(maxsize=512)
def cycle(
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
    found: list[Phase] = []
    for index, step in enumerate(regimen.steps):
        if start_s >= limit:
            break
        phase = Phase(index, step.takes, start_on, start_s, limit)
        end_s, start_on, minute = _step_end(regimen, step, phase, minute, zone, dict(clock))
        found.append(Phase(index, step.takes, phase.start_on, phase.start_s, end_s))
        start_s = instant(zone, start_on, minute)
        if end_s >= limit:
            break
    return tuple(found)


def _step_end(
    regimen: Regimen, step: Step, phase: Phase, minute: int, zone: ZoneInfo, clock: dict[str, int]
) -> tuple[int, date, int]:
    """End of a step, and the local date and minute at which the next one starts."""
    if step.length is not None:
        next_on = add_span(phase.start_on, step.length)
        return min(phase.end_s, instant(zone, next_on, minute)), next_on, minute
    if step.until is not None:
        next_on = step.until + timedelta(days=1)
        return min(phase.end_s, instant(zone, next_on, 0)), next_on, 0
    if not step.doses:
        return phase.end_s, phase.start_on, minute
    last_s, on_date = _nth_due(regimen, phase, step.doses, zone, clock)
    end_s = min(phase.end_s, last_s + 1)
    every_s = step.takes[0].every_s
    if every_s:
        after = local(zone, last_s + every_s)
        return end_s, after.date(), after.hour * 60 + after.minute
    return end_s, on_date + timedelta(days=1), 0


def _nth_due(
    regimen: Regimen, phase: Phase, number: int, zone: ZoneInfo, clock: dict[str, int]
) -> tuple[int, date]:
    """Instant and plan day of the n-th dose of a phase, or its end where there are fewer."""
    lo, seen = phase.start_s, 0
    stop = min(phase.end_s, phase.start_s + 3660 * DAY_S)
    while lo < stop:
        hi = min(stop, lo + 60 * DAY_S)
        found = sorted(_due(regimen, phase, clock, zone, lo, hi), key=lambda due: due[0])
        if seen + len(found) >= number:
            last = found[number - seen - 1]
            return last[0], last[4]
        seen += len(found)
        lo = hi
    return stop - 1, local(zone, stop - 1).date()
