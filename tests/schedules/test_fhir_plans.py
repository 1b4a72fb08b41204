"""A plan read from an order gives exactly the doses that `expand` tells of the same order."""

import json
from collections import Counter
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from schedules.cadence import Cadence, Clock, Course, Moment
from schedules.doses import doses
from schedules.expand import answer, site_of
from schedules.fhir.line import Line
from schedules.fhir.regimens import Said, read_orders
from schedules.fhir.steps import check_same, ordered_of
from schedules.fhir.value import OrderRefused
from schedules.localtime import zone_of
from schedules.model import CLOCK_WORDS, LastTaken, Regimen
from schedules.phases import asked_span
from tests.schedules.plans import plan_of, shared_data

START = datetime(2026, 3, 20, 7)
DAYS = 60
TAB = {"value": 1, "unit": "tablet"}
SAID = Said(id="one", ingredients=("testine",), form="tablet", text_read=True)


def order_of(dosages: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "resourceType": "MedicationRequest",
        "id": "order",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/a"},
        "medicationCodeableConcept": {"text": "Test medicine"},
        "dosageInstruction": dosages,
    }


def read(dosages: list[dict[str, Any]], zone: str, said: Said = SAID) -> tuple[Regimen | None, str]:
    """(the regimen of an order, "") or (None, the code it is refused with)."""
    regimens, refusals = read_orders(
        [order_of(dosages)],
        zone=zone,
        patient="pt-7Q2K",
        device="device-1",
        start=START,
        piece_mg=300,
        last_taken=LastTaken("never"),
        said={"order": said},
    )
    return (regimens[0], "") if regimens else (None, refusals[0].code)


def planned(regimen: Regimen, zone: str, days: int = DAYS) -> list[tuple[str, str]]:
    """(local instant with offset, quantity) of the plan."""
    plan = plan_of(regimen, START, zone)
    last = int((START + timedelta(days=days)).replace(tzinfo=ZoneInfo(zone)).timestamp())
    return [
        (datetime.fromtimestamp(one.due_at, ZoneInfo(zone)).isoformat(), f"{one.quarters / 4:g}")
        for one in doses(plan, plan.valid_from, last)
    ]


def told(dosages: list[dict[str, Any]], zone: str) -> tuple[str, list[tuple[str, str]]]:
    """(status or code, what `expand` says)."""
    line = json.dumps({"id": "order", "dosage": dosages})
    said = answer(line, site_of(zone, START.isoformat(), DAYS))
    rows = said["doses"]
    assert isinstance(rows, list)
    # A plan counts in minutes: the seconds of a start are left out.
    found = [(one["due_at"][:16] + ":00" + one["due_at"][19:], one["quantity"]) for one in rows]
    return str(said["code"] or said["status"]), found


def dosage(repeat: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"timing": {"repeat": repeat}, "doseAndRate": [{"doseQuantity": TAB}]} | more


def test_real_dosages_give_the_same_instants(capsys: pytest.CaptureFixture[str]) -> None:
    """Every real dosage that becomes a plan has the doses that `expand` tells, and no others."""
    path = shared_data() / "fhir" / "dosages.jsonl"
    rows: Counter[str] = Counter()
    for line in path.read_text("utf-8").splitlines():
        dosages = json.loads(line)["dosage"]
        status, wanted = told(dosages, "Europe/Zurich")
        regimen, code = read(dosages, "Europe/Zurich")
        if regimen is None:
            rows[f"expand: {status:<24} plan: {code}"] += 1
            continue
        if regimen.as_needed is None:
            assert wanted == planned(regimen, "Europe/Zurich"), dosages
        rows[f"expand: {status:<24} plan: read"] += 1
    with capsys.disabled():
        print("\n" + "\n".join(f"{row:<60} {count:>4}" for row, count in sorted(rows.items())))
    assert 23 <= sum(count for row, count in rows.items() if row.endswith("read"))


