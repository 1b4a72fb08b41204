"""FHIR quantities in pieces: tablets and capsules are counted, everything else is refused.

Responsible for: Quantity, doseAndRate, caps and the route. Not responsible for when.
"""

from fractions import Fraction

from schedules.fhir_value import Element, OrderRefused, codings, elements, mapping, number, text
from schedules.model import MAX_QUARTERS

_SNOMED = "http://snomed.info/sct"
_EDQM = ("http://standardterms.edqm.eu", "urn:oid:0.4.0.127.0.16.1.1.2.1")
UCUM = "http://unitsofmeasure.org"
_COUNTED = {
    ("http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm", "TAB"): "tablet",
    ("http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm", "CAP"): "capsule",
    (_SNOMED, "732936001"): "tablet",  # unit of presentation
    (_SNOMED, "732937005"): "capsule",
    (_SNOMED, "385055001"): "tablet",  # dose form
    (_SNOMED, "385049006"): "capsule",
    (UCUM, "{tbl}"): "tablet",
    (UCUM, "{tablet}"): "tablet",
    (UCUM, "{Tablet}"): "tablet",
    (UCUM, "{capsule}"): "capsule",
    (UCUM, "{Capsule}"): "capsule",
    (UCUM, "1"): "piece",
    (UCUM, "{piece}"): "piece",
} | {
    (system, code): form
    for system in _EDQM
    for code, form in (("15054000", "tablet"), ("15012000", "capsule"))
}
_COUNTED_WORDS = {
    "tablet": "tablet",
    "tablets": "tablet",
    "capsule": "capsule",
    "capsules": "capsule",
    "piece": "piece",
    "pieces": "piece",
}


_ORAL = {
    (_SNOMED, "26643006"),
    (_SNOMED, "738956005"),
    ("http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration", "PO"),
} | {(system, "20053000") for system in _EDQM}
_FORMS = {
    (_SNOMED, "385055001"): "tablet",
    (_SNOMED, "421026006"): "tablet",  # oral tablet
    (_SNOMED, "385049006"): "capsule",
    (_SNOMED, "421366001"): "capsule",  # oral capsule
} | {
    (system, code): form
    for system in _EDQM
    for code, form in (("10219000", "tablet"), ("10221000", "tablet"), ("10210000", "capsule"))
}


def quantity(dosage: Element, said_unit: str) -> tuple[int, str]:
    """(quarters, unit) of the one dose of a Dosage."""
    return counted(dose_of(dosage), said_unit)


def dose_of(dosage: Element) -> Element:
    """The one Quantity that is taken each time."""
    found = elements(dosage, "doseAndRate")
    if len(found) > 1:
        raise OrderRefused("dose-multiple", "more than one dose is given for one taking")
    if not found:
        raise OrderRefused("dose-missing", "nothing says how much to take")
    one = found[0]
    if "doseRange" in one:
        raise OrderRefused("dose-range", "the dose is a range: somebody must decide")
    if any(key.startswith("rate") for key in one):
        raise OrderRefused("rate", "a rate is no dose of pieces")
    dose = mapping(one, "doseQuantity")
    if dose is None:
        raise OrderRefused("dose-missing", "nothing says how much to take")
    return dose


def ordered(dose: Element) -> tuple[Fraction, str]:
    """(value, unit as it was ordered) of a Quantity in whatever unit; "" where it has none."""
    return _value(dose), text(dose, "code") or text(dose, "unit") or ""


def counted(dose: Element, said_unit: str) -> tuple[int, str]:
    """(quarters, unit) of a Quantity in pieces; anything not counted is refused."""
    quarters = _value(dose) * 4
    if quarters.denominator != 1:
        raise OrderRefused("dose-fraction", "pieces are given in quarters at the finest")
    if quarters > MAX_QUARTERS * 20:
        raise OrderRefused("dose-too-large", "more pieces than any dose can have")
    return int(quarters), _unit(dose, said_unit)


def _value(dose: Element) -> Fraction:
    if "comparator" in dose:
        raise OrderRefused("comparator", "the quantity is 'more than' or 'less than'")
    value = number(dose, "value")
    if value is None:
        raise OrderRefused("dose-missing", "nothing says how much to take")
    if value <= 0:
        raise OrderRefused("dose-zero", "a dose is more than nothing")
    return value


def _unit(dose: Element, said_unit: str) -> str:
    code, system, unit = text(dose, "code"), text(dose, "system"), text(dose, "unit")
    if code is not None:
        form = _COUNTED.get((system or "", code))
    elif unit is not None:
        form = _COUNTED_WORDS.get(unit.lower())
    else:
        form = said_unit or None
    if form is None:
        why = "the dose is not counted in tablets or capsules"
        if code is None and unit is None:
            why = "the dose is a bare number: nothing says of what"
        raise OrderRefused("dose-unit", why)
    return form


def check_route(dosage: Element) -> None:
    """Only what is swallowed leaves this machine; an absent route is oral by its form."""
    route = mapping(dosage, "route")
    if route is None:
        return
    found = codings(route)
    words = (text(route, "text") or "").lower()
    if any(one in _ORAL for one in found) or (not found and words in ("oral", "by mouth", "po")):
        return
    raise OrderRefused("route", "the route is not known to be oral")


def form_of(medication: Element) -> str:
    """tablet or capsule as the medicine itself says, "" where it does not."""
    for one in codings(mapping(medication, "form")):
        if one in _FORMS:
            return _FORMS[one]
    return ""


def caps_of(dosage: Element, unit: str) -> tuple[int, int, int]:
    """Quarters at most (per dose, per 24 h, per 7 d); 0: not given."""
    per_dose = 0
    once = mapping(dosage, "maxDosePerAdministration")
    if once is not None:
        per_dose = _cap(once, unit)
    ratio = mapping(dosage, "maxDosePerPeriod")
    if ratio is None:
        return per_dose, 0, 0
    most, over = mapping(ratio, "numerator"), mapping(ratio, "denominator")
    if most is None or over is None:
        raise OrderRefused("max-dose", "the maximum cannot be read")
    stretch = (number(over, "value"), text(over, "code") or text(over, "unit"))
    quarters = _cap(most, unit)
    if stretch in ((Fraction(24), "h"), (Fraction(1), "d")):
        return per_dose, quarters, 0
    if stretch in ((Fraction(7), "d"), (Fraction(1), "wk")):
        return per_dose, 0, quarters
    raise OrderRefused("max-dose", "the maximum is not for 24 hours or 7 days")


def _cap(most: Element, unit: str) -> int:
    quarters, cap_unit = counted(most, unit)
    if cap_unit != unit and "piece" not in (cap_unit, unit):
        raise OrderRefused("max-dose", "dose and maximum are counted in different units")
    return quarters


def form_named(units: list[str], form: str) -> str:
    """tablet or capsule, where units and medicine agree on one."""
    named = {unit for unit in units if unit != "piece"}
    if form:
        named.add(form)
    if len(named) != 1:
        raise OrderRefused("dose-unit", "tablet or capsule? the order does not say one thing")
    return named.pop()
