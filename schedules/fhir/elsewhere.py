"""FHIR units and routes of what is never in the machine: puffs, patches, drops, millilitres.

Responsible for: which form a unit means, and which routes go with it, where both have one
meaning. Not responsible for pieces by mouth (quantity.py): those the machine counts.
"""

from schedules.fhir.value import Element, OrderRefused, codings, mapping, text

SNOMED = "http://snomed.info/sct"
UCUM = "http://unitsofmeasure.org"
EDQM = ("http://standardterms.edqm.eu", "urn:oid:0.4.0.127.0.16.1.1.2.1")

# What a dose counts, by the word or code of its unit. mL is a liquid or an injection: the route.
_UNITS = {
    "puff": "puff",
    "puffs": "puff",
    "{puff}": "puff",
    "inhalation": "puff",
    "{inhalation}": "puff",
    "{actuation}": "puff",
    "patch": "patch",
    "patches": "patch",
    "{patch}": "patch",
    "drop": "drop",
    "drops": "drop",
    "[drp]": "drop",
    "{drop}": "drop",
    "spray": "spray",
    "sprays": "spray",
    "{spray}": "spray",
    "application": "application",
    "{application}": "application",
    "suppository": "suppository",
    "suppositories": "suppository",
    "{suppository}": "suppository",
    "sachet": "sachet",
    "sachets": "sachet",
    "{sachet}": "sachet",
    "ml": "ml",
    "millilitre": "ml",
    "milliliter": "ml",
}
_SNOMED_UNITS = {"413568008": "application"}
_FORMS = {
    "puff": "inhaler",
    "patch": "patch",
    "drop": "drops",
    "spray": "spray",
    "application": "cream",
    "suppository": "suppository",
    "sachet": "powder",
}
_ORAL = {(SNOMED, "26643006"), (SNOMED, "738956005")} | {(one, "20053000") for one in EDQM}
_SKIN = {(SNOMED, "6064005"), (SNOMED, "448598008")} | {(one, "20003000") for one in EDQM}
_PIERCED = {(SNOMED, "34206005"), (SNOMED, "78421000")}  # subcutaneous, intramuscular
_NASAL, _EYE, _EAR = (SNOMED, "46713006"), (SNOMED, "54485002"), (SNOMED, "10547007")
_ROUTES = {
    "puff": {(SNOMED, "447694001"), (SNOMED, "18679011000001101")},
    "patch": {(SNOMED, "45890007")},
    "drop": {_EYE, _EAR, _NASAL} | _ORAL,
    "spray": {_NASAL} | _ORAL | _SKIN,
    "application": _SKIN,
    "suppository": {(SNOMED, "37161004"), (SNOMED, "16857009")},
    "sachet": _ORAL,
    "ml": _ORAL | _PIERCED,
}


def unit_elsewhere(system: str, code: str | None, unit: str | None) -> str | None:
    """What a dose counts that is kept elsewhere; None: nothing that is known here."""
    if code is not None and system == SNOMED:
        return _SNOMED_UNITS.get(code)
    if code is not None:
        return _UNITS.get(code.lower()) if system == UCUM else None
    return _UNITS.get((unit or "").lower())


def form_elsewhere(dosage: Element, unit: str) -> str:
    """The form that is counted in a unit; OrderRefused where the route says another."""
    route = mapping(dosage, "route")
    found = codings(route) if route is not None else []
    told = (text(route, "text") or "") if route is not None else ""
    if any(one not in _ROUTES[unit] for one in found) or (told and not found):
        raise OrderRefused("route", "the unit of the dose and its route do not go together here")
    if unit in _FORMS:
        return _FORMS[unit]
    if not found:
        raise OrderRefused("route", "millilitres by mouth, or by a needle? the order says no route")
    return "injection" if found[0] in _PIERCED else "liquid"
