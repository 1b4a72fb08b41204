"""What is taken once a week is never taken daily, under any wording of the file."""

from datetime import datetime

import pytest

from schedules.fhir.regimens import Said, read_orders
from schedules.limits import gap_s
from schedules.model import WEEKLY_S
from schedules.planfile import canonical, parse_plan
from schedules.weekly import is_weekly
from tests.schedules.plans import plan_text, refusal, regimen

MONDAYS = "    steps: [{take: [{dose: 4, at: [08:00], days: [mon]}]}]"


def methotrexate(rest: str, **given: str) -> str:
    """A plan of one methotrexate regimen, high alert with its limits."""
    return plan_text(regimen(rest, **{"ingredient": "methotrexate"} | given))


def test_once_a_week_is_a_plan() -> None:
    """Mondays are a week apart, also over both clock changes."""
    plan = parse_plan(methotrexate(MONDAYS))
    assert plan.regimens[0].weekly_only
    assert parse_plan(methotrexate(MONDAYS, start="2026-11-26")).regimens[0].weekly_only


DAILY = [
    "[{take: [{dose: 4, at: [08:00]}]}]",
    "[{take: [{dose: 1, at: [08:00, 20:00]}]}]",
    "[{take: [{dose: 4, when: [breakfast]}]}]",
    "[{take: [{dose: 4, every: 24h}]}]",
    "[{take: [{dose: 4, every: 144h}]}]",
    "[{take: [{dose: 4, at: [08:00], every_days: 2}]}]",
    "[{take: [{dose: 4, at: [08:00], every_days: 6}]}]",
    "[{take: [{dose: 4, at: [08:00], days: [mon, thu]}]}]",
    "[{take: [{dose: 4, at: [08:00], days: [mon, tue, wed, thu, fri, sat, sun]}]}]",
    "[{take: [{dose: 4, at: [08:00], day_of_month: [1, 4]}]}]",
    "[{take: [{dose: 4, on: [2026-11-24T08:00, 2026-11-26T08:00]}]}]",
    "[{take: [{dose: 2, times: 2, between: 08:00-20:00}]}]",
    "[{for: 7d, take: [{dose: 4, at: [08:00], days: [mon]}]}, {take: [{dose: 4, at: [08:00]}]}]",
    "[{take: [{dose: 4, at: [08:00], days: [mon]}, {dose: 4, at: [20:00], days: [tue]}]}]",
    "[{for: 1d, take: [{dose: 4, at: [08:00]}]}]\n    repeat_every: 1d",
    "[{for: 1d, take: [{dose: 4, at: [08:00]}]}]\n    repeat_every: 6d",
]


@pytest.mark.hazard("H13", "H24")
@pytest.mark.parametrize("steps", DAILY)
def test_methotrexate_is_never_daily_under_any_wording(steps: str) -> None:
    """Whatever words say it, and whatever limits stand beside it: refused."""
    rest = f"    steps: {steps}\n    high_alert: yes\n    limits: {{max_per_24h: 99}}"
    code, place = refusal(methotrexate(rest, start="2026-11-23T06:00"))
    assert ("weekly-only", "regimens[0].steps") == (code, place)


def test_two_regimens_do_not_make_it_daily() -> None:
    """Monday in one regimen and Thursday in another are three days apart."""
    other = regimen(MONDAYS.replace("mon", "thu"), id="two", ingredient="methotrexate")
    groups = "groups: [{ingredient: methotrexate, min_gap: 4h}]\n"
    both = plan_text(
        regimen(MONDAYS, ingredient="methotrexate"),
        f"{other}\n    in_addition_to: one",
        more=groups,
    )
    assert "weekly-only" == refusal(both)[0]


def test_asked_for_it_is_a_week_apart_too() -> None:
    """As needed needs its gap of a week; a shorter one is refused."""
    rest = "    as_needed: {{for: flare, dose: 4, min_gap: {}, max: 4, per: 24h}}"
    code, place = refusal(methotrexate(rest.format("24h")))
    assert ("weekly-only", "regimens[0].as_needed.min_gap") == (code, place)
    assert parse_plan(methotrexate(rest.format("168h"))) is not None


def test_it_cannot_be_switched_off() -> None:
    """A file that says weekly_only: no of a medicine of the list is refused."""
    text = methotrexate(f"{MONDAYS}\n    weekly_only: no")
    assert ("weekly-only", "regimens[0].weekly_only") == refusal(text)


def test_said_or_implied_is_one_plan() -> None:
    """Saying what the list says anyway changes no byte; saying it of another medicine does."""
    said = f"{MONDAYS}\n    weekly_only: yes"
    assert canonical(parse_plan(methotrexate(said))) == canonical(parse_plan(methotrexate(MONDAYS)))
    assert b'"weekly_only":true' in canonical(parse_plan(plan_text(regimen(said))))
    daily = "    weekly_only: yes\n    steps: [{take: [{dose: 1, at: [08:00]}]}]"
    assert ("weekly-only", "regimens[0].steps") == refusal(plan_text(regimen(daily)))


