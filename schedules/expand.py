"""`python -m schedules expand`: orders in, dose times out, for other programs.

Responsible for: one JSON line per order, in order, whatever comes in; the words of the answer.
Not responsible for when something is due (courses.py, cadence.py), nor for whether a machine
could count it: quantity and unit are told as they were ordered. Nothing is ever loaded by it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from fractions import Fraction

from schedules.cadence import Clock, Moment
from schedules.courses import Ordered, Taking, takings
from schedules.fhir_asked import is_asked
from schedules.fhir_cadence import DAILY, WHEN, Daily
from schedules.fhir_order import check_intent
from schedules.fhir_quantity import dose_of, ordered
from schedules.fhir_timing import check_keys, course_of
from schedules.fhir_value import (
    Element,
    OrderRefused,
    elements,
    flag,
    mapping,
    no_modifier,
    number,
    text,
    whole,
)
from schedules.localtime import instant, local, zone_of
from schedules.model import CLOCK_WORDS, DAY_S, PlanRefused

MAX_LINE = 1_000_000  # characters; longer lines are no order
MAX_DAYS = 3660
MAX_DOSES = 20_000  # of one order
MAX_DOSAGES = 100
CHECK_DAYS = 28  # contradictions are looked for at least so far
_TIME = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")


@dataclass(frozen=True)
class Site:
    """Where and when orders are loaded, and the times that are meant where none is said."""

    clock: Clock
    daily: Daily
    load: Moment
    days: int


def site_of(zone: str, start: str, days: int, clock: Mapping[str, object] | None = None) -> Site:
    """The site of a run; PlanRefused for a zone, start, length or clock that cannot be."""
    found = zone_of(zone)
    if found is None:
        raise PlanRefused("unknown-zone", "--zone", "this is no IANA time zone, as Europe/London")
    try:
        at = datetime.fromisoformat(start)
    except ValueError:
        raise PlanRefused("not-a-time", "--start", "a local time as 2026-03-23T07:00") from None
    if at.tzinfo is not None:
        at = at.astimezone(found)
    if not 1 <= days <= MAX_DAYS:
        raise PlanRefused("days", "--days", f"from 1 to {MAX_DAYS} days")
    words, daily = _clock_file(clock or {})
    load = Moment(at.date(), at.hour * 60 + at.minute)
    return Site(Clock(found, {**CLOCK_WORDS, **words}), {**DAILY, **daily}, load, days)


def expand(lines: Iterable[str], site: Site) -> Iterator[str]:
    """One JSON line for each line, in order; a line that is no order is refused, too."""
    for line in lines:
        yield json.dumps(answer(line, site), ensure_ascii=False, separators=(",", ":"))


def answer(line: str, site: Site) -> dict[str, object]:
    """What is to be said of one line; never raises for what stands in it."""
    ident: object = None
    try:
        order = _read(line)
        ident = order.get("id")
        ident = ident if isinstance(ident, str | int) else None
        found = _expanded(order, site)
    except OrderRefused as refused:
        return _said(ident, "refused", refused.code, refused.why, [])
    except (OverflowError, RecursionError, ValueError):
        why = "a number or a date in this order is beyond what can be reckoned with"
        return _said(ident, "refused", "not-fhir", why, [])
    if found is None:
        return _said(ident, "as-needed", "", "taken when needed: nothing is planned", [])
    why = "" if found else "nothing falls due in these days: its bounds lie before or after"
    return _said(ident, "expanded", "", why, [_row(one, site) for one in found])


def _said(
    ident: object, status: str, code: str, why: str, doses: list[dict[str, object]]
) -> dict[str, object]:
    return {"id": ident, "status": status, "code": code, "why": why, "doses": doses}


def _read(line: str) -> Element:
    if len(line) > MAX_LINE:
        raise OrderRefused("too-large", "a line longer than any order")
    try:
        order = json.loads(line)
    except (ValueError, RecursionError):
        raise OrderRefused("not-json", "this line is no JSON") from None
    if not isinstance(order, dict):
        raise OrderRefused("not-an-order", "a line is a MedicationRequest, or {id, dosage}")
    return order


def _expanded(order: Element, site: Site) -> list[Taking] | None:
    """The takings of an order; None: it is taken when needed only."""
    dosages = _dosages(order)
    planned = []
    for line, dosage in enumerate(dosages):
        if is_asked(dosage):
            check_keys(dosage)
        else:
            planned.append(_ordered(line, dosage, site))
    if not planned:
        return None
    lo = site.load.at_s(site.clock.zone)
    last = datetime.combine(site.load.on_date, datetime.min.time()) + timedelta(days=site.days)
    hi = instant(site.clock.zone, last.date(), site.load.minute)
    found = takings(planned, site.load, site.clock, lo, max(hi, lo + CHECK_DAYS * DAY_S))
    if len(found) > MAX_DOSES:
        raise OrderRefused("too-many", "more doses than anybody could take")
    return [one for one in found if one.due_s < hi]


def _dosages(order: Element) -> list[Element]:
    if "dosage" in order and "dosageInstruction" not in order:
        _check_bare(order)
        found = elements(order, "dosage")
    elif order.get("resourceType") == "MedicationRequest":
        check_intent(order)
        found = elements(order, "dosageInstruction")
    else:
        raise OrderRefused("not-an-order", "a line is a MedicationRequest, or {id, dosage}")
    if not found:
        raise OrderRefused("no-dosage", "the order does not say how to take the medicine")
    if len(found) > MAX_DOSAGES:
        raise OrderRefused("too-many", "more dosages than one order can have")
    return [_as_r4(one) for one in found]


def _check_bare(order: Element) -> None:
    """What stands around bare dosages is not needed; where it says no, that holds."""
    no_modifier(order, "the order")
    if order.get("status", "active") != "active":
        raise OrderRefused("status", "the order is not active")
    if flag(order, "doNotPerform"):
        raise OrderRefused("do-not-perform", "the order says that it must not be given")


def _as_r4(dosage: Element) -> Element:
    """R5's names for what R4 says as well."""
    found = dict(dosage)
    if "asNeeded" in found:
        found["asNeededBoolean"] = found.pop("asNeeded")
    if "asNeededFor" in found:
        reasons = elements(found, "asNeededFor")
        found.pop("asNeededFor")
        found.setdefault("asNeededCodeableConcept", reasons[0] if reasons else {})
    most = found.get("maxDosePerPeriod")
    if isinstance(most, list):
        if len(most) != 1:
            raise OrderRefused("max-dose", "several maxima at once are not read")
        found["maxDosePerPeriod"] = most[0]
    return found


