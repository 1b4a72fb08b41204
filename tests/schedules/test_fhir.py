"""FHIR R4 orders: what has one reading is compiled, everything else is refused by name."""

from datetime import datetime
from typing import Any

import pytest

from schedules.doses import doses
from schedules.fhir.regimens import Said, read_orders
from schedules.limits import caps
from schedules.model import LastTaken, Regimen
from tests.schedules.plans import local_text, plan_of

START = datetime(2026, 11, 23, 7)
TAB = {
    "value": 1,
    "system": "http://terminology.hl7.org/CodeSystem/v3-orderableDrugForm",
    "code": "TAB",
}
GTS = "http://terminology.hl7.org/CodeSystem/v3-GTSAbbreviation"
DAILY = {"frequency": 1, "period": 1, "periodUnit": "d"}
GAP = "http://hl7.org/fhir/StructureDefinition/dosage-minimumGapBetweenDose"


def dosage(repeat: dict[str, Any] | None = None, **more: Any) -> dict[str, Any]:
    """One Dosage of a tablet."""
    found: dict[str, Any] = {"doseAndRate": [{"doseQuantity": dict(TAB)}]}
    if repeat is not None:
        found["timing"] = {"repeat": repeat}
    return found | more


def order(*dosages: dict[str, Any], **more: Any) -> dict[str, Any]:
    """One active order."""
    found = {
        "resourceType": "MedicationRequest",
        "id": "order-1",
        "identifier": [{"system": "urn:test", "value": "rx-1"}],
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/a"},
        "contained": [
            {
                "resourceType": "Medication",
                "id": "m",
                "code": {"text": "Testmedicine 5 mg"},
                "ingredient": [{"itemCodeableConcept": {"text": "Testine"}}],
            }
        ],
        "medicationReference": {"reference": "#m"},
        "dosageInstruction": list(dosages),
    } | more
    return {key: value for key, value in found.items() if value is not None}


def read(*orders: Any, **given: Any) -> tuple[list[Regimen], list[tuple[str, str]]]:
    """(regimens, [(id, code)])."""
    options: dict[str, Any] = {
        "zone": "Europe/Berlin",
        "patient": "pt-7Q2K",
        "device": "device-1",
        "start": START,
        "piece_mg": 200,
        "last_taken": LastTaken("never"),
    } | given
    regimens, refusals = read_orders(list(orders), **options)
    assert all(one.why for one in refusals), "every refusal says why"
    return regimens, [(one.id, one.code) for one in refusals]


def code(one: dict[str, Any]) -> str:
    """The code an order is refused with, "" where it is read."""
    regimens, refusals = read(one)
    assert 1 == len(regimens) + len(refusals), "either a regimen or a refusal"
    return refusals[0][1] if refusals else ""


def times(one: dict[str, Any], days: int = 15) -> list[str]:
    """Local due times of an order."""
    regimens, refusals = read(one)
    assert [] == refusals
    plan = plan_of(regimens[0], START)
    found = doses(plan, plan.valid_from, plan.valid_from + days * 86_400)
    return [local_text(dose, plan.zone) for dose in found]


