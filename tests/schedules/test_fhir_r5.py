"""R5 at the edge: read as the R4 order it is, or refused by name; never read halfway."""

import json
from datetime import datetime
from typing import Any

import pytest

from schedules import expand
from schedules.fhir.regimens import read_orders
from schedules.model import Regimen

TAB = {
    "value": 1, "unit": "tablet",
    "system": "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm", "code": "TAB",
}  # fmt: skip
DAILY = {"repeat": {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["08:00:00"]}}
RATIO = {"numerator": {"value": 5, "unit": "mg", "system": "http://unitsofmeasure.org",
                       "code": "mg"}, "denominator": TAB}  # fmt: skip


def r5(**more: Any) -> dict[str, Any]:
    """A MedicationRequest as R5 writes it."""
    medicine = {
        "resourceType": "Medication", "id": "m", "code": {"text": "Amlodipine 5 mg"},
        "doseForm": {"coding": [{"system": "http://snomed.info/sct", "code": "385055001"}]},
        "ingredient": [{"item": {"concept": {"text": "amlodipine"}}, "strengthRatio": RATIO}],
    }  # fmt: skip
    return {
        "resourceType": "MedicationRequest", "id": "r5", "contained": [medicine],
        "identifier": [{"system": "urn:test", "value": "amlodipine-5"}],
        "status": "active", "intent": "order", "medication": {"reference": {"reference": "#m"}},
        "subject": {"reference": "Patient/1"},
        "dosageInstruction": [{"timing": DAILY, "doseAndRate": [{"doseQuantity": TAB}]}],
    } | more  # fmt: skip


def read(order: dict[str, Any]) -> Regimen | str:
    """The regimen of an order, or the code it is refused with."""
    found, refusals = read_orders(
        [order], zone="Europe/Berlin", patient="pt-1x", device="device-1",
        start=datetime(2026, 11, 23, 7), piece_mg=200,
    )  # fmt: skip
    return found[0] if found else refusals[0].code


def told(order: dict[str, Any], days: int = 10) -> tuple[str, list[str]]:
    """(status or code, due instants) as `expand` says them."""
    site = expand.site_of("Europe/Berlin", "2026-11-23T07:00", days)
    said: Any = expand.answer(json.dumps(order), site)
    return said["code"] or said["status"], [row["due_at"][:16] for row in said["doses"]]


def test_an_order_of_r5_is_the_regimen_of_its_r4_twin() -> None:
    """Medicine, form, ingredient and strength stand elsewhere in R5, and mean the same."""
    twin = r5(medicationReference={"reference": "#m"})
    twin.pop("medication")
    medicine = twin["contained"][0]
    medicine["form"] = medicine.pop("doseForm")
    medicine["ingredient"] = [{"itemCodeableConcept": {"text": "amlodipine"}, "strength": RATIO}]

    one = read(r5())

    assert isinstance(one, Regimen), one
    assert one == read(twin)
    assert (("amlodipine",), "tablet", "5 mg") == (one.ingredients, one.form, one.strength)


def test_the_period_of_an_order_bounds_its_dosages() -> None:
    """R5's effectiveDosePeriod: doses from its start to its last day, and none after."""
    order = r5(effectiveDosePeriod={"start": "2026-11-24", "end": "2026-11-26"})

    assert ("expanded", ["2026-11-24T08:00", "2026-11-25T08:00", "2026-11-26T08:00"]) == told(order)


def test_when_needed_in_the_words_of_r5() -> None:
    """asNeeded, asNeededFor, and one maximum in a list: an as-needed regimen with its limits."""
    gap = {
        "url": "http://hl7.org/fhir/StructureDefinition/dosage-minimumGapBetweenDose",
        "valueDuration": {"value": 4, "system": "http://unitsofmeasure.org", "code": "h"},
    }
    day = {"value": 24, "system": "http://unitsofmeasure.org", "code": "h"}
    most = {"numerator": {**TAB, "value": 4}, "denominator": day}
    dosage = {
        "extension": [gap], "asNeeded": True, "asNeededFor": [{"text": "pain"}],
        "doseAndRate": [{"doseQuantity": TAB}], "maxDosePerPeriod": [most],
    }  # fmt: skip

    one = read(r5(dosageInstruction=[dosage]))

    assert isinstance(one, Regimen), one
    assert one.as_needed is not None
    assert ("pain", 4, 4 * 3600, 16) == (
        one.as_needed.reason, one.as_needed.quarters, one.as_needed.min_gap_s,
        one.as_needed.max_quarters,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"medicationCodeableConcept": {"text": "something else"}}, "not-fhir"),
        ({"medication": {"concept": {"text": "a"}, "reference": {"reference": "#m"}}}, "not-fhir"),
        ({"medication": {"reference": {"reference": "Medication/away"}}}, "medication-not-here"),
        ({"medication": {}}, "no-medication"),
        ({"status": "ended"}, "status"),
        ({"doNotPerform": True}, "do-not-perform"),
        (
            {
                "effectiveDosePeriod": {"end": "2026-12-24"},
                "dosageInstruction": [
                    {
                        "timing": {"repeat": {**DAILY["repeat"], "boundsPeriod": {
                            "end": "2026-11-30"}}},
                        "doseAndRate": [{"doseQuantity": TAB}],
                    }
                ],
            },
            "two-bounds",
        ),
    ],
)  # fmt: skip
def test_what_r5_says_twice_or_not_at_all_is_refused(more: dict[str, Any], code: str) -> None:
    """Both words of one thing, a link that leads away, an ended order: refused by name."""
    assert code == read(r5(**more))
