"""One take of a plan as R4 Timing: what falls due between two instants, and nothing else.

Responsible for: Timing.repeat of one take in one phase, its first and last instant included.
Bounds are absolute and lie inside the validity, so that no reader can begin a course anew or
go on after the plan has ended. Not responsible for several takes together, nor for whether a
reader finds the same instants (out_line.py judges that).
"""

from dataclasses import dataclass, replace
from datetime import date
from itertools import groupby
from zoneinfo import ZoneInfo

from schedules.fhir.out_value import HL7, Json, Resource, days, duration
from schedules.localtime import instant, local
from schedules.model import WEEKDAYS, Anchor, Plan, Regimen, Step, Take
from schedules.phases import Phase, due_in, times_of

_EXACT = {
    "wake": "WAKE",
    "breakfast": "CM",
    "lunch": "CD",
    "dinner": "CV",
    "bed": "HS",
    "noon": "NOON",
    "night": "NIGHT",
} | {
    f"{prefix}{word}": f"{code}{suffix}"
    for code, word in (("MORN", "morning"), ("AFT", "afternoon"), ("EVE", "evening"))
    for suffix, prefix in (("", ""), (".early", "early-"), (".late", "late-"))
}
_SIDES = {
    "before breakfast": "ACM",
    "before lunch": "ACD",
    "before dinner": "ACV",
    "after breakfast": "PCM",
    "after lunch": "PCD",
    "after dinner": "PCV",
    "after wake": "WAKE",
    "before bed": "HS",
    "after bed": "PHS",
}
DAY_MIN = 1440


@dataclass(frozen=True)
class Line:
    """A part of a take that one R4 Dosage can hold, with its instants in the validity."""

    take: Take
    step: int
    dues: tuple[int, ...]  # ascending, never empty
    minutes: tuple[int, ...]  # times of day, from midnight of the plan day
    first_on: date  # the plan day of the first instant
    whole: bool  # all of its step: nothing of it lies outside the validity, or in another line


def lines_of(plan: Plan, regimen: Regimen, phase: Phase, zone: ZoneInfo) -> list[Line]:
    """The lines of one phase, as far as something of them falls due while the plan is valid."""
    clock = dict(plan.clock)
    lo, hi = max(phase.start_s, plan.valid_from), min(phase.end_s, plan.valid_until)
    whole = (lo, hi) == (phase.start_s, phase.end_s)
    parts = [part for take in phase.takes for part in _parts(take, clock)]
    found = []
    for part in parts:
        alone = replace(phase, takes=(part,))
        rows = sorted((one[0], one[4]) for one in due_in(regimen, alone, clock, zone, lo, hi))
        if rows:
            dues, minutes = tuple(at for at, _ in rows), _day_minutes(regimen, part, clock)
            alike = whole and len(parts) == 1
            found.append(Line(part, phase.step, dues, minutes, rows[0][1], alike))
    return found


def cycle_lines(plan: Plan, regimen: Regimen, told: list[Phase], zone: ZoneInfo) -> list[Line]:
    """A cycle of whole days, day by day: each day of it comes again every so many days."""
    repeat = regimen.repeat_every
    if repeat is None or repeat.unit == "mo":
        return []
    length = repeat.count * (7 if repeat.unit == "wk" else 1)
    clock = dict(plan.clock)
    buckets: dict[tuple[int, Take], list[tuple[int, date]]] = {}
    for phase in told:
        lo, hi = max(phase.start_s, plan.valid_from), min(phase.end_s, plan.valid_until)
        for take in phase.takes:
            for part in _parts(take, clock) if not take.every_s else []:
                every = Take(part.quarters, at=part.at, when=part.when, every_days=length)
                alone = replace(phase, takes=(part,))
                for due, _, _, _, on_date in due_in(regimen, alone, clock, zone, lo, hi):
                    place = (on_date - regimen.start.on_date).days % length
                    buckets.setdefault((place, every), []).append((due, on_date))
    found = []
    for (_, take), rows in sorted(buckets.items(), key=lambda one: min(one[1])):
        dues = tuple(sorted(at for at, _ in rows))
        minutes = _day_minutes(regimen, take, clock)
        found.append(Line(take, 0, dues, minutes, min(rows)[1], False))
    return found


def _day_minutes(regimen: Regimen, take: Take, clock: dict[str, int]) -> tuple[int, ...]:
    """Times of day of a take; one may lie before or after its plan day."""
    return tuple(minute for minute, _ in times_of(regimen, take, clock))