@pytest.mark.parametrize(
    ("repeat", "first", "count"),
    [
        (DAILY, ["Mon 2026-11-23 08:00", "Tue 2026-11-24 08:00"], 15),
        ({"frequency": 2, "period": 1, "periodUnit": "d"}, ["Mon 2026-11-23 08:00"], 30),
        ({"frequency": 4, "period": 1, "periodUnit": "d"}, ["Mon 2026-11-23 08:00"], 60),
        ({"when": ["CM", "CV"]}, ["Mon 2026-11-23 08:00", "Mon 2026-11-23 18:30"], 30),
        ({"when": ["C"], "frequency": 3, "period": 1, "periodUnit": "d"}, [], 45),
        ({"when": ["ACM"]}, ["Mon 2026-11-23 07:30"], 15),
        ({"when": ["PCM"], "offset": 10}, ["Mon 2026-11-23 08:10"], 15),
        ({"when": ["HS"]}, ["Mon 2026-11-23 22:00"], 15),
        ({"when": ["EVE.late"]}, ["Mon 2026-11-23 20:00"], 15),
        ({"frequency": 1, "period": 8, "periodUnit": "h"}, ["Mon 2026-11-23 07:00"], 45),
        ({"frequency": 3, "period": 24, "periodUnit": "h"}, ["Mon 2026-11-23 07:00"], 45),
        ({"period": 0.5, "periodUnit": "d"}, ["Mon 2026-11-23 07:00"], 30),
        ({"timeOfDay": ["06:30:00", "21:00:00"]}, ["Mon 2026-11-23 21:00"], 30),
        (
            {
                "timeOfDay": ["08:00:00", "20:00:00"],
                "frequency": 1,
                "period": 12,
                "periodUnit": "h",
            },
            ["Mon 2026-11-23 08:00"],
            30,
        ),
        ({"dayOfWeek": ["wed"]}, ["Wed 2026-11-25 08:00"], 2),
        (
            {"dayOfWeek": ["mon", "thu"], "frequency": 2, "period": 1, "periodUnit": "wk"},
            ["Mon 2026-11-23 08:00", "Thu 2026-11-26 08:00"],
            5,
        ),
        # the cases in which a literal reading of the specification gives daily doses
        (
            {
                "dayOfWeek": ["mon"],
                "timeOfDay": ["08:00:00"],
                "frequency": 1,
                "period": 1,
                "periodUnit": "wk",
            },
            ["Mon 2026-11-23 08:00", "Mon 2026-11-30 08:00"],
            3,
        ),
        (
            {"when": ["MORN"], "frequency": 1, "period": 1, "periodUnit": "wk"},
            ["Mon 2026-11-23 08:00", "Mon 2026-11-30 08:00"],
            3,
        ),
        (
            {"timeOfDay": ["08:00:00"], "frequency": 1, "period": 3, "periodUnit": "d"},
            ["Mon 2026-11-23 08:00", "Thu 2026-11-26 08:00"],
            5,
        ),
        (
            {"dayOfWeek": ["tue"], "frequency": 1, "period": 2, "periodUnit": "wk"},
            ["Tue 2026-11-24 08:00"],
            1,
        ),
        ({"frequency": 1, "period": 1, "periodUnit": "mo"}, ["Mon 2026-11-23 08:00"], 1),
        (DAILY | {"count": 5}, ["Mon 2026-11-23 08:00"], 5),
        (DAILY | {"boundsDuration": {"value": 1, "code": "wk"}}, ["Mon 2026-11-23 08:00"], 7),
        (
            DAILY | {"boundsPeriod": {"start": "2026-11-25", "end": "2026-11-27"}},
            ["Wed 2026-11-25 08:00"],
            3,
        ),
        (DAILY | {"boundsPeriod": {"end": "2026-11"}}, ["Mon 2026-11-23 08:00"], 8),
        (
            DAILY | {"boundsPeriod": {"start": "2026-11-24T23:30:00-05:00"}},
            ["Wed 2026-11-25 08:00"],
            13,
        ),
    ],
)
def test_one_reading_is_compiled(repeat: dict[str, Any], first: list[str], count: int) -> None:
    """The instants are those the semantics table states."""
    found = times(order(dosage(repeat)))
    assert first == found[: len(first)]
    assert count == len(found)


