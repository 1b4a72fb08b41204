"""Each load as MedicationDispense: what a person put in, or handed out for a journey.

Responsible for: loading facts. What lies in a compartment is what a person said at loading, never
what a sensor saw. Lot and expiry are told where the journal knows them: today it does not.
Not responsible for what became of the doses (administrations.py).
"""

from __future__ import annotations

from controller.record.story import Said, Story, ToldDose
from controller.record.values import (
    COMPARTMENT,
    DOSE,
    Frame,
    counted,
    event_extension,
    medicine,
    request,
    within,
)
from schedules.fhir import out_value as out
from schedules.fhir.out_value import Json, Resource
from schedules.model import Plan


def dispenses(story: Story, frame: Frame, from_s: int, to_s: int) -> list[Resource]:
    """Every load of the stretch, one resource for each medicine in a compartment."""
    found = []
    for said, plan in story.loads:
        if within(said.at_s, from_s, to_s):
            found += _of_load(frame, said, plan)
    for dose in story.doses.values():
        first = dose.versions[0] if dose.versions else None
        out_ahead = first is not None and first.outcome == "handed-out"
        if first is not None and out_ahead and within(first.said.at_s, from_s, to_s):
            found.append(_handed_out(frame, dose))
    return found


def _of_load(frame: Frame, said: Said, plan: Plan | None) -> list[Resource]:
    found: list[Resource] = []
    doses = said.texts("doses")
    names, amounts = said.texts("regimens"), said.numbers("quarters")
    for index, name in enumerate(names):
        quarters = amounts[index] if index < len(amounts) else 0
        extension: list[Json] = [
            event_extension(said),
            {"url": COMPARTMENT, "valueInteger": said.number("compartment") + 1},
        ]
        if len(doses) == len(names):
            extension.append({"url": DOSE, "valueString": doses[index]})
        fill = f"fill-{said.number('fill')}"
        found.append(
            {
                "resourceType": "MedicationDispense",
                "id": out.own_id(frame.device, said.event.partition("/")[0], fill, str(index)),
                "extension": extension,
                "identifier": [out.identifier(f"{out.OWN}:fill", f"{frame.device}/{fill}")],
                "status": "completed",
                "medicationCodeableConcept": medicine(plan, name),
                "subject": out.subject(frame.patient),
                "performer": [{"actor": frame.person(said.text("by"))}],
                "authorizingPrescription": [request(frame, name)],
                "quantity": counted(plan, name, quarters),
                "whenHandedOver": out.utc(said.at_s),
            }
        )
    return found


def _handed_out(frame: Frame, dose: ToldDose) -> Resource:
    first = dose.versions[0]
    return {
        "resourceType": "MedicationDispense",
        "id": out.own_id(dose.dose_id, "out"),
        "extension": [event_extension(first.said), {"url": DOSE, "valueString": dose.dose_id}],
        "identifier": [out.identifier(DOSE, dose.dose_id)],
        "status": "completed",
        "medicationCodeableConcept": medicine(dose.plan, dose.regimen),
        "subject": out.subject(frame.patient),
        "performer": [{"actor": frame.person(first.by)}],
        "authorizingPrescription": [request(frame, dose.regimen)],
        "quantity": counted(dose.plan, dose.regimen, dose.quarters),
        "whenHandedOver": out.utc(first.said.at_s),
        "note": [{"text": "Handed out ahead, to be taken away from the machine."}],
    }
