"""FHIR Timing.repeat to one Take: frequency, period, weekdays, clock times, meal words.

Responsible for: the reading of a cadence where there is exactly one. Not responsible for
bounds and codes (fhir_timing.py). Where the specification leaves times to the
institution, DAILY and the patient's clock stand for it.
"""

from datetime import date
from fractions import Fraction

from schedules.document import anchor
from schedules.fhir_value import Element, OrderRefused, extension, number, text, whole, words
from schedules.model import WEEKDAYS, Anchor, Take

# n times a day without saying when: site policy, minutes after midnight.
DAILY = {1: (480,), 2: (480, 1200), 3: (480, 840, 1200), 4: (480, 720, 960, 1200)}

_WHEN = {
    "WAKE": "wake",
    "CM": "breakfast",
    "CD": "lunch",
    "CV": "dinner",
    "HS": "bed",
    "PHS": "bed",
    "ACM": "before breakfast",
    "ACD": "before lunch",
    "ACV": "before dinner",
    "PCM": "after breakfast",
    "PCD": "after lunch",
    "PCV": "after dinner",
    "NOON": "noon",
    "NIGHT": "night",
} | {
    f"{code}{suffix}": f"{prefix}{word}"
    for code, word in (("MORN", "morning"), ("AFT", "afternoon"), ("EVE", "evening"))
    for suffix, prefix in (("", ""), (".early", "early-"), (".late", "late-"))
}
_ALL_MEALS = {"C": ("CM", "CD", "CV"), "AC": ("ACM", "ACD", "ACV"), "PC": ("PCM", "PCD", "PCV")}
UNIT_S = {"s": 1, "min": 60, "h": 3600}


def take_of(repeat: Element, timing: Element, quarters: int, started: date) -> Take:
    frequency, period = whole(repeat, "frequency"), number(repeat, "period")
    unit = text(repeat, "periodUnit")
    if (period is None) != (unit is None):
        raise OrderRefused("no-period", "period and its unit come together")
    if (frequency or 1) < 1 or (period is not None and period <= 0) or frequency == 0:
        raise OrderRefused("period", "frequency and period are more than nothing")
    if frequency is not None and period is None:
        raise OrderRefused("no-period", "a frequency, but no period")
    days = _days(repeat)
    at, when = _times(repeat)
    if period is None or unit is None:
        if not (days or at or when):
            raise OrderRefused("no-timing", "nothing says when to take it")
        return _daily(quarters, None, days, at, when)
    if unit in UNIT_S or (unit in ("d", "wk") and period.denominator != 1):
        factor = UNIT_S.get(unit) or {"d": 86_400, "wk": 604_800}[unit]
        return _interval(quarters, frequency or 1, period * factor, days, at, when)
    if unit not in ("d", "wk", "mo", "a") or period.denominator != 1:
        raise OrderRefused("unknown-unit", "the unit of the period is not a whole known one")
    if extension(repeat, "timing-dayOfMonth") or extension(timing, "timing-dayOfMonth"):
        raise OrderRefused("not-yet", "days of the month by extension are not read yet")
    if days:
        return _by_weekday(quarters, frequency, int(period), unit, days, at, when)
    if unit == "d" and period == 1:
        return _daily(quarters, frequency, (), at, when)
    return _sparse(quarters, frequency, int(period), unit, at, when, started)


def _daily(
    quarters: int,
    frequency: int | None,
    days: tuple[int, ...],
    at: tuple[int, ...],
    when: tuple[Anchor, ...],
) -> Take:
    """`frequency` times on each day, or on each of `days`."""
    times = len(at) + len(when)
    if times and frequency is not None and frequency != times:
        code = "frequency-vs-times" if at else "frequency-vs-when"
        raise OrderRefused(code, f"{frequency} times a day, but {times} times are named")
    if not times:
        if (frequency or 1) not in DAILY:
            raise OrderRefused("spacing-unspecified", "so many times a day need their times")
        at = DAILY[frequency or 1]
    return Take(quarters, at=at, when=when, days=days)


def _by_weekday(
    quarters: int,
    frequency: int | None,
    period: int,
    unit: str,
    days: tuple[int, ...],
    at: tuple[int, ...],
    when: tuple[Anchor, ...],
) -> Take:
    if unit == "d" and period == 1:
        return _daily(quarters, frequency, days, at, when)
    if unit != "wk":
        why = "named weekdays and a period that is no week contradict each other"
        raise OrderRefused("dow-with-multi-day-period", why)
    if period > 1 and len(days) > 1:
        raise OrderRefused("dow-with-multi-week", "several weekdays in more than one week")
    each: int | None = None
    if frequency is not None:
        if frequency % len(days):
            why = f"{frequency} times a week, but {len(days)} weekdays are named"
            raise OrderRefused("frequency-vs-dow", why)
        each = frequency // len(days)
    take = _daily(quarters, each, days, at, when)
    if period == 1:
        return take
    if period > 52:
        raise OrderRefused("not-yet", "more than a year apart")
    return Take(quarters, at=take.at, when=take.when, days=days, every_weeks=period)