REFUSED = [
    ({}, "no-timing"),
    ({"frequency": 2}, "no-period"),
    ({"period": 1}, "no-period"),
    ({"frequency": 1, "period": 0, "periodUnit": "d"}, "period"),
    ({"frequency": 0, "period": 1, "periodUnit": "d"}, "period"),
    ({"frequency": 1, "period": 1, "periodUnit": "fortnight"}, "unknown-unit"),
    ({"frequency": 3, "period": 1, "periodUnit": "wk"}, "spacing-unspecified"),
    ({"frequency": 2, "period": 21, "periodUnit": "d"}, "spacing-unspecified"),
    ({"frequency": 7, "period": 1, "periodUnit": "d"}, "spacing-unspecified"),
    (
        {"frequency": 1, "period": 1, "periodUnit": "d", "timeOfDay": ["02:00:00", "04:00:00"]},
        "frequency-vs-times",
    ),
    ({"frequency": 4, "period": 1, "periodUnit": "d", "when": ["C"]}, "frequency-vs-when"),
    ({"frequency": 2, "period": 1, "periodUnit": "d", "when": ["AC"]}, "frequency-vs-when"),
    ({"frequency": 1, "period": 6, "periodUnit": "h", "when": ["AC"]}, "interval-with-when"),
    ({"frequency": 3, "period": 2, "periodUnit": "d", "when": ["MORN", "EVE"]},
     "frequency-vs-when"),
    (
        {"dayOfWeek": ["mon", "tue"], "frequency": 3, "period": 1, "periodUnit": "wk"},
        "frequency-vs-dow",
    ),
    ({"dayOfWeek": ["fri"], "period": 3, "periodUnit": "d"}, "dow-with-multi-day-period"),
    ({"dayOfWeek": ["mon", "fri"], "period": 2, "periodUnit": "wk"}, "dow-with-multi-week"),
    ({"dayOfWeek": ["mon"], "period": 8, "periodUnit": "h"}, "interval-with-dow"),
    ({"dayOfWeek": ["someday"]}, "day-of-week"),
    ({"timeOfDay": ["24:00:00"]}, "time-of-day"),
    ({"timeOfDay": ["8 o'clock"]}, "not-fhir"),
    ({"timeOfDay": ["08:00:00"], "when": ["CM"]}, "timeofday-and-when"),
    (DAILY | {"offset": 30}, "offset-without-when"),
    ({"when": ["CM"], "offset": 30}, "offset-not-allowed"),
    ({"when": ["XYZ"]}, "unknown-when"),
    (DAILY | {"frequencyMax": 2}, "range"),
    (DAILY | {"periodMax": 2}, "range"),
    (DAILY | {"countMax": 9}, "range"),
    (DAILY | {"boundsRange": {"low": {"value": 1}}}, "bounds-range"),
    (DAILY | {"boundsDuration": {"value": 1, "code": "m"}}, "unknown-unit"),
    (DAILY | {"boundsDuration": {"value": 1.5, "code": "d"}}, "fractional-calendar-period"),
    (DAILY | {"boundsDuration": {"value": 90, "code": "s"}}, "not-yet"),
    (DAILY | {"boundsPeriod": {"start": "2027-01-02", "end": "2027-01-01"}}, "bounds"),
    (DAILY | {"boundsPeriod": {"end": "2026-01-01"}}, "ended"),
    (DAILY | {"boundsPeriod": {"start": "yesterday"}}, "not-fhir"),
    (DAILY | {"boundsPeriod": {"end": "9999-12-31"}}, "not-fhir"),
    (DAILY | {"duration": 12, "durationUnit": "wk"}, "duration-long"),
    (DAILY | {"count": 0}, "count"),
    ({"count": 3}, "no-period"),
    (DAILY | {"frequency": True}, "not-fhir"),
    (DAILY | {"period": float("nan")}, "not-fhir"),
    (DAILY | {"period": 1e300}, "not-fhir"),
    (DAILY | {"shoeSize": 44}, "unknown-element"),
    (DAILY | {"modifierExtension": [{"url": "x"}]}, "modifier"),
    ({"frequency": 1, "period": 7, "periodUnit": "min"}, "interval-too-short"),
    ({"frequency": 1, "period": 1, "periodUnit": "h"}, "overlap"),
    ({"frequency": 1, "period": 8, "periodUnit": "h", "boundsPeriod": {"start": "2026-12-01"}},
     "interval-needs-time"),
]  # fmt: skip


