"""FHIR quantities in pieces: tablets and capsules, or what is counted elsewhere.

Responsible for: Quantity, doseAndRate, caps and the route. Not responsible for when, nor for
the units of what is never in the machine (elsewhere.py).
"""

from dataclasses import dataclass, replace
from fractions import Fraction

from schedules.fhir.elsewhere import EDQM as _EDQM
from schedules.fhir.elsewhere import SNOMED as _SNOMED
from schedules.fhir.elsewhere import UCUM as UCUM
from schedules.fhir.elsewhere import form_elsewhere, unit_elsewhere
from schedules.fhir.value import Element, OrderRefused, codings, elements, mapping, number, text
from schedules.model import COUNTED, MAX_QUARTERS

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


@dataclass(frozen=True)
class Measure:
    """What is known of one piece: its form, and how much of the one ingredient it holds."""

    form: str = ""
    amount: Fraction = Fraction(0)  # 0: not known, or several ingredients
    unit: str = ""  # UCUM, as mg
    elsewhere: bool = False  # the pharmacist says that it is kept elsewhere


def quantity(dosage: Element, measure: Measure) -> tuple[int, str]:
    """(quarters, unit) of the one dose of a Dosage."""
    return counted(dose_of(dosage), measure)


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


def counted(dose: Element, measure: Measure) -> tuple[int, str]:
    """(quarters, unit) of a Quantity in pieces; anything not counted is refused.

    An amount is counted where one piece holds that unit of its one ingredient: 500 mg of
    tablets of 250 mg are two.
    """
    quarters = _value(dose) * 4
    weighed = (text(dose, "system"), text(dose, "code")) == (UCUM, measure.unit)
    if weighed and measure.amount:
        quarters, unit = quarters / measure.amount, measure.form or "piece"
    else:
        unit = _unit(dose, measure.form)
    if quarters.denominator != 1:
        raise OrderRefused("dose-fraction", "pieces are given in quarters at the finest")
    if quarters > MAX_QUARTERS * 20:
        raise OrderRefused("dose-too-large", "more pieces than any dose can have")
    return int(quarters), unit


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
        form = said_unit if said_unit in COUNTED else None
    form = form or unit_elsewhere(system or "", code, unit)
    if form is None:
        why = "the dose is not counted in tablets or capsules"
        if code is None and unit is None:
            why = "the dose is a bare number: nothing says of what"
        raise OrderRefused("dose-unit", why)
    return form


def check_route(dosage: Element, unit: str, measure: Measure) -> None:
    """Only what is swallowed leaves this machine; an absent route is oral by its form."""
    if unit not in (*COUNTED, "piece"):
        form_elsewhere(dosage, unit)
        return
    route = mapping(dosage, "route")
    if route is None or measure.elsewhere:
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


def measure_of(medication: Element, form: str, elsewhere: bool) -> Measure:
    """What one piece holds, where the medicine has one ingredient and says it per piece."""
    found = elements(medication, "ingredient")
    ratio = mapping(found[0], "strength") if len(found) == 1 else None
    top = mapping(ratio, "numerator") if ratio is not None else None
    under = mapping(ratio, "denominator") if ratio is not None else None
    if top is None or under is None or number(under, "value") != 1:
        return Measure(form, elsewhere=elsewhere)
    amount, code = number(top, "value"), text(top, "code")
    known = text(top, "system") == UCUM and code is not None and (UCUM, code) not in _COUNTED
    per_piece = _COUNTED.get((text(under, "system") or "", text(under, "code") or ""))
    if "code" not in under:
        per_piece = _COUNTED_WORDS.get((text(under, "unit") or "").lower())
    if not known or code is None or amount is None or amount <= 0 or per_piece is None:
        return Measure(form, elsewhere=elsewhere)
    return Measure(form, amount, code, elsewhere)


def caps_of(dosage: Element, unit: str, measure: Measure) -> tuple[int, int, int]:
    """Quarters at most (per dose, per 24 h, per 7 d); 0: not given."""
    per_dose = 0
    once = mapping(dosage, "maxDosePerAdministration")
    if once is not None:
        per_dose = _cap(once, unit, measure)
    ratio = mapping(dosage, "maxDosePerPeriod")
    if ratio is None:
        return per_dose, 0, 0
    most, over = mapping(ratio, "numerator"), mapping(ratio, "denominator")
    if most is None or over is None:
        raise OrderRefused("max-dose", "the maximum cannot be read")
    stretch = (number(over, "value"), text(over, "code") or text(over, "unit"))
    quarters = _cap(most, unit, measure)
    if stretch in ((Fraction(24), "h"), (Fraction(1), "d")):
        return per_dose, quarters, 0
    if stretch in ((Fraction(7), "d"), (Fraction(1), "wk")):
        return per_dose, 0, quarters
    raise OrderRefused("max-dose", "the maximum is not for 24 hours or 7 days")


def _cap(most: Element, unit: str, measure: Measure) -> int:
    quarters, cap_unit = counted(most, measure if measure.form else replace(measure, form=unit))
    if cap_unit != unit and "piece" not in (cap_unit, unit):
        raise OrderRefused("max-dose", "dose and maximum are counted in different units")
    return quarters


def form_named(dosages: list[Element], units: list[str], form: str) -> str:
    """The form, where units and medicine agree on one."""
    named = {
        unit if unit in COUNTED else form_elsewhere(dosage, unit)
        for dosage, unit in zip(dosages, units, strict=True)
        if unit != "piece"
    }
    if form:
        named.add(form)
    if len(named) != 1:
        raise OrderRefused("dose-unit", "tablet or capsule? the order does not say one thing")
    return named.pop()


def unit_named(unit: str) -> str:
    """What a dose counts that is kept elsewhere; "": pieces, as the form says."""
    return "" if unit in (*COUNTED, "piece") else unit
