"""FHIR R5 at the edge: what R5 says in other words than R4 is put into R4's, or refused.

Responsible for: MedicationRequest, Medication and Dosage of R5, so that everything behind this
file reads R4 only. R4B is R4 here: the three have not changed in it. What R5 can say and R4
cannot is refused by name. Not responsible for what an order means (regimens.py, expand.py).
"""

from schedules.fhir.value import Element, OrderRefused, elements, mapping

_BOUNDS = ("boundsPeriod", "boundsDuration", "boundsRange")
_TWICE = "the same is said twice, in the words of R4 and of R5"


def order_as_r4(order: Element) -> Element:
    """A MedicationRequest in R4's words; the same one where it has none of R5's."""
    found = dict(order)
    if "medication" in found:
        _once(found, "medicationCodeableConcept", "medicationReference")
        found |= _codeable(found, "medication", "medicationCodeableConcept", "medicationReference")
        found.pop("medication")
    if "contained" in found:
        found["contained"] = [
            medication_as_r4(one) if one.get("resourceType") == "Medication" else one
            for one in elements(found, "contained")
        ]
    if "dosageInstruction" in found:
        dosages = [dosage_as_r4(one) for one in elements(found, "dosageInstruction")]
        period = mapping(found, "effectiveDosePeriod")
        if period is not None:
            dosages = [_within(one, period) for one in dosages]
        found["dosageInstruction"] = dosages
    return found


def dosage_as_r4(dosage: Element) -> Element:
    """A Dosage in R4's words."""
    found = dict(dosage)
    if "asNeeded" in found:
        _once(found, "asNeededBoolean")
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


def medication_as_r4(medication: Element) -> Element:
    """A Medication in R4's words."""
    found = dict(medication)
    if "doseForm" in found:
        _once(found, "form")
        found["form"] = found.pop("doseForm")
    if "ingredient" in found:
        found["ingredient"] = [_ingredient(one) for one in elements(found, "ingredient")]
    return found


def _ingredient(ingredient: Element) -> Element:
    found = dict(ingredient)
    if "item" in found:
        _once(found, "itemCodeableConcept", "itemReference")
        found |= _codeable(found, "item", "itemCodeableConcept", "itemReference")
        found.pop("item")
    if "strengthRatio" in found:
        _once(found, "strength")
        found["strength"] = found.pop("strengthRatio")
    return found


def _codeable(element: Element, key: str, concept: str, link: str) -> Element:
    """R5's CodeableReference as R4's concept or link; one of both, never a choice."""
    both = mapping(element, key) or {}
    said = {
        name: both[part]
        for part, name in (("concept", concept), ("reference", link))
        if part in both
    }
    if len(said) > 1:
        raise OrderRefused("not-fhir", "a concept and a link at once: which of them holds?")
    return said


def _within(dosage: Element, period: Element) -> Element:
    """R5's period of the whole order as the bounds of a dosage that has none of its own."""
    timing = mapping(dosage, "timing") or {}
    repeat = mapping(timing, "repeat") or {}
    if any(key in repeat for key in _BOUNDS):
        if repeat.get("boundsPeriod") == period:
            return dosage
        raise OrderRefused("two-bounds", "the order has a period, and its dosage other bounds")
    if timing.get("event"):
        raise OrderRefused("two-bounds", "single instants, and a period around them")
    return {**dosage, "timing": {**timing, "repeat": {**repeat, "boundsPeriod": period}}}


def _once(element: Element, *names: str) -> None:
    if any(name in element for name in names):
        raise OrderRefused("not-fhir", _TWICE)
