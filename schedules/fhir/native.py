"""What R4's own elements say of a plan, as the document of a plan file.

Responsible for: reading the resources that out.py writes, without our extensions. What
R4 leaves open is left out here and stands beside it in our own words (words.py). Not
responsible for orders of other systems: many more ways of saying things are theirs (regimens.py).
"""

from datetime import date, datetime, timedelta
from fractions import Fraction

from schedules.canonical import quarters_text, span_text, utc_text
from schedules.fhir.cadence import WHEN
from schedules.fhir.out_value import HL7
from schedules.fhir.value import (
    Element,
    OrderRefused,
    elements,
    extension,
    mapping,
    number,
    text,
    whole,
    words,
)
from schedules.model import UNITS
from schedules.schema import Document

_SCHEMA = "posology-plan/1"
_UNIT_S = {"min": 60, "h": 3600}
_BEFORE = ("ACM", "ACD", "ACV", "HS")


def head_of(care: Element) -> dict[str, Document]:
    """Everything of a plan but its regimens, from a CarePlan."""
    period = _within(care, "period")
    until = datetime.fromisoformat(_text(period, "end")) + timedelta(seconds=1)
    return {
        "schema": _SCHEMA,
        "plan_id": _text(_first(care, "identifier"), "value"),
        "patient": _text(_within(_within(care, "subject"), "identifier"), "value"),
        "valid_from": utc_text(int(datetime.fromisoformat(_text(period, "start")).timestamp())),
        "valid_until": utc_text(int(until.timestamp())),
    }


def regimen_of(request: Element) -> dict[str, Document]:
    """One regimen of a plan file, from a MedicationRequest."""
    dosages = elements(request, "dosageInstruction")
    medicine = _first(request, "contained")
    found: dict[str, Document] = {
        "id": _text(_first(request, "identifier"), "value"),
        "name": _text(_within(medicine, "code"), "text"),
        "form": _text(_within(medicine, "form"), "text"),
        "ingredients": [
            _text(_within(one, "itemCodeableConcept"), "text")
            for one in elements(medicine, "ingredient")
        ],
    }
    strength = _strength(medicine)
    if strength:
        found["strength"] = strength
    timed = [one for one in dosages if "timing" in one]
    if timed:
        found |= _dosed(found, timed)
    prior = mapping(request, "priorPrescription")
    if prior is not None:
        found["replaces"] = _text(_within(prior, "identifier"), "value")
    return found


def _dosed(found: dict[str, Document], timed: list[Element]) -> dict[str, Document]:
    """Start, steps or as needed, and limits; `found` names the form."""
    first = timed[0]
    more: dict[str, Document] = {}
    unit = _text(_dose(first), "unit")
    if unit != UNITS.get(str(found["form"])):
        more["unit"] = unit
    started = _started(first)
    if started:
        more["start"] = started
    limits = _limits(first)
    if mapping(first, "asNeededCodeableConcept") is not None:
        asked: dict[str, Document] = {
            "for": _text(_within(first, "asNeededCodeableConcept"), "text"),
            "dose": _quarters(_dose(first)),
            "per": "24h",
        }
        for ours, theirs in (("min_gap", "min_gap"), ("max", "max_per_24h")):
            if theirs in limits:
                asked[ours] = limits.pop(theirs)
        more["as_needed"] = asked
    else:
        more["steps"] = _steps(timed)
    if limits:
        more["limits"] = limits
    return more


def _steps(timed: list[Element]) -> list[Document]:
    groups: dict[int, list[Element]] = {}
    for dosage in timed:
        groups.setdefault(whole(dosage, "sequence") or 0, []).append(dosage)
    found: list[Document] = []
    for place, number_ in enumerate(sorted(groups)):
        group = groups[number_]
        step: dict[str, Document] = {"take": [_take(one) for one in group]}
        found.append(step | _ends(_repeat(group[0]), last=place == len(groups) - 1))
    return found


def _ends(repeat: Element, *, last: bool) -> dict[str, Document]:
    found: dict[str, Document] = {}
    lasting, period = mapping(repeat, "boundsDuration"), mapping(repeat, "boundsPeriod")
    count = whole(repeat, "count")
    if count:
        found["doses"] = str(count)
    if lasting is not None:
        found["for"] = f"{_whole(lasting, 'value')}{_text(lasting, 'code')}"
    elif count:
        return found
    elif period is not None and not last and text(period, "start"):
        start, end = _text(period, "start"), _text(period, "end")
        length = date.fromisoformat(end[:10]) - date.fromisoformat(start[:10])
        found["for"] = f"{length.days + 1}d"
    elif period is not None and not last:
        found["until"] = _text(period, "end")[:16]
    return found