ENDS: list[dict[str, Any]] = [
    {},
    {"count": 5},
    {"count": 1},
    {"boundsDuration": {"value": 10, "code": "d"}},
    {"boundsDuration": {"value": 2, "code": "wk"}, "count": 7},
    {"boundsDuration": {"value": 36, "code": "h"}},
    {"boundsDuration": {"value": 1, "code": "mo"}},
    {"boundsPeriod": {"end": "2026-04-12"}},
    {"boundsPeriod": {"end": "2026-03-29T14:00:00+02:00"}},
    {"boundsPeriod": {"start": "2026-02-11", "end": "2026-04-20T23:59:59+02:00"}, "count": 30},
    {"boundsPeriod": {"start": "2026-03-25T09:30:00+01:00"}},
    {"boundsPeriod": {"start": "2026-01-31"}},
    {"boundsPeriod": {"start": "2026-03-20T04:00:00+01:00"}},
]
RHYTHMS: list[dict[str, Any]] = [
    {"frequency": 1, "period": 1, "periodUnit": "d"},
    {"frequency": 3, "period": 1, "periodUnit": "d"},
    {"frequency": 1, "period": 8, "periodUnit": "h"},
    {"frequency": 1, "period": 36, "periodUnit": "h"},
    {"frequency": 1, "period": 3, "periodUnit": "d", "when": ["HS"]},
    {"frequency": 1, "period": 2, "periodUnit": "wk", "dayOfWeek": ["tue"]},
    {"dayOfWeek": ["mon", "fri"], "timeOfDay": ["02:30:00", "21:00:00"]},
    {"frequency": 1, "period": 1, "periodUnit": "mo"},
    {"frequency": 1, "period": 3, "periodUnit": "mo", "timeOfDay": ["12:00:00"]},
    {"frequency": 1, "period": 1, "periodUnit": "a"},
    {"when": ["ACM", "CV"]},
    {"when": ["PCV"], "offset": 240},
]
MONTHLY = {
    "extension": [
        {"url": "http://hl7.org/fhir/StructureDefinition/timing-dayOfMonth", "valuePositiveInt": n}
        for n in (1, 15)
    ],
    "timeOfDay": ["09:00:00"],
}
ZONES = ["Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Asia/Tokyo"]


@pytest.mark.parametrize("end", ENDS, ids=str)
def test_every_rhythm_with_every_end_gives_the_same_instants(end: dict[str, Any]) -> None:
    """Ends by count, time of day, hours, months and both at once: plan and `expand` agree."""
    read_in = 0
    for rhythm in [*RHYTHMS, MONTHLY]:
        for zone in ZONES[:2]:
            dosages = [dosage(rhythm | end)]
            status, wanted = told(dosages, zone)
            regimen, code = read(dosages, zone)
            if regimen is None:
                assert code in (status, "ended", "interval-needs-time"), (rhythm, end, code, status)
                continue
            assert wanted == planned(regimen, zone), (rhythm, end, zone)
            read_in += 1
    assert read_in >= 16, "most of them are plans"


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from([*RHYTHMS, MONTHLY]), st.sampled_from(ENDS), st.integers(1, 2)),
        min_size=2,
        max_size=3,
    ),
    st.sampled_from(ZONES),
)
def test_random_sequences_give_the_same_instants(
    parts: list[tuple[dict[str, Any], dict[str, Any], int]], zone: str
) -> None:
    """Any sequence of dosages is a plan with the instants of `expand`, or refused."""
    dosages = [
        dosage(rhythm | end, sequence=place * step)
        for place, (rhythm, end, step) in enumerate(parts, 1)
    ]
    _, wanted = told(dosages, zone)
    regimen, code = read(dosages, zone)
    if regimen is None:
        assert code
    else:
        assert wanted == planned(regimen, zone)


@settings(max_examples=60, derandomize=True, deadline=None)
@given(
    st.lists(
        st.tuples(st.sampled_from(["06:10", "11:20", "16:30"]), st.sampled_from(ENDS)),
        min_size=2,
        max_size=3,
        unique_by=lambda part: part[0],
    ),
    st.booleans(),
    st.sampled_from(ZONES),
)
def test_concurrent_dosages_with_bounds_of_their_own_give_the_same_instants(
    parts: list[tuple[str, dict[str, Any]]], after: bool, zone: str
) -> None:
    """One time of day for five doses, another for ten days, and what comes after both."""
    dosages = [dosage({"timeOfDay": [f"{at}:00"]} | end, sequence=1) for at, end in parts]
    if after:
        dosages.append(dosage({"timeOfDay": ["21:40:00"]}, sequence=2))
    status, wanted = told(dosages, zone)
    regimen, code = read(dosages, zone)
    if regimen is None:
        assert code in (status, "ended")
    else:
        assert wanted == planned(regimen, zone)


EVENTS = ["2026-03-22T09:00:00+01:00", "2026-03-24", "2026-03-29T14:30:00+02:00"]