def _sparse(
    quarters: int,
    frequency: int | None,
    period: int,
    unit: str,
    at: tuple[int, ...],
    when: tuple[Anchor, ...],
    started: date,
) -> Take:
    """Rarer than daily: the cadence holds, whatever times of day are named."""
    if (frequency or 1) > 1 and not (at or when):
        raise OrderRefused("spacing-unspecified", "several times in a longer period: when?")
    if (frequency or 1) > 1 or len(at) + len(when) > 1:
        why = "several times in a longer period: all on one day, or spread?"
        raise OrderRefused("cadence-ambiguous", why)
    if not (at or when):
        at = DAILY[1]
    if unit == "a":
        raise OrderRefused("not-yet", "yearly doses are not read yet")
    if unit == "mo":
        if period > 1 or started.day > 28:
            raise OrderRefused("not-yet", "monthly doses are read from the 1st to the 28th")
        return Take(quarters, at=at, when=when, day_of_month=started.day)
    every = period * 7 if unit == "wk" else period
    if every > 366:
        raise OrderRefused("not-yet", "more than a year apart")
    return Take(quarters, at=at, when=when, every_days=every)


def _interval(
    quarters: int,
    frequency: int,
    period_s: Fraction,
    days: tuple[int, ...],
    at: tuple[int, ...],
    when: tuple[Anchor, ...],
) -> Take:
    step_s = period_s / frequency
    if days:
        raise OrderRefused("interval-with-dow", "an interval in hours and weekdays contradict")
    if when:
        raise OrderRefused("interval-with-when", "an interval in hours and meals contradict")
    if at:
        if step_s * len(at) != 86_400:
            raise OrderRefused("frequency-vs-times", "interval and named times contradict")
        return Take(quarters, at=at)
    if step_s.denominator != 1 or step_s % 60 or step_s < 60:
        raise OrderRefused("interval", "an interval is whole minutes")
    return Take(quarters, every_s=int(step_s))


def _days(repeat: Element) -> tuple[int, ...]:
    found = words(repeat, "dayOfWeek")
    if any(day not in WEEKDAYS for day in found) or len(set(found)) < len(found):
        raise OrderRefused("day-of-week", "a weekday is unknown or named twice")
    return tuple(sorted(WEEKDAYS.index(day) for day in found))


def _times(repeat: Element) -> tuple[tuple[int, ...], tuple[Anchor, ...]]:
    """timeOfDay as minutes, when as anchors; one of both at most."""
    given, codes = words(repeat, "timeOfDay"), words(repeat, "when")
    offset = whole(repeat, "offset") or 0
    if given and codes:
        raise OrderRefused("timeofday-and-when", "clock times and meal words exclude each other")
    if offset and not codes:
        raise OrderRefused("offset-without-when", "an offset, but from what?")
    minutes = []
    for one in given:
        parts = one.split(":")
        if len(parts) < 2 or not all(part[:2].isdigit() for part in parts):
            raise OrderRefused("not-fhir", "a time of day cannot be read")
        hour, minute = int(parts[0]), int(parts[1])
        if hour > 23 or minute > 59 or (len(parts) > 2 and float(parts[2] or 0)):
            raise OrderRefused("time-of-day", "a time of day is a whole minute from 00:00 to 23:59")
        minutes.append(hour * 60 + minute)
    if len(set(minutes)) < len(minutes):
        raise OrderRefused("frequency-vs-times", "one time of day is named twice")
    anchors: list[Anchor] = []
    for code in codes:
        for single in _ALL_MEALS.get(code, (code,)):
            anchors.append(_anchor(single, offset))
    if len(set(anchors)) < len(anchors):
        raise OrderRefused("frequency-vs-when", "one part of the day is named twice")
    return tuple(minutes), tuple(anchors)


def _anchor(code: str, offset: int) -> Anchor:
    word = _WHEN.get(code)
    if word is None:
        raise OrderRefused("unknown-when", "a part of the day is not known here")
    if not offset:
        return anchor(word)
    if not 1 <= offset <= 999:
        raise OrderRefused("offset", "an offset is from 1 to 999 minutes")
    if code in ("CM", "CD", "CV"):
        raise OrderRefused("offset-not-allowed", "an offset from 'with the meal': before or after?")
    if code == "HS":
        return anchor(f"before bed {offset}min")
    if code == "PHS":
        return anchor(f"after bed {offset}min")
    if code == "WAKE":
        return anchor(f"after wake {offset}min")
    if " " not in word:
        raise OrderRefused("not-yet", "an offset from a part of the day is not read yet")
    return anchor(f"{word} {offset}min")
