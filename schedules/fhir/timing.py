"""One FHIR R4 Dosage to one Course: a cadence with its bounds, or a refusal.

Responsible for: the elements of a Dosage, timing codes and bounds. Not responsible for
the cadence (cadence.py), quantities (quantity.py), orders and sequences (regimens.py
for a plan, expand.py for whoever asks). Where FHIR contradicts itself the line is refused:
a pharmacist decides.
"""

from dataclasses import replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from schedules.cadence import Cadence, Course, Moment, moment
from schedules.fhir.cadence import DAILY, UNIT_S, Daily, cadence_of, month_days_of
from schedules.fhir.quantity import UCUM
from schedules.fhir.value import (
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
    words,
)
from schedules.model import Span

MAX_LENGTH = 9999  # of a course, in its unit
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
TIMING_KEYS = {"frequency", "period", "periodUnit", "dayOfWeek", "timeOfDay", "when", "offset"}
_REPEAT_KEYS = TIMING_KEYS | {
    "id",
    "extension",
    "boundsPeriod",
    "boundsDuration",
    "count",
    "duration",
    "durationMax",
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
    "site",
    "method",
    "doseAndRate",
    "maxDosePerPeriod",
    "maxDosePerAdministration",
}


def check_keys(dosage: Element) -> None:
    """Refuses a Dosage with an element this reader would leave out of the reckoning."""
    no_modifier(dosage, "the dosage")
    for key in dosage:
        if key.startswith("rate") or key == "maxDosePerLifetime":
            raise OrderRefused("limit-unknown", f"{key} cannot be kept by this machine")
        if key.lstrip("_") not in _DOSAGE_KEYS:
            raise OrderRefused("unknown-element", "the dosage has an element R4 does not know")


def course_of(dosage: Element, zone: ZoneInfo, daily: Daily = DAILY) -> Course:
    """When a Dosage is taken by the clock, from when and until when."""
    check_keys(dosage)
    timing = mapping(dosage, "timing")
    if timing is None:
        raise OrderRefused("no-timing", "nothing but a text says when to take it")
    repeat = effective_repeat(timing)
    count = whole(repeat, "count") or 0
    if "count" in repeat and count < 1:
        raise OrderRefused("count", "the count of doses is less than one")
    stated = bool(TIMING_KEYS & set(repeat) or month_days_of(repeat, timing))
    events = words(timing, "event")
    if count > 1 and not stated and not events:
        raise OrderRefused("no-period", "a count of doses, but nothing says how far apart")
    if events and not stated:
        if count not in (0, len(events)):
            raise OrderRefused("count", "a count, and another number of single instants")
        cadence = Cadence(events=tuple(_event(one, zone, daily) for one in events))
    elif count == 1 and not stated:
        cadence = Cadence(once=True, at=daily[1])
    else:
        cadence = cadence_of(repeat, timing, daily)
    for place in (repeat, timing, dosage):
        if extension(place, "timing-daysOfCycle"):
            raise OrderRefused("days-of-cycle", "a cycle of days by extension is not read here")
    exact = extension(timing, "timing-exact") or extension(repeat, "timing-exact")
    return replace(
        bounds_of(repeat, zone),
        cadence=cadence,
        count=count,
        exact=bool(exact and flag(exact, "valueBoolean")),
    )


def effective_repeat(timing: Element) -> Element:
    """Timing.repeat, with the meaning of Timing.code where that is what carries it."""
    no_modifier(timing, "the timing")
    repeat = mapping(timing, "repeat") or {}
    no_modifier(repeat, "the timing")
    for key in ("boundsRange", "countMax", "frequencyMax", "periodMax"):
        if key in repeat:
            code = "bounds-range" if key == "boundsRange" else "range"
            raise OrderRefused(code, f"{key} leaves a choice: somebody must decide")
    if {key.lstrip("_") for key in repeat} - _REPEAT_KEYS:
        raise OrderRefused("unknown-element", "the timing has an element R4 does not know")
    longest = max(number(repeat, "duration") or 0, number(repeat, "durationMax") or 0)
    duration_s = longest * UNIT_S.get(text(repeat, "durationUnit") or "", 86_400)
    if duration_s >= 3600:
        why = "duration means one long administration here, perhaps a course was meant"
        raise OrderRefused("duration-long", why)
    concept = mapping(timing, "code")
    if concept is None:
        return repeat
    stated = {key: value for key, value in repeat.items() if key in TIMING_KEYS}
    found = codings(concept)
    if not found and stated:
        return repeat
    if not found:
        raise OrderRefused("no-structured-timing", "the timing is a text only")
    if len(found) > 1 or found[0][0] != _GTS or found[0][1] not in _CODES:
        raise OrderRefused("unknown-timing-code", "the timing code has no single meaning here")
    meaning = _CODES[found[0][1]]
    told = ("frequency", "period", "periodUnit", *(("when",) if "when" in meaning else ()))
    if any(key in stated and stated[key] != meaning.get(key) for key in told):
        raise OrderRefused("code-contradicts-repeat", "timing code and structure disagree")
    return {**meaning, **repeat}


