"""RXE, RXR and RXC: what is taken and how much of it, in the words of FHIR R4.

Responsible for: the give amount in pieces, the medicine, the route, what the formulary adds. Not
responsible for when (timing.py) or for whether the machine can count it (fhir/quantity.py).
Amounts in milligrams become pieces only by the strength of one piece (RXE-25/26 or the formulary),
as HL7 v2.5.1 chapter 4 says of these fields; nothing is read out of a name.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from fractions import Fraction

from schedules.fhir.elsewhere import UCUM, unit_elsewhere
from schedules.fhir.regimens import Said
from schedules.fhir.value import Element
from schedules.hl7v2.message import MISSING, NOT_IN_TABLE, Segment
from schedules.hl7v2.pattern import refused
from schedules.hl7v2.stamp import number_of

_FORM_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm"
_ROUTE_SYSTEM = "http://terminology.hl7.org/CodeSystem/v3-RouteOfAdministration"
_SNOMED = "http://snomed.info/sct"
_ROUTES = {  # HL7 table 0162 in SNOMED CT, as far as fhir/quantity.py knows routes
    "PO": "26643006",
    "SC": "34206005",
    "IM": "78421000",
    "IH": "447694001",
    "TD": "45890007",
    "TP": "6064005",
    "NS": "46713006",
    "OP": "54485002",
    "OT": "10547007",
    "PR": "37161004",
    "VG": "16857009",
}
_FORMS = {
    **dict.fromkeys(("tab", "tabs", "tablet", "tablets", "{tbl}", "{tablet}"), "TAB"),
    **dict.fromkeys(("cap", "caps", "capsule", "capsules", "{capsule}"), "CAP"),
}
_FORM_CODES = {"TAB": "385055001", "CAP": "385049006"}  # SNOMED CT: tablet, capsule
_EACH = ("ea", "each", "1", "piece", "pieces", "{piece}")
_MASS_UG = {
    **dict.fromkeys(("ug", "mcg", "microgram", "micrograms"), 1),
    **dict.fromkeys(("mg", "milligram", "milligrams"), 1000),
    **dict.fromkeys(("g", "gm", "gram", "grams"), 1_000_000),
}


def said_of_medicine(rxe: Segment, formulary: Mapping[str, Said]) -> Said:
    """What the formulary says of the code in RXE-2 (`197361^RXNORM`); nothing where it is silent.

    A code and its alternate that lead to different medicines are refused.
    """
    if not rxe.raw(2):
        raise refused("no-medication", "RXE-2", "the order does not say which medicine", MISSING)
    found = []
    for at in (1, 4):
        code, system = rxe.only(2, at), rxe.only(2, at + 2)
        for key in (f"{code}^{system}", code if not system else ""):
            if code and key in formulary and formulary[key] not in found:
                found.append(formulary[key])
    if len(found) > 1:
        raise refused("two-medicines", "RXE-2", "the code and its alternate are two medicines")
    medicine = found[0] if found else Said()
    if medicine.ingredients:
        _check_name(f"{rxe.only(2, 2)} {rxe.only(2, 5)}", medicine, formulary)
    return medicine


def _check_name(name: str, medicine: Said, formulary: Mapping[str, Said]) -> None:
    """A name that says another ingredient of the formulary, and none of its own, is refused."""
    words = set(re.findall(r"[a-z]+", name.lower()))
    known = {one for entry in formulary.values() for one in entry.ingredients}
    if words & known and not words & set(medicine.ingredients):
        sentence = "the code is one medicine by the formulary, and the name another: which is it?"
        raise refused("two-medicines", "RXE-2", sentence)


def dose_of(rxe: Segment, medicine: Said) -> tuple[Element, Element | None]:
    """(doseQuantity, maxDosePerPeriod or None) of RXE-3 to -5 and -19."""
    if rxe.raw(22) or rxe.raw(23):
        raise refused("rate", "RXE-23", "a rate is no dose of pieces")
    amount, most = rxe.only(3), rxe.only(4)
    if not amount:
        raise refused("dose-missing", "RXE-3", "nothing says how much to take", MISSING)
    value = number_of(amount, "RXE-3")
    if most and number_of(most, "RXE-4") != value:
        sentence = "the dose is a range: send RXE-4 equal to RXE-3, or leave it out"
        raise refused("dose-range", "RXE-4", sentence)
    piece = _piece_ug(rxe, medicine)
    dose = _quantity(value, rxe, 5, piece)
    daily = rxe.text(19)
    if not daily:
        return dose, None
    limit = _quantity(number_of(daily, "RXE-19"), rxe, 19, piece, component=2)
    return dose, {"numerator": limit, "denominator": {"value": 24, "code": "h"}}


def medication_of(rxe: Segment, parts: list[Segment]) -> tuple[Element, list[str]]:
    """(contained Medication, remarks) of RXE-2, -6, -25 and RXC."""
    code, name, system = rxe.only(2), rxe.only(2, 2), rxe.only(2, 3)
    found: Element = {
        "resourceType": "Medication",
        "id": "m",
        "code": {
            "text": name or rxe.only(2, 5) or code,
            "coding": [{"system": f"urn:hl7-org:v2:{system}", "code": code}] if code else [],
        },
    }
    if form := _form_of(rxe):
        found["form"] = {"coding": [{"system": _SNOMED, "code": _FORM_CODES[form]}]}
    elif said := rxe.only(6, 2) or rxe.only(6):
        found["form"] = {"text": said}
    ingredients = [_component(part) for part in parts]
    if len(ingredients) == 1 and (strength := _strength(rxe, 25, 26)):
        ingredients[0].setdefault("strength", strength)
    if ingredients:
        found["ingredient"] = ingredients
    notes = []
    if rxe.raw(10):
        notes.append(f"to be dispensed: {rxe.only(10)} {rxe.text(11) or 'without a unit'}")
    if rxe.text(20) == "Y":
        notes.append("the sender asks for a review by a person (RXE-20)")
    notes += [f"to the dispenser: {rxe.text(21, 2, 1, n) or rxe.text(21, 1, 1, n)}"
              for n in range(rxe.count(21))]  # fmt: skip
    return found, notes


def strength_said(rxe: Segment, medicine: Said) -> Said:
    """The formulary's word with the strength of the order, where the formulary has none."""
    if medicine.strength or not rxe.raw(25):
        return medicine
    return replace(medicine, strength=f"{rxe.only(25)} {rxe.text(26)}".strip())