def _parts(take: Take, clock: dict[str, int]) -> list[Take]:
    """Takes that one Timing.repeat can hold: one offset, one weekday of several weeks."""
    if take.every_weeks and len(take.days) > 1:
        return [one for day in take.days for one in _parts(replace(take, days=(day,)), clock)]
    if len(take.days_of_month) > 1:
        return [
            one
            for day in take.days_of_month
            for one in _parts(replace(take, days_of_month=(day,)), clock)
        ]
    if not take.when:
        return [take]
    coded = [_coded(one) for one in take.when]
    if None in coded:
        minutes = tuple(clock[one.word] + one.offset_min for one in take.when)
        return [replace(take, when=(), at=minutes)]
    pairs = [(anchor, code) for anchor, code in zip(take.when, coded, strict=True) if code]
    pairs.sort(key=lambda pair: pair[1][1])
    return [
        replace(take, when=tuple(anchor for anchor, _ in group))
        for _, group in ((key, list(rows)) for key, rows in groupby(pairs, lambda p: p[1][1]))
    ]


def _coded(anchor: Anchor) -> tuple[str, int] | None:
    """(code, offset) of R4 for a word of the patient's clock; None where it has none."""
    if anchor.text in _EXACT:
        return _EXACT[anchor.text], 0
    if anchor.text in _SIDES and anchor.text.split()[1] in ("breakfast", "lunch", "dinner"):
        return _SIDES[anchor.text], 0
    words = " ".join(anchor.text.split()[:2])
    if words in _SIDES and anchor.offset_min:
        return _SIDES[words], abs(anchor.offset_min)
    return None


def timing(line: Line, zone: ZoneInfo, step: Step, *, follows: bool) -> Resource:
    """R4 Timing of a line; `follows`: it begins where the line before it has ended."""
    if line.take.on:
        return {"event": [_stamp(zone, at) for at in line.dues]}
    found: Resource = {"repeat": _bounds(line, zone, step, follows=follows) | _cadence(line.take)}
    if line.take.days_of_month and (line.take.every_months or 1) == 1:
        extension: list[Json] = [
            {"url": f"{HL7}/timing-dayOfMonth", "valuePositiveInt": day}
            for day in line.take.days_of_month
        ]
        found = {"extension": extension, **found}
    return found


def _bounds(line: Line, zone: ZoneInfo, step: Step, *, follows: bool) -> Resource:
    found: Resource = {}
    if step.doses and line.whole:
        found["count"] = step.doses
    if follows and line.whole and step.until is None and (step.length or step.elapsed_s):
        length = step.length
        span = days(length.count, length.unit) if length else duration(step.elapsed_s)
        return {"boundsDuration": span} | found
    if follows and found and step.until is None:
        return found
    start, end = _stamp(zone, line.dues[0]), _stamp(zone, line.dues[-1])
    last, minutes = local(zone, line.dues[-1]), line.minutes
    if minutes and line.dues[0] == instant(zone, line.first_on, min(minutes)):
        start = line.first_on.isoformat()
    if minutes and max(minutes) < DAY_MIN and last.hour * 60 + last.minute == max(minutes):
        end = last.date().isoformat()
    found["boundsPeriod"] = {"end": end} if follows else {"start": start, "end": end}
    return found


def _stamp(zone: ZoneInfo, at_s: int) -> str:
    return local(zone, at_s).isoformat()


def _cadence(take: Take) -> Resource:
    if take.every_s:
        every = duration(take.every_s)
        return {"frequency": 1, "period": every["value"], "periodUnit": every["code"]}
    number = len(take.at) + len(take.when)
    found: Resource = {"frequency": number, "period": 1, "periodUnit": "d"}
    if take.days:
        found["dayOfWeek"] = [WEEKDAYS[day] for day in take.days]
        found["frequency"] = number * len(take.days)
        found["period"], found["periodUnit"] = take.every_weeks or 1, "wk"
    elif take.every_weeks:
        found["period"], found["periodUnit"] = take.every_weeks, "wk"
    elif take.every_days:
        found["period"] = take.every_days
    elif take.every_months or take.days_of_month:
        found["period"], found["periodUnit"] = take.every_months or 1, "mo"
        found["frequency"] = number * max(1, len(take.days_of_month))
    if take.at:
        found["timeOfDay"] = [
            f"{at % DAY_MIN // 60:02d}:{at % 60:02d}:00" for at in sorted(take.at)
        ]
    else:
        codes = [code for code in map(_coded, take.when) if code]
        found["when"] = [code for code, _ in codes]
        if codes and codes[0][1]:
            found["offset"] = codes[0][1]
    return found
