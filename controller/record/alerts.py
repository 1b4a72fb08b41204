"""Each alert as Communication: raised, heard by somebody, over.

Responsible for: what people were told. Not responsible for who must be told (controller/alarms.py).
No medicine is named in the words of an alert.
"""

from __future__ import annotations

from controller import words
from controller.record.story import Story, ToldAlert
from controller.record.values import ALERT, Frame, administration_ref, event_extension, meta, within
from schedules.fhir import out_value as out
from schedules.fhir.out_value import Resource

_CATEGORY = "http://terminology.hl7.org/CodeSystem/communication-category"
_PRIORITY = {1: "routine", 2: "urgent", 3: "asap", 4: "stat"}


def communications(story: Story, frame: Frame, from_s: int, to_s: int) -> list[Resource]:
    """Every alert that was raised in the stretch, oldest first."""
    told = {one.dose_id for one in story.doses.values() if one.versions}
    return [
        _communication(frame, one, told)
        for one in story.alerts
        if within(one.raised.at_s, from_s, to_s)
    ]


def _communication(frame: Frame, alert: ToldAlert, told: set[str]) -> Resource:
    raised, heard, over = alert.raised, alert.acknowledged, alert.resolved
    steps = [one for one in (raised, heard, over) if one is not None]
    code = raised.text("code")
    found: Resource = {
        "resourceType": "Communication",
        "id": out.own_id(frame.device, raised.event.replace("/", ".")),
        "meta": meta(len(steps), steps[-1]),
        "extension": [event_extension(raised)],
        "identifier": [out.identifier(ALERT, raised.text("alert_id"))],
        # sent is not heard: it goes on until somebody has said so, or its cause is over
        "status": "in-progress" if len(steps) == 1 else "completed",
        "category": [out.concept(_CATEGORY, "alert")],
        "priority": _PRIORITY.get(raised.number("severity"), "urgent"),
        "subject": out.subject(frame.patient),
        "reasonCode": [out.concept(ALERT, code)],
    }
    if raised.text("dose_id") in told:
        found["about"] = [administration_ref(raised.text("dose_id"))]
    found["sent"] = out.utc(raised.at_s)
    if heard is not None:
        found["received"] = out.utc(heard.at_s)
        found["recipient"] = [frame.person(heard.text("by"))]
    found["sender"] = frame.machine()
    found["payload"] = [{"contentString": words.alert(code)}]
    return found
