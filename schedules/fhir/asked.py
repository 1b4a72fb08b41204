"""FHIR asNeeded to what may be asked for: a dose, a gap and a rolling maximum, or a refusal.

Responsible for: one as-needed Dosage. Not responsible for planned ones (timing.py).
"""

from dataclasses import replace
from fractions import Fraction
from zoneinfo import ZoneInfo

from schedules.cadence import FOREVER_S, Moment, end_s, moment
from schedules.fhir.line import LAST_MINUTE
from schedules.fhir.order import name_of
from schedules.fhir.quantity import (
    Measure,
    caps_of,
    check_route,
    form_named,
    quantity,
    unit_named,
)
from schedules.fhir.timing import bounds_of, check_keys, effective_repeat
from schedules.fhir.value import (
    Element,
    OrderRefused,
    extension,
    flag,
    mapping,
    number,
    text,
    whole,
)
from schedules.model import DAY_S, AsNeeded, Limits, Regimen, Start

GAP_EXTENSION = "dosage-minimumGapBetweenDose"


def is_asked(dosage: Element) -> bool:
    """Whether a dosage is taken when needed."""
    stated = flag(dosage, "asNeededBoolean")
    return stated or mapping(dosage, "asNeededCodeableConcept") is not None


def as_needed(
    regimen: Regimen, dosage: Element, load: Moment, zone: ZoneInfo, measure: Measure
) -> Regimen:
    """The regimen with its dose, gap and maximum; OrderRefused where one is not said."""
    check_keys(dosage)
    timing = mapping(dosage, "timing")
    repeat = effective_repeat(timing) if timing is not None else {}
    if set(repeat) & {"when", "timeOfDay", "dayOfWeek", "count"}:
        raise OrderRefused("not-yet", "as needed, but at stated times or so many times in all")
    bounds = bounds_of(repeat, zone)
    begins = load
    if bounds.start is not None and bounds.start.at_s(zone) > load.at_s(zone):
        begins = bounds.start
    ends = end_s(bounds, begins, zone)
    if ends <= load.at_s(zone):
        raise OrderRefused("ended", "the order ended before it was loaded")
    quarters, unit = quantity(dosage, measure)
    check_route(dosage, unit, measure)
    per_dose, per_24h, per_7d = caps_of(dosage, unit, measure)
    gap_s = _gap_s(dosage, repeat)
    if not per_24h or not gap_s:
        why = "as needed without a gap and a maximum for 24 hours: somebody must say them"
        raise OrderRefused("as-needed-without-limit", why)
    concept = mapping(dosage, "asNeededCodeableConcept")
    try:
        reason = name_of(concept) if concept is not None else "when needed"
    except OrderRefused:
        reason = "when needed"
    return replace(
        regimen,
        form=form_named([dosage], [unit], measure.form),
        unit=unit_named(unit),
        start=Start(begins.on_date, begins.minute if begins.timed else None),
        as_needed=replace(
            _until(ends, zone),
            reason=reason[:80],
            quarters=quarters,
            min_gap_s=gap_s,
            max_quarters=per_24h,
        ),
        limits=Limits(per_dose, 0, per_7d),
    )


def _until(ends: int, zone: ZoneInfo) -> AsNeeded:
    """What is asked for until an instant (excluded), still without a dose."""
    found = AsNeeded("", 0, 0, 0)
    if ends == FOREVER_S:
        return found
    last = moment(zone, ends - 1)
    if last.fold:
        raise OrderRefused("not-yet", "an end in the second pass of a repeated hour")
    return replace(
        found, until=last.on_date, until_minute=None if last.minute == LAST_MINUTE else last.minute
    )


def _gap_s(dosage: Element, repeat: Element) -> int:
    """Seconds between two takings: by extension, else `once in so many hours`; 0: not said."""
    if extension(dosage, GAP_EXTENSION) is not None:
        return gap_of(dosage)
    if (whole(repeat, "frequency") or 1) == 1:
        return _seconds(number(repeat, "period"), text(repeat, "periodUnit"))
    return 0


def gap_of(dosage: Element) -> int:
    """Seconds between two takings as HL7's extension says them; 0: not said."""
    found = extension(dosage, GAP_EXTENSION)
    duration = (mapping(found, "valueDuration") if found is not None else None) or {}
    return _seconds(number(duration, "value"), text(duration, "code"))


def _seconds(value: Fraction | None, code: str | None) -> int:
    unit_s = {"min": 60, "h": 3600, "d": DAY_S}
    if value is None or code not in unit_s:
        return 0
    seconds = value * unit_s[code]
    if seconds <= 0 or seconds % 60 or seconds > 99 * DAY_S:
        raise OrderRefused("gap", "the gap between two takings is not whole minutes")
    return int(seconds)