@pytest.mark.hazard("H13")
@pytest.mark.parametrize(("repeat", "expected"), REFUSED, ids=lambda one: str(one)[:50])
def test_what_has_no_single_reading_is_refused(repeat: dict[str, Any], expected: str) -> None:
    """Every contradiction has its own code."""
    assert expected == code(order(dosage(repeat)))


@pytest.mark.parametrize(
    ("timing", "expected"),
    [
        ({"code": {"coding": [{"system": GTS, "code": "BID"}]}}, ""),
        ({"code": {"coding": [{"system": GTS, "code": "Q8H"}]}}, ""),
        ({"code": {"coding": [{"system": GTS, "code": "PM"}]}}, "unknown-timing-code"),
        ({"code": {"coding": [{"system": "urn:x", "code": "BID"}]}}, "unknown-timing-code"),
        ({"code": {"text": "b.i.d."}}, "no-structured-timing"),
        ({"code": {"text": "once a day"}, "repeat": DAILY}, ""),
        (
            {"code": {"coding": [{"system": GTS, "code": "BID"}]}, "repeat": DAILY},
            "code-contradicts-repeat",
        ),
        ({"event": ["2026-11-24"]}, ""),
        ({"event": ["2026-11-22"]}, "ended"),
        ({"modifierExtension": [{"url": "x"}], "repeat": DAILY}, "modifier"),
        ({"repeat": []}, "not-fhir"),
    ],
)
def test_timing_codes(timing: dict[str, Any], expected: str) -> None:
    """Only HL7's own codes with one meaning stand for a structure."""
    assert expected == code(order(dosage(timing=timing)))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"status": "draft"}, "status"),
        ({"status": "on-hold"}, "status"),
        ({"status": None}, "status"),
        ({"intent": "option"}, "intent"),
        ({"intent": "plan"}, "intent"),
        ({"doNotPerform": True}, "do-not-perform"),
        ({"modifierExtension": [{"url": "x"}]}, "modifier"),
        ({"implicitRules": "http://x"}, "implicit-rules"),
        ({"subject": None}, "no-subject"),
        ({"identifier": None}, "no-identifier"),
        ({"identifier": [{"value": "a"}, {"value": "b"}]}, "two-identifiers"),
        ({"identifier": "rx-1"}, "not-fhir"),
        ({"medicationReference": None}, "no-medication"),
        ({"medicationReference": {"reference": "Medication/9"}}, "medication-not-here"),
        (
            {"medicationReference": None, "medicationCodeableConcept": {"text": "Testmedicine"}},
            "no-ingredient",
        ),
        ({"dosageInstruction": []}, "no-dosage"),
        ({"dosageInstruction": ["twice"]}, "not-fhir"),
    ],
)
def test_headers(more: dict[str, Any], expected: str) -> None:
    """An order that is not an active, complete order for one patient is refused."""
    assert expected == code(order(dosage(DAILY), **more))


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"doseAndRate": []}, "dose-missing"),
        ({"doseAndRate": [{}]}, "dose-missing"),
        ({"doseAndRate": [{"doseQuantity": TAB}, {"doseQuantity": TAB}]}, "dose-multiple"),
        ({"doseAndRate": [{"doseRange": {"low": TAB}}]}, "dose-range"),
        ({"doseAndRate": [{"rateQuantity": TAB}]}, "rate"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"comparator": "<"}}]}, "comparator"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"value": 0}}]}, "dose-zero"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"value": -1}}]}, "dose-zero"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"value": 0.3}}]}, "dose-fraction"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"value": 0.5}}]}, ""),
        ({"doseAndRate": [{"doseQuantity": TAB | {"value": 5523}}]}, "dose-too-large"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"value": 55}}]}, "wrong-value"),
        ({"doseAndRate": [{"doseQuantity": TAB | {"code": "mg"}}]}, "dose-unit"),
        ({"doseAndRate": [{"doseQuantity": {"value": 5, "code": "mg"}}]}, "dose-unit"),
        ({"doseAndRate": [{"doseQuantity": {"value": 1}}]}, "dose-unit"),
        ({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "Tablet"}}]}, ""),
        ({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "puff"}}]}, ""),
        ({"doseAndRate": [{"doseQuantity": {"value": 1, "unit": "handful"}}]}, "dose-unit"),
        (
            {
                "doseAndRate": [
                    {
                        "doseQuantity": {
                            "value": 1,
                            "system": "http://snomed.info/sct",
                            "code": "732937005",
                        }
                    }
                ]
            },
            "",
        ),
        ({"route": {"text": "rectal"}}, "route"),
        (
            {"route": {"coding": [{"system": "http://snomed.info/sct", "code": "26643006"}]}},
            "",
        ),
        ({"maxDosePerLifetime": TAB}, "limit-unknown"),
        ({"modifierExtension": [{"url": "x"}]}, "modifier"),
        ({"asNeededFor": []}, "as-needed-without-limit"),  # R5
        ({"asNeededBoolean": "no"}, "not-fhir"),
        ({"text": "one a day for 5 days"}, "text-says-more"),
        ({"text": "one before lunch"}, "text-says-more"),
        ({"text": "one a day with plenty of water"}, ""),
    ],
)
def test_dosages(more: dict[str, Any], expected: str) -> None:
    """Only counted pieces, by mouth, with nothing left unsaid."""
    assert expected == code(order(dosage(DAILY) | more))


