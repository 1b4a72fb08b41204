"""FHIR R4 that this program wrote, back to the very plan it was written from.

Responsible for: putting R4's own elements and our words beside them together, and the proof
that nothing was changed on the way: the plan has the hash it was written with, and is written
down as this very Bundle again. Not responsible for orders of other systems (regimens.py): those are
read by `convert`, and a pharmacist confirms them.
"""

from collections.abc import Iterator

from schedules.canonical import plan_hash
from schedules.document import build
from schedules.fhir import native as fhir_native
from schedules.fhir import words as fhir_words
from schedules.fhir.out import PLAN_HASH, plan_bundle
from schedules.fhir.value import Element, OrderRefused, elements, mapping, text
from schedules.model import Plan, PlanRefused
from schedules.schema import Document

_FREE = ("text",)  # words for people, which a later version may choose otherwise


def plan_of(bundle: Element) -> Plan:
    """The plan that was written down as this Bundle; PlanRefused where it is not that any more."""
    try:
        hashed, document = _read(bundle)
    except (OrderRefused, ValueError, KeyError) as fault:
        why = fault.why if isinstance(fault, OrderRefused) else "a date or a number is no such"
        raise PlanRefused("not-our-plan", "", f"{why}: `convert` reads orders of others") from None
    plan = build(document)
    if plan_hash(plan) != hashed:
        sentence = "this is not the plan it says it is: what was changed is for `convert` to read"
        raise PlanRefused("fhir-changed", "plan-hash", sentence)
    for place in _differences(plan_bundle(plan), bundle, ""):
        sentence = "here somebody has written something else than the plan says"
        raise PlanRefused("fhir-changed", place, sentence)
    return plan


def _read(bundle: Element) -> tuple[str, Document]:
    """(hash, document) of a Bundle."""
    found = [mapping(one, "resource") or {} for one in elements(bundle, "entry")]
    cares = [one for one in found if one.get("resourceType") == "CarePlan"]
    requests = [one for one in found if one.get("resourceType") == "MedicationRequest"]
    if bundle.get("resourceType") != "Bundle" or len(cares) != 1 or not requests:
        raise OrderRefused("not-fhir", "this is no Bundle of one plan")
    hashes = [
        text(one, "valueString")
        for one in elements(cares[0], "extension")
        if one.get("url") == PLAN_HASH
    ]
    if len(hashes) != 1 or hashes[0] is None:
        raise OrderRefused("not-fhir", "this Bundle does not say which plan it is")
    document = fhir_native.head_of(cares[0])
    fhir_words.apply(document, cares[0])
    regimens: list[Document] = []
    for request in requests:
        regimen = fhir_native.regimen_of(request)
        fhir_words.apply(regimen, request)
        regimens.append(regimen)
    document["regimens"] = regimens
    return hashes[0], document


def _differences(true: object, found: object, place: str) -> Iterator[str]:
    if isinstance(true, dict) and isinstance(found, dict):
        for key in sorted(true.keys() | found.keys()):
            if key in _FREE and isinstance(true.get(key, ""), str):
                continue
            at = f"{place}.{key}" if place else key
            yield from _differences(true.get(key), found.get(key), at)
    elif isinstance(true, list) and isinstance(found, list) and len(true) == len(found):
        for index, (one, other) in enumerate(zip(true, found, strict=True)):
            yield from _differences(one, other, f"{place}[{index}]")
    elif true != found or isinstance(true, bool) != isinstance(found, bool):
        yield place
