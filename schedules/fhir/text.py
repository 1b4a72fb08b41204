"""What the words of an order say beyond its structure: never compiled, always pointed at.

Responsible for: the caution beside an order that has one reading. Not responsible for refusing
(fhir_order.check_texts does that, where a plan is made of orders).
"""

import re

from schedules.fhir.asked import is_asked
from schedules.fhir.order import check_texts
from schedules.fhir.value import Element, OrderRefused, mapping, text

_LENGTH = re.compile(r"[x×] ?[0-9]+ ?(d|day|week|wk|month)|[0-9]+ cycles|until ", re.IGNORECASE)
_MEAL = re.compile(r"\b(before|after|with) (meal|food|eating)", re.IGNORECASE)
_ASKED = re.compile(r"\b(as needed|when needed|if needed|p\.?r\.?n)\b", re.IGNORECASE)


def caution(dosages: list[Element]) -> str:
    """What a person should look at before believing the structure; "" where it is nothing."""
    try:
        check_texts(dosages)
    except OrderRefused as more:
        return f"look at the text: {more.why}"
    found = [what for dosage in dosages if (what := _more(dosage))]
    return f"look at the text: it says more than the structure: {found[0]}" if found else ""


def _more(dosage: Element) -> str:
    said = f"{text(dosage, 'text') or ''} {text(dosage, 'patientInstruction') or ''}"
    timing = mapping(dosage, "timing") or {}
    repeat = mapping(timing, "repeat") or {}
    if _ASKED.search(said) and not is_asked(dosage):
        return "when needed"
    if _LENGTH.search(said) and not {"boundsPeriod", "boundsDuration", "count"} & set(repeat):
        return "an end"
    if _MEAL.search(said) and not {"when", "timeOfDay"} & set(repeat) and not timing.get("code"):
        return "a meal"
    return ""