def test_single_instants_are_dates_of_a_take() -> None:
    """FHIR's event is read as the dates it names; what has passed is not given."""
    line = {"timing": {"event": EVENTS}, "doseAndRate": [{"doseQuantity": TAB}]}
    regimen, _ = read([line], "Europe/Berlin")
    assert regimen is not None
    assert [
        ("2026-03-22T09:00:00+01:00", "1"),
        ("2026-03-24T08:00:00+01:00", "1"),
        ("2026-03-29T14:30:00+02:00", "1"),
    ] == planned(regimen, "Europe/Berlin")
    late = {"timing": {"event": ["2026-03-01T09:00:00+01:00"]}} | {
        "doseAndRate": line["doseAndRate"]
    }
    assert (None, "ended") == read([late], "Europe/Berlin")


def test_a_plan_with_other_doses_than_the_order_is_never_handed_on() -> None:
    """The net under the reading: a plan that differs by one dose refuses the order."""
    zone = zone_of("Europe/Berlin")
    assert zone is not None
    clock, load = Clock(zone, CLOCK_WORDS), Moment(START.date(), START.hour * 60)
    line = Line(4, "tablet", Course(Cadence(at=(480,)), count=5))
    regimen, _ = read([dosage(RHYTHMS[0] | {"count": 5})], "Europe/Berlin")
    assert regimen is not None
    plan = plan_of(regimen, START, "Europe/Berlin")
    check_same(plan, ordered_of([line], [None]), load, clock)
    for other in (
        replace(line, quarters=2),
        replace(line, course=replace(line.course, count=6)),
        replace(line, course=Course(Cadence(at=(490,)), count=5)),
    ):
        with pytest.raises(OrderRefused) as caught:
            check_same(plan, ordered_of([other], [None]), load, clock)
        assert "not-yet" == caught.value.code


def test_one_now_and_then_daily() -> None:
    """A loading dose now, and the course from the next day."""
    first = dosage({"count": 1}, sequence=1) | {
        "doseAndRate": [{"doseQuantity": TAB | {"value": 2}}]
    }
    then = dosage(RHYTHMS[0] | {"count": 4}, sequence=2)
    regimen, _ = read([first, then], "Europe/Berlin")
    assert regimen is not None
    assert [
        ("2026-03-20T07:00:00+01:00", "2"),
        *((f"2026-03-{day}T08:00:00+01:00", "1") for day in (21, 22, 23, 24)),
    ] == planned(regimen, "Europe/Berlin")


def test_a_later_step_waits_for_its_own_start() -> None:
    """A pause stands between a course and a later one that names its day."""
    first = dosage(RHYTHMS[0] | {"count": 2}, sequence=1)
    then = dosage(
        RHYTHMS[0] | {"boundsPeriod": {"start": "2026-03-27", "end": "2026-03-28"}}, sequence=2
    )
    regimen, _ = read([first, then], "Europe/Berlin")
    assert regimen is not None
    days = [at[8:10] for at, _ in planned(regimen, "Europe/Berlin")]
    assert ["20", "21", "27", "28"] == days


def test_a_rhythm_that_has_begun_is_kept() -> None:
    """Every second day since a date in the past: the rhythm is that of the order, not of today."""
    repeat = {
        "frequency": 1,
        "period": 2,
        "periodUnit": "d",
        "boundsPeriod": {"start": "2026-03-17"},
    }
    regimen, _ = read([dosage(repeat)], "Europe/Berlin")
    assert regimen is not None
    assert "2026-03-21T08:00:00+01:00" == planned(regimen, "Europe/Berlin")[0][0]


def test_as_needed_within_bounds_may_be_asked_for_within_them() -> None:
    """A start and an end to come, or a course of days, bound what may be asked for."""
    most = {"numerator": TAB | {"value": 4}, "denominator": {"value": 24, "unit": "h"}}
    gap = {
        "url": "http://hl7.org/fhir/StructureDefinition/dosage-minimumGapBetweenDose",
        "valueDuration": {"value": 4, "code": "h"},
    }
    line = {
        "asNeededBoolean": True,
        "doseAndRate": [{"doseQuantity": TAB}],
        "maxDosePerPeriod": most,
        "extension": [gap],
    }
    found = []
    for bounds in (
        {"boundsPeriod": {"start": "2026-03-22", "end": "2026-03-24"}},
        {"boundsDuration": {"value": 2, "code": "d"}},
        {"boundsDuration": {"value": 90, "code": "min"}},
        {"boundsPeriod": {"start": "2026-03-01"}},
    ):
        regimen, code = read([line | {"timing": {"repeat": bounds}}], "Europe/Berlin")
        assert regimen is not None, code
        plan = plan_of(regimen, START, "Europe/Berlin")
        zone = ZoneInfo("Europe/Berlin")
        found.append(
            [datetime.fromtimestamp(at, zone).isoformat()[:16] for at in asked_span(plan, regimen)]
        )
    assert [
        ["2026-03-22T00:00", "2026-03-25T00:00"],
        ["2026-03-20T07:00", "2026-03-22T07:00"],
        ["2026-03-20T07:00", "2026-03-20T08:30"],
        ["2026-03-20T07:00", "2026-06-18T07:00"],
    ] == found
    over = line | {"timing": {"repeat": {"boundsPeriod": {"end": "2026-03-19"}}}}
    assert (None, "ended") == read([over], "Europe/Berlin")