def _ordered(line: int, dosage: Element, site: Site) -> Ordered:
    course = course_of(dosage, site.clock.zone, site.daily)
    value, unit = ordered(dose_of(dosage))
    once = mapping(dosage, "maxDosePerAdministration")
    if once is not None:
        most, cap_unit = ordered(once)
        _same_unit(cap_unit, unit)
        if value > most:
            raise OrderRefused("plan-over-limit", "one dose is more than its own maximum")
    return Ordered(line, whole(dosage, "sequence"), course, value, unit, _caps(dosage, unit))


def _caps(dosage: Element, unit: str) -> tuple[tuple[int, Fraction], ...]:
    ratio = mapping(dosage, "maxDosePerPeriod")
    if ratio is None:
        return ()
    top, over = mapping(ratio, "numerator"), mapping(ratio, "denominator")
    if top is None or over is None:
        raise OrderRefused("max-dose", "the maximum cannot be read")
    most, cap_unit = ordered(top)
    _same_unit(cap_unit, unit)
    span, word = number(over, "value"), text(over, "code") or text(over, "unit") or ""
    unit_s = {"min": 60, "h": 3600, "d": DAY_S, "wk": 7 * DAY_S}.get(word)
    if unit_s is None or span is None or span <= 0 or (span * unit_s).denominator != 1:
        raise OrderRefused("max-dose", "the maximum is not for so many hours, days or weeks")
    return ((int(span * unit_s), most),)


def _same_unit(one: str, other: str) -> None:
    if one != other:
        raise OrderRefused("max-dose", "dose and maximum are counted in different units")


def _row(one: Taking, site: Site) -> dict[str, object]:
    return {
        "due_at": local(site.clock.zone, one.due_s).isoformat(),
        "quantity": _decimal(one.order.value),
        "unit": one.order.unit,
        "line": one.order.line,
    }


def _decimal(value: Fraction) -> str:
    """A decimal as people write it: 1, 0.5, 2.25."""
    if value.denominator == 1:
        return str(value.numerator)
    return f"{value.numerator / value.denominator:.12f}".rstrip("0").rstrip(".")


def _clock_file(given: Mapping[str, object]) -> tuple[dict[str, int], dict[int, tuple[int, ...]]]:
    """Minutes of clock words (or FHIR's own codes), and times of n doses a day."""
    words: dict[str, int] = {}
    daily: dict[int, tuple[int, ...]] = {}
    for name, value in given.items():
        if name.isascii() and name.isdigit():
            times = [_minute(name, one) for one in value] if isinstance(value, list) else []
            if not times or len(times) != int(name) or len(set(times)) < len(times):
                raise PlanRefused("clock", name, f"{name} different times are needed here")
            daily[int(name)] = tuple(sorted(times))
            continue
        word = WHEN.get(name, name)
        if word not in CLOCK_WORDS:
            raise PlanRefused("clock", name, "this is no word of the day, no FHIR code of one")
        words[word] = _minute(name, value)
    return words, daily


def _minute(place: str, value: object) -> int:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PlanRefused("clock", place, "a time of day as 07:30")
    return int(match[1]) * 60 + int(match[2])