def route_of(routes: list[Segment]) -> Element | None:
    """RXR: one route, by mouth where the machine may give it (fhir/quantity.py decides)."""
    if not routes:
        return None
    if len(routes) > 1 or routes[0].count(1) > 1:
        raise refused("route", "RXR", "several routes leave a choice: send one")
    code, name, system = (routes[0].text(1, part) for part in (1, 2, 3))
    if system in ("SCT", "SNM", "SNOMED"):
        return {"coding": [{"system": _SNOMED, "code": code}]}
    if system in ("", "HL70162", "0162"):
        if code in _ROUTES:
            return {"coding": [{"system": _SNOMED, "code": _ROUTES[code]}]}
        if system:
            return {"coding": [{"system": _ROUTE_SYSTEM, "code": code}]}
    return {"text": name or code}


def _component(part: Segment) -> Element:
    """RXC: what one piece is made of."""
    if part.only(1) not in ("B", "A"):
        sentence = "a component is B (base) or A (additive); a text is sent in NTE"
        raise refused("component", "RXC-1", sentence, NOT_IN_TABLE)
    name = part.only(2, 2) or part.only(2)
    if not name:
        raise refused("component", "RXC-2", "the component has no name", MISSING)
    found: Element = {"itemCodeableConcept": {"text": name}}
    if strength := _strength(part, 5, 6):
        found["strength"] = strength
    return found