def bounds_of(repeat: Element, zone: ZoneInfo) -> Course:
    """The start and the ends of bounds[x], around a cadence that is still to come."""
    period, duration = mapping(repeat, "boundsPeriod"), mapping(repeat, "boundsDuration")
    if period is not None and duration is not None:
        raise OrderRefused("two-bounds", "two bounds are given, one is allowed")
    if duration is not None:
        return _lasting(duration)
    if period is None:
        return Course(Cadence())
    first, last = text(period, "start"), text(period, "end")
    start = None if first is None else _local(first, zone)
    if last is None:
        return Course(Cadence(), start)
    if "T" not in last:
        course = Course(Cadence(), start, until=_last_day(last, zone))
        assert course.until is not None
        over = start is not None and course.until < start.on_date
    else:
        course = Course(Cadence(), start, until_s=_local(last, zone).at_s(zone))
        assert course.until_s is not None
        over = start is not None and course.until_s < start.at_s(zone)
    if over:
        raise OrderRefused("bounds", "the order ends before it begins")
    return course


def _event(value: str, zone: ZoneInfo, daily: Daily) -> Moment:
    """A single instant; a date alone means the time of a dose that is taken once a day."""
    if value.count("-") < 2:
        raise OrderRefused("not-fhir", "a single instant names its day")
    found = _local(value, zone)
    return found if found.timed else Moment(found.on_date, daily[1][0])


def _local(value: str, zone: ZoneInfo) -> Moment:
    """A date or dateTime by the patient's clock; without an offset it is local already."""
    day, _, rest = value.partition("T")
    day += "-01" * (2 - day.count("-"))
    try:
        if not rest:
            return Moment(date.fromisoformat(day), 0, timed=False)
        at = datetime.fromisoformat(value)
        if at.tzinfo is not None:
            return moment(zone, int(at.timestamp()))
        return Moment(at.date(), at.hour * 60 + at.minute, True, at.second)
    except (ValueError, OverflowError):
        raise OrderRefused("not-fhir", "a date cannot be read") from None


def _last_day(value: str, zone: ZoneInfo) -> date:
    """The last day a date, month or year includes."""
    first = _local(value, zone).on_date
    if value.count("-") == 2:
        return first
    if value.count("-") == 1:
        return (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return date(first.year, 12, 31)


def _lasting(found: Element) -> Course:
    """A course of days, weeks, months (by the calendar) or hours (elapsed)."""
    if "comparator" in found:
        raise OrderRefused("comparator", "the length is 'more than' or 'less than'")
    value, code = number(found, "value"), text(found, "code")
    if value is None or text(found, "system") not in (None, UCUM):
        raise OrderRefused("unknown-unit", "the length of the course cannot be read")
    if code in UNIT_S and value > 0 and (value * UNIT_S[code]).denominator == 1:
        return Course(Cadence(), elapsed_s=int(value * UNIT_S[code]))
    if code not in ("d", "wk", "mo", "a"):
        why = "a course is counted in days, weeks, months or hours, not in this unit"
        raise OrderRefused("unknown-unit", why)
    if value.denominator != 1:
        raise OrderRefused("fractional-calendar-period", "a course of part of a day")
    if not 1 <= value <= MAX_LENGTH:
        raise OrderRefused("bounds", "a course has from 1 to 9999 days, weeks or months")
    span = Span(int(value) * 12, "mo") if code == "a" else Span(int(value), code)
    return Course(Cadence(), length=span)
