"""Steps and cycles laid out in time: which takes hold from when until when, and what falls due.

Responsible for: the phases of a regimen, their bounds in UTC, the days on which a take holds and
the instants of its occasions. Not responsible for identity and windows (doses.py), nor for
judging a plan (check.py).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from schedules.localtime import add_span, has_day, instant, local, weeks_from, zone_of
from schedules.model import DAY_S, Regimen, Span, Step, Take

FOREVER = 1 << 40
_REACH = timedelta(days=2)  # an offset may move a dose off its plan day


@dataclass(frozen=True)
class Phase:
    """One step of one cycle with its bounds: [start_s, end_s)."""

    step: int
    takes: tuple[Take, ...]
    start_on: date
    start_s: int
    end_s: int


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
        found = sorted(due_in(regimen, phase, clock, zone, lo, hi), key=lambda due: due[0])
        if seen + len(found) >= number:
            last = found[number - seen - 1]
            return last[0], last[4]
        seen += len(found)
        lo = hi
    return stop - 1, local(zone, stop - 1).date()
