"""`python -m schedules expand`: orders in, dose times out, for other programs.

Responsible for: one JSON line per order, in order, whatever comes in; the words of the answer.
Not responsible for when something is due (courses.py, cadence.py), nor for whether a machine
could count it: quantity and unit are told as they were ordered. Nothing is ever loaded by it.
"""

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import TextIO

from schedules.cadence import Cadence, Clock, Moment, moment
from schedules.courses import Ordered, Taking, takings
from schedules.fhir.asked import gap_of, is_asked
from schedules.fhir.cadence import DAILY, WHEN, Daily
from schedules.fhir.order import INTENTS, check_intent
from schedules.fhir.quantity import dose_of, ordered
from schedules.fhir.r5 import dosage_as_r4, order_as_r4
from schedules.fhir.text import caution
from schedules.fhir.timing import bounds_of, check_keys, course_of, effective_repeat
from schedules.fhir.value import (
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
MAX_DOSES = 20_000  # of one order, or two in an hour all along
MOST_A_DAY = 48
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
    if not 1 <= days <= MAX_DAYS:
        raise PlanRefused("days", "--days", f"from 1 to {MAX_DAYS} days")
    words, daily = _clock_file(clock or {})
    load = Moment(at.date(), at.hour * 60 + at.minute)
    if at.tzinfo is not None:
        load = replace(moment(found, int(at.timestamp())), second=0)
    return Site(Clock(found, {**CLOCK_WORDS, **words}), {**DAILY, **daily}, load, days)


def expand(lines: Iterable[str], site: Site) -> Iterator[str]:
    """One JSON line for each line, in order; a line that is no order is refused, too."""
    for line in lines:
        yield json.dumps(answer(line, site), separators=(",", ":"))


def bounded(stream: TextIO) -> Iterator[str]:
    """The lines of a stream; of one that is too long only as much as shows that it is."""
    while line := stream.readline(MAX_LINE + 1):
        yield line
        while len(line) > MAX_LINE and not line.endswith("\n"):
            line = stream.readline(MAX_LINE + 1) or "\n"


def answer(line: str, site: Site) -> dict[str, object]:
    """What is to be said of one line; never raises for what stands in it."""
    ident: object = None
    try:
        order = _read(line)
        ident = order.get("id")
        ident = ident if isinstance(ident, str | int) else None
        if isinstance(ident, str):
            ident = _plain(ident)
        dosages = _dosages(order)
        found = _expanded(dosages, site)
    except OrderRefused as refused:
        return _said(ident, "refused", refused.code, refused.why, [])
    except (OverflowError, RecursionError, ValueError):
        why = "a number or a date in this order is beyond what can be reckoned with"
        return _said(ident, "refused", "not-fhir", why, [])
    if found is None:
        return _said(ident, "as-needed", "", "taken when needed: nothing is planned", [])
    why = caution(dosages)
    if not found:
        why = "nothing falls due in these days: its bounds lie before or after"
    return _said(ident, "expanded", "", why, [_row(one, site) for one in found])


def _plain(word: str) -> str:
    """The word without halves of characters, which no strict reader of JSON takes."""
    return word.encode("utf-8", "replace").decode()


def _said(
    ident: object, status: str, code: str, why: str, doses: list[dict[str, object]]
) -> dict[str, object]:
    return {"id": ident, "status": status, "code": code, "why": why, "doses": doses}


def _read(line: str) -> Element:
    if len(line) > MAX_LINE:
        raise OrderRefused("too-large", "a line longer than any order")
    try:
        order = json.loads(line, object_pairs_hook=_no_doubles)
    except (ValueError, RecursionError):
        raise OrderRefused("not-json", "this line is no JSON") from None
    if not isinstance(order, dict):
        raise OrderRefused("not-an-order", "a line is a MedicationRequest, or {id, dosage}")
    return order


def _no_doubles(pairs: list[tuple[str, object]]) -> Element:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise OrderRefused("duplicate-key", "one key stands twice: which of them holds?")
    return found


def _expanded(dosages: list[Element], site: Site) -> list[Taking] | None:
    """The takings of an order; None: it is taken when needed only."""
    planned = []
    for line, dosage in enumerate(dosages):
        if is_asked(dosage):
            check_keys(dosage)
        else:
            planned.append(_ordered(line, dosage, site))
    if not planned:
        return None
    if all(one.sequence is not None for one in planned):
        planned += [
            _asked(line, dosage, site)
            for line, dosage in enumerate(dosages)
            if is_asked(dosage) and dosage.get("sequence") is not None
        ]
    lo = site.load.at_s(site.clock.zone)
    last = datetime.combine(site.load.on_date, datetime.min.time()) + timedelta(days=site.days)
    hi = instant(site.clock.zone, last.date(), site.load.minute)
    most = max(MAX_DOSES, MOST_A_DAY * site.days)
    found = takings(planned, site.load, site.clock, lo, max(hi, lo + CHECK_DAYS * DAY_S), most)
    return [one for one in found if one.due_s < hi]


def _dosages(order: Element) -> list[Element]:
    if "dosage" in order and "dosageInstruction" not in order:
        _check_bare(order)
        found = [dosage_as_r4(one) for one in elements(order, "dosage")]
    elif order.get("resourceType") == "MedicationRequest":
        check_intent(order)
        found = elements(order_as_r4(order), "dosageInstruction")
    else:
        raise OrderRefused("not-an-order", "a line is a MedicationRequest, or {id, dosage}")
    if not found:
        raise OrderRefused("no-dosage", "the order does not say how to take the medicine")
    if len(found) > MAX_DOSAGES:
        raise OrderRefused("too-many", "more dosages than one order can have")
    return found


def _check_bare(order: Element) -> None:
    """What stands around bare dosages is not needed; where it says no, that holds."""
    no_modifier(order, "the order")
    if order.get("status", "active") != "active":
        raise OrderRefused("status", "the order is not active")
    if order.get("intent", "order") not in INTENTS:
        raise OrderRefused("intent", "this is a proposal, plan or option and not an order")
    if order.get("implicitRules"):
        raise OrderRefused("implicit-rules", "the order depends on rules not known here")
    if flag(order, "doNotPerform"):
        raise OrderRefused("do-not-perform", "the order says that it must not be given")


def _ordered(line: int, dosage: Element, site: Site) -> Ordered:
    course = course_of(dosage, site.clock.zone, site.daily)
    value, unit = ordered(dose_of(dosage))
    once = mapping(dosage, "maxDosePerAdministration")
    if once is not None:
        most, cap_unit = ordered(once)
        _same_unit(cap_unit, unit)
        if value > most:
            raise OrderRefused("plan-over-limit", "one dose is more than its own maximum")
    caps, gap_s = _caps(dosage, unit), gap_of(dosage)
    if _plain(unit) != unit:
        raise OrderRefused("not-fhir", "the unit is no text")
    return Ordered(line, whole(dosage, "sequence"), course, value, unit, caps, gap_s)


def _asked(line: int, dosage: Element, site: Site) -> Ordered:
    """A dosage that plans nothing, for its place in the sequence."""
    repeat = effective_repeat(mapping(dosage, "timing") or {})
    course = replace(bounds_of(repeat, site.clock.zone), cadence=Cadence())
    return Ordered(line, whole(dosage, "sequence"), course, Fraction(0), "", asked=True)


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
    exact = Decimal(value.numerator) / Decimal(value.denominator)
    return f"{exact:f}"


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
        minute = _minute(name, value)
        if words.setdefault(word, minute) != minute:
            raise PlanRefused("clock", name, "another word of the same hour says another time")
    return words, daily


def _minute(place: str, value: object) -> int:
    match = _TIME.fullmatch(value) if isinstance(value, str) else None
    if match is None:
        raise PlanRefused("clock", place, "a time of day as 07:30")
    return int(match[1]) * 60 + int(match[2])
