"""The words of an order beside its structure: where they say otherwise, neither is believed.

Responsible for: comparing how much, how often, on which days and how long, as far as the closed
grammar of text/sig.py reads the text. Not responsible for texts it does not read (text.py points
at some of those), nor for what the structure means (timing.py).
"""

from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache

from schedules.fhir.value import Element, OrderRefused, elements, mapping, number, text, words
from schedules.schema import Document
from schedules.text.sig import propose, understood
from schedules.text.sig_token import TextRefused

_PER_DAY = {"QD": 1, "BID": 2, "TID": 3, "QID": 4, "AM": 1, "PM": 1, "BED": 1}
_PERIOD_DAYS = {"h": Fraction(1, 24), "d": Fraction(1), "wk": Fraction(7)}
_COUNTED = ("tab", "cap", "tablet", "tablets", "capsule", "capsules")
_LENGTH_DAYS = {"d": 1, "wk": 7}


@dataclass(frozen=True)
class Told:
    """What words or a structure say; None where they do not, or not as one number."""

    a_day: Fraction | None = None  # doses, on the average
    amount: Fraction | None = None  # pieces at a time
    weekdays: frozenset[str] | None = None
    days: int | None = None  # length of the course


def contradiction(dosage: Element) -> str:
    """What text and structure say differently, in a sentence; "" where they agree."""
    try:
        built = _of_structure(dosage)
    except (OrderRefused, ZeroDivisionError):
        return ""  # refused elsewhere, with its own code
    for key in ("text", "patientInstruction"):
        read = _of_text(text(dosage, key) or "")
        for name, said in (
            ("a_day", "doses a day"),
            ("amount", "pieces at a time"),
            ("days", "days"),
        ):
            one, other = getattr(read, name), getattr(built, name)
            if one is not None and other is not None and one != other:
                return f"{said}: its text says {one}, its structure says {other}"
        if read.weekdays and built.weekdays is not None and read.weekdays != built.weekdays:
            return "its text names other days of the week than its structure"
    return ""


def words_only(code: str, order: Element) -> str:
    """What `propose` would make of the text, beside a refusal for a structure that is not there."""
    if code not in ("no-timing", "no-structured-timing", "dose-missing"):
        return ""
    lines = elements(order, "dosageInstruction")
    said = text(lines[0], "text") if len(lines) == 1 else None
    for language in ("en", "de"):
        try:
            reads = propose(said or "", language).reads
        except TextRefused:
            continue
        if reads:
            return f"; its text could be proposed (propose) as: {reads}"
    return ""


@lru_cache(maxsize=1024)
def _of_text(sentence: str) -> Told:
    for language in ("en", "de"):
        try:
            regimen = understood(sentence, language).regimen
        except TextRefused:
            continue
        steps = regimen.get("steps")
        if isinstance(steps, list) and len(steps) == 1 and isinstance(steps[0], dict):
            return _of_step(steps[0])
    return Told()


def _of_step(step: dict[str, Document]) -> Told:
    takes = [take for take in _list(step["take"]) if isinstance(take, dict)]
    amounts = {str(take["dose"]) for take in takes if "dose" in take}
    rates = [_rate(take) for take in takes]
    weekdays = frozenset(str(day) for take in takes for day in _list(take.get("days", [])))
    length = str(step.get("for", ""))
    unit = length.lstrip("0123456789")
    return Told(
        a_day=sum((one for one in rates if one is not None), Fraction(0))
        if None not in rates
        else None,
        amount=Fraction(amounts.pop()) if len(amounts) == 1 else None,
        weekdays=weekdays or None,
        days=int(length.removesuffix(unit)) * _LENGTH_DAYS[unit] if unit in _LENGTH_DAYS else None,
    )


def _rate(take: dict[str, Document]) -> Fraction | None:
    """Doses a day of one take, on the average; None for months."""
    if "every" in take:
        return Fraction(24, int(str(take["every"]).removesuffix("h")))
    if "day_of_month" in take:
        return None
    times = Fraction(len(_list(take.get("at", []))) + len(_list(take.get("when", []))))
    if "days" in take:
        times *= Fraction(len(_list(take["days"])), 7 * int(str(take.get("every_weeks", "1"))))
    return times / int(str(take.get("every_days", "1")))


def _list(value: Document) -> list[Document]:
    return value if isinstance(value, list) else []


def _of_structure(dosage: Element) -> Told:
    timing = mapping(dosage, "timing") or {}
    repeat = mapping(timing, "repeat") or {}
    named = words(repeat, "dayOfWeek")
    return Told(
        a_day=_structure_rate(timing, repeat),
        amount=_structure_amount(dosage),
        weekdays=frozenset(named) if named else None,
        days=_structure_days(repeat),
    )


def _structure_rate(timing: Element, repeat: Element) -> Fraction | None:
    weekdays, times = words(repeat, "dayOfWeek"), words(repeat, "timeOfDay")
    if any(key in repeat for key in ("frequencyMax", "periodMax", "countMax")):
        return None
    period, unit = number(repeat, "period"), text(repeat, "periodUnit")
    if period is None or unit is None:
        codes = [one.get("code") for one in elements(mapping(timing, "code") or {}, "coding")]
        known = [_PER_DAY[code] for code in codes if isinstance(code, str) and code in _PER_DAY]
        if known and not repeat.keys() - {"boundsPeriod", "boundsDuration", "count"}:
            return Fraction(known[0])
        if times and not words(repeat, "when"):
            return Fraction(len(times)) * Fraction(len(weekdays) or 7, 7)
        return None
    frequency = number(repeat, "frequency") or Fraction(1)
    if unit not in _PERIOD_DAYS:
        return None
    rate = frequency / (period * _PERIOD_DAYS[unit])
    return rate * Fraction(len(weekdays), 7) if weekdays and unit == "d" else rate


def _structure_amount(dosage: Element) -> Fraction | None:
    """Pieces at a time, where the structure counts pieces."""
    found = [mapping(one, "doseQuantity") for one in elements(dosage, "doseAndRate")]
    if len(found) != 1 or found[0] is None:
        return None
    units = {str(found[0].get(key, "")).lower().strip("{}") for key in ("code", "unit")}
    return number(found[0], "value") if units & set(_COUNTED) else None


def _structure_days(repeat: Element) -> int | None:
    bounds = mapping(repeat, "boundsDuration")
    if bounds is None:
        return None
    value, unit = number(bounds, "value"), text(bounds, "code") or text(bounds, "unit") or ""
    if value is None or unit not in _LENGTH_DAYS or value.denominator != 1:
        return None
    return int(value) * _LENGTH_DAYS[unit]