def test_a_sequence_becomes_steps() -> None:
    """The taper of the study, from its FHIR form."""
    lines = [
        dosage(
            {
                "boundsDuration": {"value": days, "code": "d"},
                "when": ["PCM"],
                "offset": 10,
                "frequency": 1,
                "period": period,
                "periodUnit": "d",
            },
            sequence=number,
        )
        for number, (days, period) in enumerate([(5, 1), (5, 1), (4, 2)], 1)
    ]
    found = times(order(*reversed(lines)), 40)
    assert (12, "Sat 2026-12-05 08:10") == (len(found), found[-1])


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ([dosage(DAILY, sequence=1), dosage(DAILY, sequence=2)], "sequence-without-end"),
        ([dosage(DAILY, sequence=1), dosage(DAILY)], "mixed-sequence"),
        ([dosage(DAILY), dosage(DAILY)], "overlap"),
        ([dosage({"when": ["CM"]}), dosage({"when": ["CV"]})], ""),
        ([dosage({"when": ["CM"]}), dosage({"when": ["CV"], "count": 3})], ""),
    ],
)
def test_several_dosages(lines: list[dict[str, Any]], expected: str) -> None:
    """Concurrent lines never meet, and nothing is hidden behind an endless step."""
    assert expected == code(order(*lines))


def test_as_needed_needs_its_limits() -> None:
    """As needed: a gap and a rolling maximum, or nothing."""
    most = {"numerator": TAB | {"value": 8}, "denominator": {"value": 24, "code": "h"}}
    gap = {"url": GAP, "valueDuration": {"value": 4, "code": "h"}}
    asked = dosage(asNeededCodeableConcept={"text": "pain"})
    assert "as-needed-without-limit" == code(order(asked))
    assert "as-needed-without-limit" == code(order(asked | {"maxDosePerPeriod": most}))
    regimens, _ = read(order(asked | {"maxDosePerPeriod": most, "extension": [gap]}))
    found = regimens[0].as_needed
    assert found is not None
    assert ("pain", 4, 4 * 3600, 32) == (
        found.reason,
        found.quarters,
        found.min_gap_s,
        caps(regimens[0]).per_24h,
    )


def test_a_modifier_gap_of_another_country_is_refused() -> None:
    """What may change the meaning and is not known refuses the order."""
    strange = {"modifierExtension": [{"url": "urn:de:minimum-gap"}]}
    assert "modifier" == code(order(dosage(DAILY) | strange))


