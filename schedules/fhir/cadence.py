"""FHIR Timing.repeat to one Cadence: frequency, period, weekdays, clock times, meal words.

Responsible for: the reading of a cadence where there is exactly one. Not responsible for
bounds and codes (timing.py). Where the specification leaves times to the
institution, DAILY and the patient's clock stand for it.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from schedules.cadence import Cadence
from schedules.document import anchor
from schedules.fhir.value import Element, OrderRefused, elements, number, text, whole, words
from schedules.model import WEEKDAYS, Anchor

# n times a day without saying when: site policy, minutes after midnight.
Daily = Mapping[int, tuple[int, ...]]
DAILY: Daily = {1: (480,), 2: (480, 1200), 3: (480, 840, 1200), 4: (480, 720, 960, 1200)}

WHEN = {
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
_TIME = re.compile(r"([0-9]{2}):([0-9]{2})(:[0-9]{2}(?:\.[0-9]+)?)?")
UNIT_S = {"s": 1, "min": 60, "h": 3600}


def cadence_of(repeat: Element, timing: Element, daily: Daily = DAILY) -> Cadence:
    """The one reading of a repeat; OrderRefused where there is none, or more than one."""
    frequency, period = whole(repeat, "frequency"), number(repeat, "period")
    unit = text(repeat, "periodUnit")
    if (period is None) != (unit is None):
        raise OrderRefused("no-period", "period and its unit come together")
    if (frequency or 1) < 1 or (period is not None and period <= 0) or frequency == 0:
        raise OrderRefused("period", "frequency and period are more than nothing")
    if frequency is not None and period is None:
        raise OrderRefused("no-period", "a frequency, but no period")
    days, month_days = _days(repeat), month_days_of(repeat, timing)
    if words(repeat, "when") == ["IMD"]:
        return _at_once(repeat, daily, frequency, period, days or month_days)
    times = _times(repeat)
    if month_days:
        if days or (period is not None and (period != 1 or unit not in ("d", "mo"))):
            raise OrderRefused("day-of-month", "days of the month and another rule of days")
        if unit == "mo":
            frequency = _on_each(frequency, len(month_days), "day-of-month", "days of the month")
        return replace(_daily(frequency, (), times, daily), month_days=month_days)
    if period is None or unit is None:
        if not (days or times.at or times.when):
            raise OrderRefused("no-timing", "nothing says when to take it")
        return _daily(None, days, times, daily)
    if unit in UNIT_S or (unit in ("d", "wk") and period.denominator != 1):
        factor = UNIT_S.get(unit) or {"d": 86_400, "wk": 604_800}[unit]
        return _interval(frequency or 1, period * factor, days, times)
    if unit not in ("d", "wk", "mo", "a") or period.denominator != 1:
        raise OrderRefused("unknown-unit", "the unit of the period is not a whole known one")
    if days:
        return _by_weekday(frequency, int(period), unit, days, times, daily)
    if unit == "d" and period == 1:
        return _daily(frequency, (), times, daily)
    return _sparse(frequency, int(period), unit, times, daily)


def _at_once(
    repeat: Element,
    daily: Daily,
    frequency: int | None,
    period: Fraction | None,
    days: tuple[int, ...],
) -> Cadence:
    """R5's IMD: once, now."""
    again = (frequency or 1) > 1 or (whole(repeat, "count") or 1) > 1
    if again or period is not None or days or repeat.get("timeOfDay") or repeat.get("offset"):
        raise OrderRefused("frequency-vs-when", "at once, and again: when?")
    return Cadence(once=True, at=daily[1])


def _on_each(frequency: int | None, named: int, code: str, what: str) -> int | None:
    """How often on each of the named days, where a frequency counts all of them."""
    if frequency is None:
        return None
    if frequency % named:
        raise OrderRefused(code, f"{frequency} times, but {named} {what} are named")
    return frequency // named


def _daily(frequency: int | None, days: tuple[int, ...], times: Cadence, daily: Daily) -> Cadence:
    """`frequency` times on each day, or on each of `days`."""
    named = len(times.at) + len(times.when)
    if named and frequency is not None and frequency != named:
        code = "frequency-vs-times" if times.at else "frequency-vs-when"
        raise OrderRefused(code, f"{frequency} times a day, but {named} times are named")
    if not named:
        if (frequency or 1) not in daily:
            raise OrderRefused("spacing-unspecified", "so many times a day need their times")
        times = Cadence(at=daily[frequency or 1])
    return replace(times, days=days)


