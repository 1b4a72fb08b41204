"""What this program writes is FHIR R4 to three independent validators, and they do look."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from controller.journal import Journal
from controller.record.export import resources
from controller.record.story import tell
from controller.record.values import frame_of
from schedules.fhir.out import plan_bundle
from schedules.fhir.out_value import bundle
from schedules.fhir.words import bare
from schedules.planfile import parse_plan
from tests.fhir.made import made
from tests.fhir.validators import NAMES, Verdict, validated

EXAMPLES = sorted((Path(__file__).resolve().parents[2] / "schedules" / "examples").glob("*.yaml"))
Change = Callable[[Any], Any]


def plans() -> list[Any]:
    """The Bundle of every example plan, with our words and without, and each resource alone."""
    found: list[Any] = []
    for path in EXAMPLES:
        plan = parse_plan(path.read_text("utf-8"))
        whole = json.loads(json.dumps(plan_bundle(plan)))
        found += [whole, bare(whole), *(one["resource"] for one in whole["entry"])]
    return found


def record(journal: Path) -> list[Any]:
    """The record of the lived home, and all of it in one Bundle."""
    reader = Journal.reader(journal)
    try:
        story = tell(reader.all(), "posology-demo-1", reader.log_epoch)
    finally:
        reader.close()
    frame = frame_of(story)
    assert frame is not None
    found = resources(story, frame)
    return [*found, bundle(found)]


def without(key: str) -> Change:
    """Leaves an element out."""
    return lambda one: one.pop(key)


def saying(key: str, value: Any) -> Change:
    """Says something else there."""
    return lambda one: one.update({key: value})


def _repeat(one: Any) -> Any:
    return one["dosageInstruction"][0]["timing"]["repeat"]


UNKNOWN = saying("dosageSchedule", "each morning")
BROKEN: dict[str, dict[str, Change]] = {
    "Bundle": {"type": saying("type", "pile"), "no type": without("type"), "unknown": UNKNOWN},
    "CarePlan": {
        "status": saying("status", "on"), "no intent": without("intent"),
        "no subject": without("subject"), "unknown": UNKNOWN,
    },
    "MedicationRequest": {
        "status": saying("status", "running"), "no intent": without("intent"),
        "no subject": without("subject"), "no medicine": without("medicationReference"),
        "unknown": UNKNOWN, "dosage no list": saying("dosageInstruction", {"text": "one"}),
        "when": lambda one: _repeat(one).update(when=["BREAKFAST"]),
        "time": lambda one: _repeat(one).update(timeOfDay=["8:00"]),
        "frequency": lambda one: _repeat(one).update(frequency="twice"),
        "period without unit": lambda one: _repeat(one).pop("periodUnit"),
        "unit": lambda one: _repeat(one).update(periodUnit="day"),
        "dose": lambda one: one["dosageInstruction"][0]["doseAndRate"][0]["doseQuantity"].update(
            value="one"),
        "extension without url": lambda one: one["extension"][0].pop("url"),
    },
    "MedicationAdministration": {
        "status": saying("status", "missed"), "no status": without("status"),
        "no subject": without("subject"), "no medicine": without("medicationCodeableConcept"),
        "no time": lambda one: [one.pop(key, 0) for key in ("effectiveDateTime",
                                                           "effectivePeriod")],
        "unknown": UNKNOWN, "time": saying("effectiveDateTime", "yesterday"),
    },
    "MedicationDispense": {
        "status": saying("status", "loaded"), "no status": without("status"),
        "no medicine": without("medicationCodeableConcept"), "unknown": UNKNOWN,
        "quantity": saying("quantity", {"value": "four"}),
        "when": saying("whenHandedOver", "today"),
    },
    "Communication": {
        "status": saying("status", "sent"), "no status": without("status"), "unknown": UNKNOWN,
        "priority": saying("priority", "high"), "payload": saying("payload", "come"),
        "no content": saying("payload", [{}]),
    },
    "AuditEvent": {
        "no agent": without("agent"), "no type": without("type"), "no source": without("source"),
        "action": saying("action", "X"), "unknown": UNKNOWN, "no recorded": without("recorded"),
    },
    "MeasureReport": {
        "status": saying("status", "done"), "type": saying("type", "single"),
        "no measure": without("measure"), "no period": without("period"), "unknown": UNKNOWN,
        "count": lambda one: one["group"][0]["population"][0].update(count="two"),
    },
    "Provenance": {
        "no target": without("target"), "no agent": without("agent"), "unknown": UNKNOWN,
        "no recorded": without("recorded"),
        "role": lambda one: one["entity"][0].update(role="before"),
    },
    "Device": {
        "status": saying("status", "on"), "unknown": UNKNOWN,
        "name type": lambda one: one["deviceName"][0].update(type="nickname"),
        "no name": lambda one: one["deviceName"][0].pop("name"),
    },
}  # fmt: skip


def against(found: list[Any], verdicts: list[Verdict]) -> list[str]:
    """What anybody has against any of them, by kind and id."""
    return [
        f"{one['resourceType']}/{one.get('id', '')}: {name}: {said}"
        for one, verdict in zip(found, verdicts, strict=True)
        for name, says in verdict.items()
        for said in says
    ]


@pytest.fixture(scope="module")
def ours(journal: Path) -> list[Any]:
    """Everything, through JSON."""
    story = made()
    frame = frame_of(story)
    assert frame is not None
    rare = resources(story, frame)
    found: list[Any] = json.loads(json.dumps([*plans(), *record(journal), *rare]))
    return found


def breakages(ours: list[Any]) -> tuple[list[tuple[str, str]], list[Any]]:
    """(kind, what was done) and the broken copy, for each way to break each kind."""
    whole: dict[str, Any] = {}
    for one in ours:
        if one["resourceType"] != "MedicationRequest" or "timing" in one["dosageInstruction"][0]:
            whole.setdefault(one["resourceType"], one)
    names, broken = [], []
    for kind, ways in BROKEN.items():
        for name, change in ways.items():
            one = copy.deepcopy(whole[kind])
            change(one)
            names.append((kind, name))
            broken.append(one)
    return names, broken


@pytest.fixture(scope="module")
def said(ours: list[Any]) -> list[Verdict]:
    """What the three say of everything, and of each broken copy, in one run."""
    return validated([*ours, *breakages(ours)[1]])


def test_what_we_write_is_r4_to_all_three(ours: list[Any], said: list[Verdict]) -> None:
    """Every example plan, doses of every outcome, loads, alerts, acts: nobody minds any of it."""
    assert set(BROKEN) == {one["resourceType"] for one in ours}
    assert [] == against(ours, said[: len(ours)])


def test_weekdays_are_those_of_r4(ours: list[Any]) -> None:
    """None of the three looks at a weekday, so this does."""
    days = {
        day
        for one in ours
        for dosage in one.get("dosageInstruction", [])
        for day in dosage.get("timing", {}).get("repeat", {}).get("dayOfWeek", [])
    }

    assert days and days <= {"mon", "tue", "wed", "thu", "fri", "sat", "sun"}


def test_what_is_broken_is_refused(ours: list[Any], said: list[Verdict]) -> None:
    """Each of our kinds, broken in each of these ways, is refused; none of the three sleeps."""
    names = breakages(ours)[0]
    verdicts = said[len(ours) :]

    assert [] == [
        f"{kind}: {name}: nobody minds"
        for (kind, name), verdict in zip(names, verdicts, strict=True)
        if not any(verdict.values())
    ]
    for kind in BROKEN:
        own = [one for (of, _), one in zip(names, verdicts, strict=True) if of == kind]
        awake = {name for name in NAMES if any(one[name] for one in own)}
        assert set(NAMES) == awake, f"{kind}: somebody looks at nothing"