def test_the_insulin_example_is_refused() -> None:
    """HL7 medrx0321: three lines, sequence 2,2,1, meals only in the text."""
    lines = [
        dosage({"when": ["ACM"]}, sequence=2, text="10 before breakfast"),
        dosage(DAILY, sequence=2, text="15 before lunch"),
        dosage(DAILY, sequence=1, text="20 before dinner"),
    ]
    assert "text-says-more" == code(order(*lines))
    for line in lines:
        del line["text"]
    assert "sequence-without-end" == code(order(*lines))


def test_ids_are_stable_and_apart() -> None:
    """One identifier is always one id; identifiers that look alike stay apart."""
    values = ["rx-1", "urn:uuid:1c5b5e9b-24f7-45ed-ae9c-6e2ec53e7b05", "200-1/2", "200-1-2", "ÄÖ"]
    ids = []
    for value in values:
        regimens, _ = read(order(dosage(DAILY), identifier=[{"value": value}]))
        ids.append(regimens[0].id)
    assert ["rx-1", "1c5b5e9b-24f7-45ed-ae9c-6e2ec53e7b05"] == ids[:2]
    assert "200-1-2" == ids[3]
    assert len(values) == len(set(ids))


def test_patients_are_never_mixed() -> None:
    """Orders of two patients are refused, unless somebody says they are one."""
    orders = [
        order(dosage(DAILY)),
        order(
            dosage(DAILY),
            id="order-2",
            subject={"reference": "Patient/b"},
            identifier=[{"value": "rx-2"}],
            contained=[
                {
                    "resourceType": "Medication",
                    "id": "m",
                    "code": {"text": "Other 5 mg"},
                    "ingredient": [{"itemCodeableConcept": {"text": "Otherine"}}],
                }
            ],
        ),
    ]
    bundle = {"resourceType": "Bundle", "entry": [{"resource": one} for one in orders]}
    assert [("order-1", "mixed-patients"), ("order-2", "mixed-patients")] == read(bundle)[1]
    assert 2 == len(read(bundle, one_patient=True)[0])


def test_one_therapy_prescribed_twice_is_taken_once() -> None:
    """Equal orders of one ingredient count once; different ones need a person."""
    one = order(dosage(DAILY))
    same = order(dosage(DAILY), id="order-2", identifier=[{"value": "rx-2"}])
    other = order(dosage({"when": ["HS"]}), id="order-3", identifier=[{"value": "rx-3"}])
    regimens, refusals = read(one, same)
    assert (["rx-1"], [("order-2", "duplicate-order")]) == ([r.id for r in regimens], refusals)
    regimens, refusals = read(one, other)
    assert ([], ["same-ingredient"] * 2) == (regimens, [code for _, code in refusals])


def test_a_pharmacist_fills_what_the_order_leaves_out() -> None:
    """Identifier, ingredient and form can be said beside the order, never guessed."""
    bare = order(
        dosage(DAILY) | {"doseAndRate": [{"doseQuantity": {"value": 1}}]},
        identifier=None,
        medicationReference=None,
        medicationCodeableConcept={"text": "Testmedicine"},
    )
    assert "dose-unit" == code(bare)
    said = {"order-1": Said(id="own-1", ingredients=("testine",), form="tablet", piece_mg=150)}
    regimens, refusals = read(bare, said=said)
    assert ([], "own-1", "tablet", 150) == (
        refusals,
        regimens[0].id,
        regimens[0].form,
        regimens[0].piece_mg,
    )


@pytest.mark.parametrize("junk", [{}, {"resourceType": "Bundle", "entry": "x"}, [], None, 5, "x"])
def test_what_is_no_resource_is_no_order(junk: Any) -> None:
    """Anything else in a bundle is passed over without a crash."""
    assert ([], []) == read(junk)
