"""A plan as FHIR R4: one CarePlan around one MedicationRequest per regimen, in a Bundle.

Responsible for: the resources, and which of our own words stand beside them because R4 has no
place for them. Not responsible for dosages (out_line.py) or for the way back
(back.py). Pure dicts: nothing is written here.
"""

import re
from fractions import Fraction

from schedules.canonical import file_form, plan_hash, typed
from schedules.fhir import native as fhir_native
from schedules.fhir import words as fhir_words
from schedules.fhir.out_line import dosages, unit
from schedules.fhir.out_value import (
    OWN,
    PLAN,
    REGIMEN,
    UCUM,
    Json,
    Resource,
    bundle,
    decimal,
    form,
    identifier,
    own_id,
    quantity,
    reference,
    request_id,
    subject,
    utc,
)
from schedules.fhir.value import Element
from schedules.model import Plan, Regimen
from schedules.schema import Document

PLAN_HASH = f"{OWN}:plan-hash"  # valueString: SHA-256 of the canonical bytes of the plan
# A limit that no single order can hold: who does not know this must not act on the order alone.
FURTHER_LIMITS = f"{OWN}:further-limits"
_STRENGTH = re.compile(r"([0-9]+(?:\.[0-9]+)?) (mg|g|ug)")


def plan_bundle(plan: Plan, *, own_words: bool = True) -> Resource:
    """The plan as a Bundle; without `own_words` it cannot be read back as this plan."""
    document = file_form(typed(plan))
    assert isinstance(document, dict)
    regimens = document.pop("regimens")
    assert isinstance(regimens, list)
    requests = [medication_request(plan, one) for one in plan.regimens]
    care = _care_plan(plan)
    if own_words:
        care["extension"] = [{"url": PLAN_HASH, "valueString": plan_hash(plan)}]
        _add_words(care, fhir_native.head_of(_read(care)), document)
        for request, true in zip(requests, regimens, strict=True):
            assert isinstance(true, dict)
            _add_words(request, fhir_native.regimen_of(_read(request)), true)
    found = bundle([care, *requests])
    return {**found, "identifier": identifier(PLAN, f"{plan.plan_id}/{plan.version}")}


def _read(resource: Resource) -> Element:
    """The resource as a reader of loose JSON has it."""
    return dict(resource)


def _add_words(resource: Resource, said: dict[str, Document], true: dict[str, Document]) -> None:
    """Beside R4's own elements the words of the plan that they do not say."""
    more = fhir_words.difference(said, true)
    before = resource.get("extension", [])
    assert isinstance(before, list)
    if before or more:
        resource["extension"] = [*before, *more]


def _care_plan(plan: Plan) -> Resource:
    ids = [request_id(plan.patient, one.id) for one in plan.regimens]
    return {
        "resourceType": "CarePlan",
        "id": own_id(plan.patient, plan.plan_id),
        "identifier": [identifier(PLAN, plan.plan_id)],
        "status": "active",
        "intent": "order",
        "subject": subject(plan.patient),
        "period": {"start": utc(plan.valid_from), "end": utc(plan.valid_until - 1)},
        "activity": [{"reference": reference("MedicationRequest", one)} for one in ids],
    }


def medication_request(plan: Plan, regimen: Regimen) -> Resource:
    """One regimen as an order that stands for itself, by R4's own elements."""
    found: Resource = {
        "resourceType": "MedicationRequest",
        "id": request_id(plan.patient, regimen.id),
        "contained": [_medication(regimen)],
    }
    limits = further_limits(plan, regimen)
    if limits:
        found["modifierExtension"] = [{"url": FURTHER_LIMITS, "valueString": limits}]
    found |= {
        "identifier": [identifier(REGIMEN, regimen.id)],
        "status": "active",
        "intent": "order",
        "medicationReference": {"reference": "#medicine", "display": regimen.name},
        "subject": subject(plan.patient),
        "basedOn": [reference("CarePlan", own_id(plan.patient, plan.plan_id))],
        "dosageInstruction": [*dosages(plan, regimen)],
        "dispenseRequest": {
            "validityPeriod": {"start": utc(plan.valid_from), "end": utc(plan.valid_until - 1)}
        },
    }
    relation = regimen.relation
    if relation is not None and relation.word == "replaces":
        prior = identifier(REGIMEN, relation.regimen_id)
        found["priorPrescription"] = {"type": "MedicationRequest", "identifier": prior}
    return found


def further_limits(plan: Plan, regimen: Regimen) -> str:
    """Why an as-needed order must not be followed alone; "" where it may."""
    if regimen.as_needed is None:
        return ""
    others = {name for one in plan.regimens if one is not regimen for name in one.ingredients}
    ruled = {rule.ingredient for rule in plan.groups}
    ruled |= {name for one in plan.spacing for name in (one.first, one.second)}
    shared = sorted(name for name in regimen.ingredients if name in others | ruled)
    found = []
    if shared:
        found.append(f"shares gap and maximum with other orders: {', '.join(shared)}")
    if regimen.limits.max_per_7d:
        found.append("has a maximum for 7 days beside the one for 24 hours")
    return "; ".join(found)


def _medication(regimen: Regimen) -> Resource:
    parts = _strengths(regimen)
    ingredient: list[Json] = []
    for index, name in enumerate(regimen.ingredients):
        one: Resource = {"itemCodeableConcept": {"text": name}}
        if parts:
            value, code = parts[index]
            one["strength"] = {
                "numerator": {"value": value, "unit": code, "system": UCUM, "code": code},
                "denominator": quantity(4, unit(regimen)),
            }
        ingredient.append(one)
    return {
        "resourceType": "Medication",
        "id": "medicine",
        "code": {"text": regimen.name},
        "form": form(regimen.form),
        "ingredient": ingredient,
    }


def _strengths(regimen: Regimen) -> list[tuple[int | float, str]]:
    """(value, unit) of each ingredient in turn, as far as the plan says it; else nothing."""
    said = [_STRENGTH.fullmatch(part) for part in regimen.strength.split(" + ")]
    if len(said) == len(regimen.ingredients) and all(said):
        return [(decimal(Fraction(one[1])), one[2]) for one in said if one]
    amounts = dict(regimen.amounts)
    if all(name in amounts for name in regimen.ingredients):
        return [(decimal(Fraction(amounts[name], 1000)), "mg") for name in regimen.ingredients]
    return []
