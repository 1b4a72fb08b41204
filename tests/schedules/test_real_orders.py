"""Real orders of other people: none crashes, each is a regimen or a refusal."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from schedules import convert
from schedules.doses import doses
from schedules.fhir.order import gather
from schedules.fhir.regimens import OrderRefusal, Said, read_orders
from schedules.model import LastTaken, Regimen
from schedules.planfile import dump_plan, parse_plan
from tests.schedules.plans import shared_data

FOUR = ("eu-mpd", "ch-emed", "au-test-data", "synthea-smart")
NEVER = LastTaken("never")


def read(
    resources: list[dict[str, object]], said: dict[str, Said] | None = None
) -> tuple[list[Regimen], list[OrderRefusal]]:
    return read_orders(
        resources,
        zone="Europe/Zurich",
        patient="pt-7Q2K",
        device="device-1",
        start=datetime(2026, 11, 23, 7),
        piece_mg=300,
        last_taken=NEVER,
        said=said,
        one_patient=True,
    )


def table(rows: Counter[tuple[str, str]]) -> str:
    """Counts per set and result, as a table for people."""
    lines = ["", f"{'set':<20} {'result':<28} orders"]
    lines += [
        f"{name:<20} {result:<28} {count:>6}" for (name, result), count in sorted(rows.items())
    ]
    return "\n".join(lines)


def test_every_order_is_a_regimen_or_a_refusal(capsys: pytest.CaptureFixture[str]) -> None:
    """All orders of all sample sets are read or refused with code and sentence."""
    folder = shared_data() / "fhir"
    rows: Counter[tuple[str, str]] = Counter()
    for path in sorted(one for one in folder.iterdir() if one.is_dir()):
        resources, broken = convert.resources_of([path])
        assert [] == broken
        for resource in resources:
            orders, _ = gather([resource])
            regimens, refusals = read([resource])
            assert len(orders) == len(regimens) + len(refusals)
            for refusal in refusals:
                assert refusal.id and refusal.code and len(refusal.why) > 10
                rows[path.name, refusal.code] += 1
            for _ in regimens:
                rows[path.name, "read"] += 1
    with capsys.disabled():
        print(table(rows))
    # Exact, so that a change of reading is seen: orders that dispense are the two of ch-emed.
    assert {("ch-emed", "read"): 2} == {key: n for key, n in rows.items() if key[1] == "read"}


def test_every_distinct_dosage_is_read_or_refused(capsys: pytest.CaptureFixture[str]) -> None:
    """Dosages of ten sources inside an otherwise perfect order: no crash, no silence."""
    path = shared_data() / "fhir" / "dosages.jsonl"
    rows: Counter[tuple[str, str]] = Counter()
    for number, line in enumerate(path.read_text("utf-8").splitlines()):
        case: dict[str, Any] = json.loads(line)
        order = {
            "resourceType": "MedicationRequest",
            "id": f"case-{number}",
            "status": "active",
            "intent": "order",
            "subject": {"reference": "Patient/a"},
            "medicationCodeableConcept": {"text": "Test medicine"},
            "dosageInstruction": case["dosage"],
        }
        told = Said(id="one", ingredients=("testine",), form="tablet", text_read=True)
        regimens, refusals = read([order], {f"case-{number}": told})
        assert 1 == len(regimens) + len(refusals)
        rows[str(case["source"]), refusals[0].code if refusals else "read"] += 1
    with capsys.disabled():
        print(table(rows))
    assert sum(rows.values()) > 70


def test_four_sets_convert_to_a_plan_that_can_be_signed() -> None:
    """What can be compiled of the four sets is a plan with doses; the rest is listed."""
    folder = shared_data() / "fhir"
    resources, _ = convert.resources_of([folder / name for name in FOUR])
    plan, refusals = convert.convert(resources, frame(), {})
    assert plan == parse_plan(dump_plan(plan))
    assert len(gather(resources)[0]) == len(plan.regimens) + len(refusals)
    assert 4 == len(doses(plan, plan.valid_from, plan.valid_from + 2 * 86_400))


def test_a_pharmacist_opens_more_of_them() -> None:
    """What silence alone holds back is read once somebody says it."""
    folder = shared_data() / "fhir" / "au-test-data" / "MedicationRequest-fluclox.json"
    resources, _ = convert.resources_of([folder])
    plan, refusals = convert.convert(resources, frame(), {})
    assert ([], ["text-says-more"]) == (list(plan.regimens), [one.code for one in refusals])
    said = convert.said_of(
        "fluclox: {id: fluclox-500, ingredients: [flucloxacillin], text_read: yes}"
    )
    plan, refusals = convert.convert(resources, frame(), said)
    assert [] == refusals
    assert 4 == len(doses(plan, plan.valid_from, plan.valid_from + 86_400))


def frame() -> convert.Frame:
    return convert.Frame(
        plan_id="from-orders",
        version=1,
        previous_hash="",
        device="device-1",
        patient="pt-7Q2K",
        zone="Europe/Zurich",
        start=datetime(2026, 11, 23, 7),
        days=90,
        piece_mg=300,
        last_taken=NEVER,
        one_patient=True,
    )


def test_broken_files_are_listed(tmp_path: Path) -> None:
    """A file that is no JSON is a refusal, not a crash."""
    (tmp_path / "a.json").write_text("{")
    (tmp_path / "b.json").write_text("[1, {}]")
    resources, refusals = convert.resources_of([tmp_path, tmp_path / "none.json"])
    assert ([{}], ["not-json", "not-json"]) == (resources, [one.code for one in refusals])
