"""Plans for tests: a whole plan file around the regimens a test speaks of."""

import os
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from schedules.doses import doses
from schedules.model import CLOCK_WORDS, Dose, Plan, PlanRefused, Regimen, Window
from schedules.planfile import parse_plan

ROOT = Path(__file__).resolve().parents[2]
HEAD = """
schema: posology-plan/1
plan_id: test-plan
version: 1
device: device-1
patient: pt-7Q2K
zone: {zone}
valid_from: {valid_from}
valid_until: {valid_until}
clock: {{wake: 07:00, breakfast: 08:00, lunch: 12:30, dinner: 18:30, bed: 22:00}}
regimens:
"""
REGIMEN = """
  - id: {id}
    name: Test medicine
    form: tablet
    strength: 5 mg
    ingredients: [{ingredient}]
    piece_mg: 200
    start: {start}
    last_taken: never
{rest}"""


def regimen(
    rest: str, *, id: str = "one", start: str = "2026-11-23", ingredient: str = "ingredient-one"
) -> str:
    """One regimen of a plan file; `rest` holds its steps, indented by 4."""
    return REGIMEN.format(id=id, ingredient=ingredient, start=start, rest=rest)


def plan_text(
    *regimens: str,
    zone: str = "Europe/Berlin",
    valid_from: str = "2026-11-23",
    valid_until: str = "2027-06-30",
    more: str = "",
) -> str:
    """A whole plan file."""
    head = HEAD.format(zone=zone, valid_from=valid_from, valid_until=valid_until)
    return head + "".join(f"{one}\n" for one in regimens) + more


def steps(text: str, **given: str) -> Plan:
    """A plan of one regimen with `steps: text`."""
    start = given.pop("start", "2026-11-23")
    return parse_plan(plan_text(regimen(f"    steps: {text}", start=start), **given))


def due(plan: Plan, days: int = 40, zone: str | None = None) -> list[str]:
    """Local due times of the first days, as 'Mon 2026-11-23 08:00'."""
    found = doses(plan, plan.valid_from, plan.valid_from + days * 86_400)
    return [local_text(dose, zone or plan.zone) for dose in found]


def local_text(dose: Dose, zone: str) -> str:
    """Due time on the wall clock, by the standard library alone."""
    return datetime.fromtimestamp(dose.due_at, ZoneInfo(zone)).strftime("%a %Y-%m-%d %H:%M")


def refusal(text: str) -> tuple[str, str]:
    """(code, place) a plan file is refused with."""
    with pytest.raises(PlanRefused) as caught:
        parse_plan(text)
    assert caught.value.sentence, "every refusal says why"
    return caught.value.code, caught.value.place


def shared_data() -> Path:
    """The folder of sample data, or the test is skipped with the reason."""
    named = os.environ.get("POSOLOGY_DATA")
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    if not folder.is_dir():
        pytest.skip("no sample data: set POSOLOGY_DATA to its folder")
    return folder


def plan_of(regimen: Regimen, start: datetime, zone: str = "Europe/Berlin") -> Plan:
    """The plan that holds just this regimen, valid 90 days from the local start."""
    local = start.replace(tzinfo=ZoneInfo(zone))
    return Plan(
        plan_id="test-plan",
        version=1,
        previous_hash="",
        device="device-1",
        patient="pt-7Q2K",
        zone=zone,
        valid_from=int(local.timestamp()),
        valid_until=int((local + timedelta(days=90)).timestamp()),
        clock=tuple(sorted(CLOCK_WORDS.items())),
        window=Window(),
        regimens=(regimen,),
    )