def _take(dosage: Element) -> Document:
    found: dict[str, Document] = {"dose": _quarters(_dose(dosage))}
    timing = _within(dosage, "timing")
    events = words(timing, "event")
    if events:
        return found | {"on": [one[:16] for one in events]}
    repeat = _repeat(dosage)
    period, unit = _whole(repeat, "period"), _text(repeat, "periodUnit")
    if unit in _UNIT_S:
        return found | {"every": span_text(period * _UNIT_S[unit])}
    at, codes = words(repeat, "timeOfDay"), words(repeat, "when")
    if at:
        found["at"] = [one[:5] for one in at]
    if codes:
        found["when"] = [_anchor(code, whole(repeat, "offset")) for code in codes]
    days = words(repeat, "dayOfWeek")
    if days:
        found["days"] = list(days)
    month_days = [
        str(_whole(one, "valuePositiveInt"))
        for one in elements(timing, "extension")
        if one.get("url") == f"{HL7}/timing-dayOfMonth"
    ]
    if month_days:
        found["day_of_month"] = month_days[0] if len(month_days) == 1 else list(month_days)
    if period > 1 or (unit == "wk" and not days) or (unit == "mo" and not month_days):
        found[{"d": "every_days", "wk": "every_weeks", "mo": "every_months"}[unit]] = str(period)
    return found


def _anchor(code: str, offset: int | None) -> str:
    word = WHEN.get(code, code)
    if not offset:
        return word
    return f"{'before' if code in _BEFORE else 'after'} {word.rpartition(' ')[2]} {offset}min"


def _started(dosage: Element) -> str:
    """The local day, or day and minute, the first dosage begins at; "" where it names none."""
    period = mapping(_repeat(dosage), "boundsPeriod")
    start = text(period, "start") if period is not None else None
    return (start or "")[:16]


def _limits(dosage: Element) -> dict[str, Document]:
    found: dict[str, Document] = {}
    once, ratio = mapping(dosage, "maxDosePerAdministration"), mapping(dosage, "maxDosePerPeriod")
    if once is not None:
        found["max_per_dose"] = _quarters(once)
    if ratio is not None:
        daily = _text(_within(ratio, "denominator"), "code") == "h"
        word = "max_per_24h" if daily else "max_per_7d"
        found[word] = _quarters(_within(ratio, "numerator"))
    gap = extension(dosage, "dosage-minimumGapBetweenDose")
    if gap is not None:
        length = _within(gap, "valueDuration")
        found["min_gap"] = span_text(_whole(length, "value") * _UNIT_S[_text(length, "code")])
    return found


def _strength(medicine: Element) -> str:
    parts = []
    for one in elements(medicine, "ingredient"):
        ratio = mapping(one, "strength")
        if ratio is None:
            return ""
        top = _within(ratio, "numerator")
        parts.append(f"{_decimal(number(top, 'value'))} {_text(top, 'code')}")
    return " + ".join(parts)


def _decimal(value: Fraction | None) -> str:
    if value is None:
        raise OrderRefused("not-fhir", "a number is missing")
    return str(int(value)) if value.denominator == 1 else str(float(value))


def _repeat(dosage: Element) -> Element:
    return mapping(_within(dosage, "timing"), "repeat") or {}


def _dose(dosage: Element) -> Element:
    return _within(_first(dosage, "doseAndRate"), "doseQuantity")


def _quarters(quantity: Element) -> str:
    value = number(quantity, "value")
    if value is None or (value * 4).denominator != 1:
        raise OrderRefused("not-fhir", "a quantity is not counted in quarters")
    return quarters_text(int(value * 4))


def _first(element: Element, key: str) -> Element:
    found = elements(element, key)
    if not found:
        raise OrderRefused("not-fhir", f"{key} is missing")
    return found[0]


def _within(element: Element, key: str) -> Element:
    found = mapping(element, key)
    if found is None:
        raise OrderRefused("not-fhir", f"{key} is missing")
    return found


def _text(element: Element, key: str) -> str:
    found = text(element, key)
    if found is None:
        raise OrderRefused("not-fhir", f"{key} is missing")
    return found


def _whole(element: Element, key: str) -> int:
    found = whole(element, key)
    if found is None:
        raise OrderRefused("not-fhir", f"{key} is missing")
    return found