def _by_weekday(
    frequency: int | None,
    period: int,
    unit: str,
    days: tuple[int, ...],
    times: Cadence,
    daily: Daily,
) -> Cadence:
    if unit == "d" and period == 1:
        return _daily(frequency, days, times, daily)
    if unit == "d" and period % 7 == 0:
        period, unit = period // 7, "wk"
    if unit != "wk":
        why = "named weekdays and a period that is no week contradict each other"
        raise OrderRefused("dow-with-multi-day-period", why)
    if period > 1 and len(days) > 1:
        raise OrderRefused("dow-with-multi-week", "several weekdays in more than one week")
    each = _on_each(frequency, len(days), "frequency-vs-dow", "weekdays")
    if period > 1 and (each or 1) > 1 and not (times.at or times.when):
        why = "several times in several weeks: all on one day, or one each week?"
        raise OrderRefused("spacing-unspecified", why)
    found = _daily(each, days, times, daily)
    return found if period == 1 else replace(found, every_weeks=period)


def _sparse(frequency: int | None, period: int, unit: str, times: Cadence, daily: Daily) -> Cadence:
    """Rarer than daily: the cadence holds, whatever times of day are named."""
    named = len(times.at) + len(times.when)
    if (frequency or 1) > 1 and not named:
        raise OrderRefused("spacing-unspecified", "several times in a longer period: when?")
    times = _daily(frequency, (), times, daily)
    if unit in ("mo", "a"):
        return replace(times, every_months=period * (12 if unit == "a" else 1))
    return replace(times, every_days=period * 7 if unit == "wk" else period)


def _interval(frequency: int, period_s: Fraction, days: tuple[int, ...], times: Cadence) -> Cadence:
    step_s = period_s / frequency
    if days:
        raise OrderRefused("interval-with-dow", "an interval in hours and weekdays contradict")
    if times.when:
        raise OrderRefused("interval-with-when", "an interval in hours and meals contradict")
    if times.at:
        if step_s * len(times.at) != 86_400:
            raise OrderRefused("frequency-vs-times", "interval and named times contradict")
        _check_spread(times.at, step_s)
        return times
    if step_s.denominator != 1 or step_s % 60 or step_s < 60:
        raise OrderRefused("interval", "an interval is whole minutes")
    return Cadence(every_s=int(step_s))


def _check_spread(at: tuple[int, ...], step_s: Fraction) -> None:
    """Times that stand for an interval may be uneven, but never closer than half of it."""
    ordered = sorted(at)
    for before, after in zip(ordered, [*ordered[1:], ordered[0] + 1440], strict=True):
        if (after - before) * 120 < step_s:
            raise OrderRefused("frequency-vs-times", "the named times are closer than the interval")


def _days(repeat: Element) -> tuple[int, ...]:
    found = words(repeat, "dayOfWeek")
    if any(day not in WEEKDAYS for day in found) or len(set(found)) < len(found):
        raise OrderRefused("day-of-week", "a weekday is unknown or named twice")
    return tuple(sorted(WEEKDAYS.index(day) for day in found))


def month_days_of(repeat: Element, timing: Element) -> tuple[int, ...]:
    """HL7's extension timing-dayOfMonth: 1 to 28, which every month has."""
    url = "http://hl7.org/fhir/StructureDefinition/timing-dayOfMonth"
    found = [
        whole(one, "valuePositiveInt")
        for place in (repeat, timing)
        for one in elements(place, "extension")
        if one.get("url") == url
    ]
    if any(day is None or not 1 <= day <= 28 for day in found) or len(set(found)) < len(found):
        raise OrderRefused("day-of-month", "a day of the month is one from 1 to 28, named once")
    return tuple(sorted(day for day in found if day))


def _times(repeat: Element) -> Cadence:
    """timeOfDay as minutes, when as anchors; one of both at most."""
    given, codes = words(repeat, "timeOfDay"), words(repeat, "when")
    offset = whole(repeat, "offset")
    if given and codes:
        raise OrderRefused("timeofday-and-when", "clock times and meal words exclude each other")
    if offset and not codes:
        raise OrderRefused("offset-without-when", "an offset, but from what?")
    minutes = []
    for one in given:
        match = _TIME.fullmatch(one)
        if match is None:
            raise OrderRefused("not-fhir", "a time of day cannot be read")
        hour, minute = int(match[1]), int(match[2])
        if hour > 23 or minute > 59 or (match[3] or "").strip(":0."):
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
    return Cadence(at=tuple(minutes), when=tuple(anchors))


def _anchor(code: str, offset: int | None) -> Anchor:
    word = WHEN.get(code)
    if word is None:
        raise OrderRefused("unknown-when", "a part of the day is not known here")
    if offset is None:
        return anchor(word)
    if not offset:
        return anchor(word.rpartition(" ")[2])
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
        return anchor(f"after {word} {offset}min")
    return anchor(f"{word} {offset}min")