@pytest.mark.parametrize(
    ("unit", "route", "form"),
    [
        ("puff", "447694001", "inhaler"),
        ("patch", "45890007", "patch"),
        ("drop", "54485002", "drops"),
        ("ml", "26643006", "liquid"),
        ("ml", "34206005", "injection"),
        ("spray", "46713006", "spray"),
        ("application", "6064005", "cream"),
        ("suppository", "37161004", "suppository"),
        ("sachet", None, "powder"),
    ],
)
def test_what_the_machine_cannot_hold_is_kept_elsewhere(
    unit: str, route: str | None, form: str
) -> None:
    """Puffs, patches and drops become regimens that a person confirms and no machine releases."""
    line = dosage(RHYTHMS[0]) | {"doseAndRate": [{"doseQuantity": {"value": 2, "unit": unit}}]}
    if route:
        line["route"] = {"coding": [{"system": "http://snomed.info/sct", "code": route}]}
    regimen, code = read([line], "Europe/Berlin", Said(id="one", ingredients=("testine",)))
    assert regimen is not None, code
    assert (form, unit, True, 0) == (
        regimen.form,
        regimen.unit,
        regimen.elsewhere,
        regimen.piece_mg,
    )


def test_a_unit_against_its_route_is_refused() -> None:
    """Drops through a patch, and millilitres without a route, have no one reading."""
    said = Said(id="one", ingredients=("testine",))
    line = dosage(RHYTHMS[0]) | {"doseAndRate": [{"doseQuantity": {"value": 2, "unit": "drop"}}]}
    line["route"] = {"coding": [{"system": "http://snomed.info/sct", "code": "45890007"}]}
    assert "route" == read([line], "Europe/Berlin", said)[1]
    line = dosage(RHYTHMS[0]) | {"doseAndRate": [{"doseQuantity": {"value": 5, "unit": "ml"}}]}
    assert "route" == read([line], "Europe/Berlin", said)[1]


PIECE = {"value": 1, "system": "http://snomed.info/sct", "code": "732936001"}


def strong(milligrams: float, dose: float, per: dict[str, Any] = PIECE) -> tuple[int, str]:
    """(quarters, code) of an order in mg of a tablet that says how much it holds."""
    mg = {"system": "http://unitsofmeasure.org", "code": "mg", "unit": "mg"}
    one = order_of([dosage(RHYTHMS[0]) | {"doseAndRate": [{"doseQuantity": mg | {"value": dose}}]}])
    del one["medicationCodeableConcept"]
    one["medicationReference"] = {"reference": "#m"}
    one["contained"] = [
        {
            "resourceType": "Medication",
            "id": "m",
            "code": {"text": "Testmedicine"},
            "form": {"coding": [{"system": "http://snomed.info/sct", "code": "421026006"}]},
            "ingredient": [
                {
                    "itemCodeableConcept": {"text": "Testine"},
                    "strength": {
                        "numerator": mg | {"value": milligrams},
                        "denominator": per,
                    },
                }
            ],
        }
    ]
    regimens, refusals = read_orders(
        [one],
        zone="Europe/Berlin",
        patient="pt-7Q2K",
        device="device-1",
        start=START,
        piece_mg=300,
        said={"order": Said(id="one")},
    )
    if refusals:
        return 0, refusals[0].code
    return regimens[0].steps[0].takes[0].quarters, ""


def test_milligrams_are_counted_where_a_piece_says_its_strength() -> None:
    """500 mg of 250 mg tablets are two; what is no whole number of quarters is refused."""
    assert (8, "") == strong(250, 500)
    assert (2, "") == strong(5, 2.5)
    assert (0, "dose-fraction") == strong(300, 500)
    assert (4, "") == strong(250, 250, {"value": 1, "unit": "tablet"})
    assert (0, "dose-unit") == strong(250, 250, {"value": 5, "unit": "tablet"})
    assert (0, "dose-unit") == strong(250, 250, {"value": 1, "unit": "mL"})
