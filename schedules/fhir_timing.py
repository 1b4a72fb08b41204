"""One FHIR R4 Dosage to one Line: a Take with its bounds, or a refusal.

Responsible for: the elements of a Dosage, timing codes and bounds. Not responsible for
the cadence (fhir_cadence.py), quantities (fhir_quantity.py), orders and sequences
(fhir.py). Where FHIR contradicts itself the line is refused: a pharmacist decides.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.fhir_cadence import UNIT_S, take_of
from schedules.fhir_quantity import UCUM, check_route, quantity
from schedules.fhir_value import (
    Element,
    OrderRefused,
    codings,
    extension,
    flag,
    mapping,
    no_modifier,
    number,
    text,
    whole,
)
from schedules.localtime import local
from schedules.model import Span, Take

_GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
_CODES: dict[str, Element] = {
    "QD": {"frequency": 1, "period": 1, "periodUnit": "d"},
    "BID": {"frequency": 2, "period": 1, "periodUnit": "d"},
    "TID": {"frequency": 3, "period": 1, "periodUnit": "d"},
    "QID": {"frequency": 4, "period": 1, "periodUnit": "d"},
    "QOD": {"frequency": 1, "period": 2, "periodUnit": "d"},
    "AM": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["MORN"]},
    "BED": {"frequency": 1, "period": 1, "periodUnit": "d", "when": ["HS"]},
    "WK": {"frequency": 1, "period": 1, "periodUnit": "wk"},
    "MO": {"frequency": 1, "period": 1, "periodUnit": "mo"},
} | {
    f"Q{hours}H": {"frequency": 1, "period": hours, "periodUnit": "h"}
    for hours in (1, 2, 3, 4, 6, 8)
}
_TIMING_KEYS = {"frequency", "period", "periodUnit", "dayOfWeek", "timeOfDay", "when", "offset"}
_REPEAT_KEYS = _TIMING_KEYS | {
    "id",
    "extension",
    "boundsPeriod",
    "boundsDuration",
    "count",
    "duration",
    "durationUnit",
}
_DOSAGE_KEYS = {
    "id",
    "extension",
    "sequence",
    "text",
    "additionalInstruction",
    "patientInstruction",
    "timing",
    "asNeededBoolean",
    "asNeededCodeableConcept",
    "route",
    "method",
    "doseAndRate",
    "maxDosePerPeriod",
    "maxDosePerAdministration",
}


@dataclass(frozen=True)
class Line:
    """One Dosage: what to take, and for how long."""

    take: Take
    unit: str  # tablet, capsule, piece
    exact: bool
    start_on: date | None = None
    start_minute: int | None = None
    length: Span | None = None
    until: date | None = None
    count: int = 0


def check_keys(dosage: Element) -> None:
    """Refuses a Dosage with an element this reader would leave out of the reckoning."""
    no_modifier(dosage, "the dosage")
    for key in dosage:
        if key.startswith("rate") or key == "maxDosePerLifetime":
            raise OrderRefused("limit-unknown", f"{key} cannot be kept by this machine")
        if key.lstrip("_") not in _DOSAGE_KEYS:
            raise OrderRefused("unknown-element", "the dosage has an element R4 does not know")
    check_route(dosage)


def scheduled(dosage: Element, started: date, zone: ZoneInfo, said_unit: str) -> Line:
    """A Dosage that is taken by the clock. `started` is the local day it is loaded."""
    check_keys(dosage)
    timing = mapping(dosage, "timing")
    if timing is None:
        raise OrderRefused("no-timing", "nothing but a text says when to take it")
    repeat = effective_repeat(timing)
    quarters, unit = quantity(dosage, said_unit)
    start_on, start_minute, until = bounds_period(repeat, zone)
    length = _bounds_duration(repeat)
    count = whole(repeat, "count") or 0
    if "count" in repeat and count < 1:
        raise OrderRefused("count", "the count of doses is less than one")
    if (until is not None) + (length is not None) + bool(count) > 1:
        raise OrderRefused("not-yet", "two ends at once (bounds and count) are not read yet")
    if count > 1 and not (_TIMING_KEYS & set(repeat)):
        raise OrderRefused("no-period", "a count of doses, but nothing says how far apart")
    take = take_of(repeat, timing, quarters, start_on or started)
    exact = extension(timing, "timing-exact") or extension(repeat, "timing-exact")
    return Line(
        take,
        unit,
        bool(exact and flag(exact, "valueBoolean")),
        start_on,
        start_minute,
        length,
        until,
        count,
    )


def effective_repeat(timing: Element) -> Element:
    """Timing.repeat, with the meaning of Timing.code where that is what carries it."""
    no_modifier(timing, "the timing")
    if timing.get("event"):
        raise OrderRefused("not-yet", "single instants (Timing.event) are not read yet")
    repeat = mapping(timing, "repeat") or {}
    no_modifier(repeat, "the timing")
    for key in ("boundsRange", "countMax", "frequencyMax", "periodMax", "durationMax"):
        if key in repeat:
            code = "bounds-range" if key == "boundsRange" else "range"
            raise OrderRefused(code, f"{key} leaves a choice: somebody must decide")
    if {key.lstrip("_") for key in repeat} - _REPEAT_KEYS:
        raise OrderRefused("unknown-element", "the timing has an element R4 does not know")
    duration_s = (number(repeat, "duration") or 0) * UNIT_S.get(
        text(repeat, "durationUnit") or "", 86_400
    )
    if duration_s >= 3600:
        why = "duration means one long administration here, perhaps a course was meant"
        raise OrderRefused("duration-long", why)
    concept = mapping(timing, "code")
    if concept is None:
        return repeat
    stated = {key: value for key, value in repeat.items() if key in _TIMING_KEYS}
    found = codings(concept)
    if not found and stated:
        return repeat
    if not found:
        raise OrderRefused("no-structured-timing", "the timing is a text only")
    if len(found) > 1 or found[0][0] != _GTS or found[0][1] not in _CODES:
        raise OrderRefused("unknown-timing-code", "the timing code has no single meaning here")
    meaning = _CODES[found[0][1]]
    rate = ("frequency", "period", "periodUnit")
    if any(key in stated and stated[key] != meaning.get(key) for key in rate):
        raise OrderRefused("code-contradicts-repeat", "timing code and structure disagree")
    return {**meaning, **repeat}


def bounds_period(repeat: Element, zone: ZoneInfo) -> tuple[date | None, int | None, date | None]:
    """(start day, start minute, last day) of boundsPeriod."""
    period = mapping(repeat, "boundsPeriod")
    if period is None:
        return None, None, None
    if mapping(repeat, "boundsDuration") is not None:
        raise OrderRefused("two-bounds", "two bounds are given, one is allowed")
    first, last = text(period, "start"), text(period, "end")
    start_on, minute = (None, None) if first is None else _local(first, zone)
    until = None
    if last is not None:
        if "T" in last:
            raise OrderRefused("not-yet", "an end at a time of day is not read yet")
        until = _last_day(last, zone)
        if start_on is not None and until < start_on:
            raise OrderRefused("bounds", "the order ends before it begins")
    return start_on, minute, until


def _local(value: str, zone: ZoneInfo) -> tuple[date, int | None]:
    """Local day and minute of a date or dateTime; without an offset it is local already."""
    day, _, rest = value.partition("T")
    day += "-01" * (2 - day.count("-"))
    try:
        if not rest:
            return date.fromisoformat(day), None
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            at = local(zone, int(at.timestamp()))
        return at.date(), at.hour * 60 + at.minute
    except (ValueError, OverflowError):
        raise OrderRefused("not-fhir", "a date cannot be read") from None


def _last_day(value: str, zone: ZoneInfo) -> date:
    """The last day a date, month or year includes."""
    first, _ = _local(value, zone)
    if value.count("-") == 2:
        return first
    if value.count("-") == 1:
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return date(first.year, 12, 31)


def _bounds_duration(repeat: Element) -> Span | None:
    found = mapping(repeat, "boundsDuration")
    if found is None:
        return None
    if "comparator" in found:
        raise OrderRefused("comparator", "the length is 'more than' or 'less than'")
    value, code = number(found, "value"), text(found, "code")
    if value is None or text(found, "system") not in (None, UCUM):
        raise OrderRefused("unknown-unit", "the length of the course cannot be read")
    if code not in ("d", "wk", "mo", "a"):
        code_why = "hours and minutes" if code in UNIT_S else "this unit"
        code = "not-yet" if code in UNIT_S else "unknown-unit"
        raise OrderRefused(code, f"a course is counted in days, weeks or months, not {code_why}")
    if value.denominator != 1:
        raise OrderRefused("fractional-calendar-period", "a course of part of a day")
    if not 1 <= value <= 999:
        raise OrderRefused("bounds", "a course has from 1 to 999 days, weeks or months")
    return Span(int(value) * 12, "mo") if code == "a" else Span(int(value), code)
