"""The parts of an order around its dosages: bundle, patient, identifier, medicine, texts.

Responsible for: finding orders and what they point to, and the reasons to refuse an order
whatever its dosage says. Not responsible for dosages (timing.py) or for
putting regimens together (regimens.py).
"""

import hashlib
import re
from collections.abc import Mapping, Sequence

from schedules.fhir.r5 import medication_as_r4
from schedules.fhir.said import contradiction
from schedules.fhir.value import (
    Element,
    OrderRefused,
    elements,
    flag,
    mapping,
    no_modifier,
    number,
    text,
)

INTENTS = ("order", "original-order", "filler-order", "instance-order")
MAX_ORDERS = 2000
_LONG_WORDS = re.compile(
    r"\b(for|over|during) (the next )?([0-9]+|one|two|three|four|five|six|seven|ten|fourteen)"
    r" ?(day|week|month)",
    re.IGNORECASE,
)
_MEAL_WORDS = re.compile(
    r"\b(before|after|with|at) (breakfast|lunch|dinner|supper|bed)", re.IGNORECASE
)


def gather(resources: Sequence[Element]) -> tuple[list[tuple[str, Element]], dict[str, Element]]:
    """(name, order) of every MedicationRequest, and other resources by their references."""
    orders: list[tuple[str, Element]] = []
    shelf: dict[str, Element] = {}
    waiting: list[tuple[str, object, int]] = [("", one, 0) for one in reversed(resources)]
    while waiting and len(orders) < MAX_ORDERS:
        url, resource, depth = waiting.pop()
        if not isinstance(resource, dict):
            continue
        kind, own = resource.get("resourceType"), resource.get("id")
        if kind == "Bundle" and depth < 3:
            entries = resource.get("entry", [])
            for entry in reversed(entries if isinstance(entries, list) else []):
                if isinstance(entry, dict):
                    full = entry.get("fullUrl")
                    name = full if isinstance(full, str) else ""
                    waiting.append((name, entry.get("resource"), depth + 1))
        elif kind == "MedicationRequest":
            name = own if isinstance(own, str) and own else url
            orders.append((name.removeprefix("urn:uuid:") or f"order-{len(orders) + 1}", resource))
        elif isinstance(kind, str):
            if isinstance(own, str):
                shelf[f"{kind}/{own}"] = resource
            if url:
                shelf[url] = resource
    return orders, shelf


def subject_of(order: Element) -> str:
    """Whom an order is for, as far as it can be compared; "" where it cannot be read."""
    subject = order.get("subject")
    if not isinstance(subject, dict):
        return ""
    reference, identifier = subject.get("reference"), subject.get("identifier")
    if isinstance(reference, str):
        return reference.rpartition("/")[2].removeprefix("urn:uuid:")
    return str(identifier) if isinstance(identifier, dict) else ""


def check_header(order: Element) -> None:
    """Refuses an order that is not to be carried out, or not as it stands."""
    check_intent(order)
    if not subject_of(order):
        raise OrderRefused("no-subject", "the order does not say for whom it is")


def check_intent(order: Element) -> None:
    """Refuses what is no active order, or one that depends on what is not known here."""
    if text(order, "status") != "active":
        raise OrderRefused("status", "the order is not active")
    if text(order, "intent") not in INTENTS:
        raise OrderRefused("intent", "this is a proposal, plan or option and not an order")
    if flag(order, "doNotPerform"):
        raise OrderRefused("do-not-perform", "the order says that it must not be given")
    no_modifier(order, "the order")
    if order.get("implicitRules"):
        raise OrderRefused("implicit-rules", "the order depends on rules not known here")


