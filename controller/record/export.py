"""The whole record of a stretch of time, as resources that fit together.

Responsible for: which resources there are, in which order, so that every link leads to one of
them; NDJSON by kind, or one Bundle. Not responsible for reading the journal (__main__.py).
"""

from __future__ import annotations

import json
from collections.abc import Iterator

from controller.record.adherence import measure_report
from controller.record.administrations import administration, provenances
from controller.record.alerts import communications
from controller.record.audit import audit_events
from controller.record.loads import dispenses
from controller.record.story import Story
from controller.record.values import Frame, closed
from schedules.fhir import out_value as out
from schedules.fhir.out import medication_request
from schedules.fhir.out_value import Resource
from schedules.model import Plan

FOREVER_S = 1 << 40


def resources(story: Story, frame: Frame, from_s: int = 0, to_s: int = FOREVER_S) -> list[Resource]:
    """Everything that is told of the stretch, each kind in order of time."""
    doses = closed(story, from_s, to_s)
    report = measure_report(story, frame, from_s, to_s)
    found = [_device(story, frame), *_requests(story)]
    found += [administration(frame, one) for one in doses]
    found += [one for dose in doses for one in provenances(frame, dose)]
    found += dispenses(story, frame, from_s, to_s)
    found += communications(story, frame, from_s, to_s)
    found += [report] if report is not None else []
    found += audit_events(story, frame, from_s, to_s)
    return found


def ndjson(found: list[Resource]) -> Iterator[tuple[str, str]]:
    """(kind, lines) for each kind of resource, one resource a line."""
    kinds = dict.fromkeys(str(one["resourceType"]) for one in found)
    for kind in kinds:
        lines = [line(one) for one in found if one["resourceType"] == kind]
        yield kind, "".join(f"{one}\n" for one in lines)


def line(resource: Resource) -> str:
    """One resource as one line."""
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))


def _device(story: Story, frame: Frame) -> Resource:
    found: Resource = {
        "resourceType": "Device",
        "id": frame.device_id,
        "identifier": [out.identifier(out.DEVICE, frame.device)],
        "deviceName": [{"name": frame.device, "type": "user-friendly-name"}],
        "type": {"text": "automated medication dispenser"},
    }
    if story.software:
        found["version"] = [{"type": {"text": "software"}, "value": story.software}]
    return found


def _requests(story: Story) -> list[Resource]:
    """The order behind every dose: as the newest plan that has it says it."""
    newest: dict[str, Plan] = {}
    for plan in story.plans:
        newest |= {one.id: plan for one in plan.regimens}
    found = []
    current = story.plans[-1]
    for name, plan in newest.items():
        one = medication_request(plan, plan.regimen(name))
        one.pop("basedOn", None)  # the plan itself is told by `python -m schedules fhir`
        found.append(one if plan is current else {**one, "status": "stopped"})
    return found