def test_the_gap_on_the_board_is_a_week_too() -> None:
    """A gap said shorter does not let a second dose out: the lease keeps 6 days and 12 hours."""
    short = f"{MONDAYS}\n    limits: {{min_gap: 4h}}"
    assert WEEKLY_S == gap_s(parse_plan(methotrexate(short)).regimens[0])
    once = "    steps: [{take: [{dose: 4, on: [2026-11-24T08:00]}]}]"
    assert WEEKLY_S == gap_s(parse_plan(methotrexate(once)).regimens[0])


@pytest.mark.parametrize(
    ("name", "form", "ingredient", "strength", "weekly"),
    [
        ("Methotrexate 2.5 mg", "tablet", "methotrexate", "2.5 mg", True),
        ("Methotrexat 10 mg", "tablet", "mtx", "10 mg", True),  # by its name alone
        ("Methotrexate", "tablet", "methotrexate-sodium", "10 mg", True),
        ("Methotrexate", "liquid", "methotrexate", "2 mg in 1 ml", True),
        ("Methotrexate", "injection", "methotrexate", "50 mg", False),  # other rhythms are known
        ("Folic acid 5 mg (not with methotrexate)", "tablet", "folic-acid", "5 mg", False),
        ("Alendronic acid 70 mg", "tablet", "alendronic-acid", "70 mg", True),
        ("Alendronate 70 mg", "tablet", "alendronate", "70 mg + 5600 units", True),
        ("Alendronic acid 10 mg", "tablet", "alendronic-acid", "10 mg", False),
        ("Risedronate 35 mg", "tablet", "risedronate", "35 mg", True),
        ("Risedronate 5 mg", "tablet", "risedronate", "5 mg", False),
        ("Risedronate 75 mg", "tablet", "risedronate", "75 mg", False),  # on two days running
        ("Ibandronic acid 150 mg", "tablet", "ibandronic-acid", "150 mg", True),
        ("Fluoxetine 90 mg", "capsule", "fluoxetine", "90 mg", True),
        ("Fluoxetine 20 mg", "capsule", "fluoxetine", "20 mg", False),
        ("Semaglutide 1 mg", "injection", "semaglutide", "1 mg", True),
        ("Semaglutide 7 mg", "tablet", "semaglutide", "7 mg", False),
        ("Warfarin 5 mg", "tablet", "warfarin", "5 mg", False),
    ],
)
def test_the_list_knows_what_is_truly_weekly(
    name: str, form: str, ingredient: str, strength: str, weekly: bool
) -> None:
    """Strength and form decide where one substance is daily in one and weekly in another."""
    assert weekly == is_weekly(name, form, (ingredient,), (), strength)


@pytest.mark.parametrize("name", ["Methotrexate 2.5 mg", "METHOTREXAT 10", "Methotrexate sodium"])
@pytest.mark.parametrize(
    "repeat",
    [
        {"frequency": 1, "period": 1, "periodUnit": "d"},
        {"dayOfWeek": ["mon", "thu"]},
        {"frequency": 1, "period": 24, "periodUnit": "h"},
        {"frequency": 1, "period": 1, "periodUnit": "d", "count": 3},
    ],
)
def test_an_order_that_makes_it_daily_is_refused(name: str, repeat: dict[str, object]) -> None:
    """Whatever the ingredient is called here, and whoever the order comes from."""
    order: dict[str, object] = {
        "resourceType": "MedicationRequest",
        "id": "one",
        "status": "active",
        "intent": "order",
        "subject": {"reference": "Patient/a"},
        "medicationCodeableConcept": {"text": name},
        "dosageInstruction": [
            {
                "timing": {"repeat": repeat},
                "doseAndRate": [{"doseQuantity": {"value": 4, "unit": "tablet"}}],
            }
        ],
    }
    _, refusals = read_orders(
        [order],
        zone="Europe/Berlin",
        patient="pt-7Q2K",
        device="device-1",
        start=datetime(2026, 11, 23, 7),
        piece_mg=110,
        said={"one": Said(id="mtx", ingredients=("mtx",), form="tablet")},
    )
    assert ["weekly-only"] == [one.code for one in refusals]


def test_an_amount_counts_as_well_as_a_text() -> None:
    """70 mg said as an amount is 70 mg."""
    told = ("Alendronic acid", "tablet", ("alendronic-acid",))
    assert is_weekly(*told, (("alendronic-acid", 70_000),), "as named")
    assert not is_weekly(*told, (("alendronic-acid", 10_000),), "as named")