def identifier_of(order: Element) -> str:
    """The regimen id from the order's one identifier: the same order, the same id."""
    found = [
        (text(one, "system") or "", value)
        for one in elements(order, "identifier")
        if (value := text(one, "value")) and text(one, "use") != "old"
    ]
    if not found:
        why = "the order has no identifier, so its doses could not be told apart for ever"
        raise OrderRefused("no-identifier", why)
    if len(found) > 1:
        raise OrderRefused("two-identifiers", "the order has several identifiers: say which one")
    value = found[0][1].removeprefix("urn:uuid:")
    if re.fullmatch(r"[a-z0-9][a-z0-9-]{0,63}", value):
        return value
    # Different texts must not become one id: a digest keeps them apart.
    digest = hashlib.sha256("|".join(found[0]).encode()).hexdigest()[:12]
    return f"{_slug(value)[:48].strip('-') or 'order'}-{digest}"


def _slug(value: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")


def medication_of(order: Element, shelf: Mapping[str, Element], named: bool) -> tuple[Element, str]:
    """(medication with form and ingredients, its name).

    `named`: somebody has said the ingredients, so the name beside the link is enough.
    """
    concept = mapping(order, "medicationCodeableConcept")
    if concept is not None:
        return {}, name_of(concept)
    reference = mapping(order, "medicationReference")
    if reference is None:
        raise OrderRefused("no-medication", "the order does not say which medicine")
    target = text(reference, "reference") or ""
    inside = {f"#{one.get('id')}": one for one in elements(order, "contained")}
    found = inside.get(target) or shelf.get(target)
    shown = text(reference, "display")
    if found is None and named and shown:
        return {}, name_of({"text": shown})
    if found is None:
        raise OrderRefused("medication-not-here", "the medicine is named by a link that leads away")
    found = medication_as_r4(found)
    no_modifier(found, "the medicine")
    return found, name_of(mapping(found, "code") or {})


def name_of(concept: Element) -> str:
    name = text(concept, "text")
    for coding in elements(concept, "coding"):
        name = name or text(coding, "display")
    if not name or not name.isprintable():
        raise OrderRefused("no-medication", "the medicine has no name that can be read out")
    return name[:120]


def ingredients_of(medication: Element) -> tuple[str, ...]:
    """Group names of all ingredients; R5 needs at least one."""
    found: list[str] = []
    for one in elements(medication, "ingredient"):
        concept = mapping(one, "itemCodeableConcept") or {}
        shown = [text(coding, "display") for coding in elements(concept, "coding")]
        name = next((word for word in shown if word), None) or text(concept, "text") or ""
        name = _slug(re.sub(r"\([^)]*\)", "", name))
        if not name:
            found = []
            break
        found.append(name[:64].strip("-"))
    if not found:
        why = "the order does not say what the medicine is made of, so limits cannot be shared"
        raise OrderRefused("no-ingredient", why)
    return tuple(sorted(set(found)))


def strength_of(medication: Element) -> str:
    parts = []
    for one in elements(medication, "ingredient"):
        ratio = mapping(one, "strength")
        top = mapping(ratio, "numerator") if ratio is not None else None
        value = number(top, "value") if top is not None else None
        if top is None or value is None:
            return ""
        parts.append(f"{float(value):g} {text(top, 'code') or text(top, 'unit') or ''}".strip())
    return " + ".join(parts)[:60]


def check_texts(dosages: list[Element]) -> None:
    """Refuses where a text names an end or a meal that the structure lacks, or says otherwise."""
    for dosage in dosages:
        said = f"{text(dosage, 'text') or ''} {text(dosage, 'patientInstruction') or ''}"
        timing = mapping(dosage, "timing") or {}
        repeat = mapping(timing, "repeat") or {}
        ends = {"boundsPeriod", "boundsDuration", "boundsRange", "count"} & set(repeat)
        when = {"when", "timeOfDay"} & set(repeat) or timing.get("code")
        if (_LONG_WORDS.search(said) and not ends) or (_MEAL_WORDS.search(said) and not when):
            why = "the text says more than the structure: an end, or a meal"
            raise OrderRefused("text-says-more", why)
    for dosage in dosages:
        other = contradiction(dosage)
        if other:
            raise OrderRefused("text-contradicts", other)