def _strength(segment: Segment, value: int, unit: int) -> Element | None:
    if not segment.raw(value):
        return None
    amount = number_of(segment.only(value), f"{segment.name}-{value}")
    top = {"value": _number(amount), "unit": segment.text(unit)}
    return {"numerator": top, "denominator": {"value": 1, "code": "1"}}


def _piece_ug(rxe: Segment, medicine: Said) -> Fraction | None:
    """Micrograms in one piece; None where nobody says. Order and formulary must agree."""
    said = re.fullmatch(r"([0-9.]+) ?([a-z]+)", medicine.strength.lower())
    known = _ug(number_of(said[1], "formulary"), said[2]) if said else None
    own = None
    if rxe.raw(25):
        own = _ug(number_of(rxe.only(25), "RXE-25"), rxe.text(26))
    if own is not None and known is not None and own != known:
        sentence = "the strength is not that of the formulary for this code: which is meant?"
        raise refused("strength-mismatch", "RXE-25", sentence)
    return own if rxe.raw(25) else known


def _ug(value: Fraction, unit: str) -> Fraction | None:
    each = _MASS_UG.get(unit.lower())
    return value * each if each and value > 0 else None


def _quantity(
    value: Fraction, rxe: Segment, field: int, piece: Fraction | None, component: int = 1
) -> Element:
    """A Quantity in pieces, or as it was ordered where it cannot be counted."""
    parts = [(component, 1), (component + 1, 1)]
    if component > 1:  # CQ: the unit is one component, its code and text are subcomponents
        parts = [(component, 1), (component, 2)]
    words = [word for at, sub in parts if (word := rxe.text(field, at, sub))]
    found = {meaning for word in words if (meaning := _unit(word))}
    if len(found) > 1:
        sentence = "the code of the unit and its text are two different units: send one"
        raise refused("dose-unit", f"RXE-{field}", sentence)
    if not found:
        return {"value": _number(value), "unit": (words or ["nothing said"])[0]}
    kind, unit = found.pop()
    if kind != "mass":
        return _measured(value, kind, unit)
    mass = Fraction(unit)
    if piece is None:
        sentence = "the amount is a mass, and nothing says what one piece has: send RXE-25 and -26"
        raise refused("dose-unit", f"RXE-{field}", sentence)
    pieces = value * mass / piece
    if (pieces * 4).denominator != 1:
        sentence = "the amount is no whole number of quarters of a piece of this strength"
        raise refused("dose-fraction", f"RXE-{field}", sentence)
    form = _form_of(rxe)
    return _measured(pieces, "form", form) if form else _measured(pieces, "each", "1")


def _unit(word: str) -> tuple[str, str] | None:
    """(form, each, mass or other; which) of a unit that has one meaning here."""
    if form := _form(word):
        return "form", form
    if word.lower() in _EACH:
        return "each", "1"
    if ug := _ug(Fraction(1), word):
        return "mass", str(ug)
    other = unit_elsewhere("", None, word)
    return ("other", other) if other else None


def _measured(value: Fraction, kind: str, unit: str) -> Element:
    if kind == "other":
        return {"value": _number(value), "unit": unit}
    system = _FORM_SYSTEM if kind == "form" else UCUM
    return {"value": _number(value), "system": system, "code": unit}


def _form_of(rxe: Segment) -> str:
    """RXE-6, where its code and its text are one form."""
    found = {form for at in (1, 2) if (form := _form(rxe.only(6, at)))}
    if len(found) > 1:
        sentence = "the code of the form and its text are two different forms: send one"
        raise refused("form", "RXE-6", sentence)
    return found.pop() if found else ""


def _form(word: str) -> str:
    return _FORMS.get(word.lower(), "")


def _number(value: Fraction) -> int | float:
    return int(value) if value.denominator == 1 else float(value)
