"""Each dose as MedicationAdministration, and each later word on it as Provenance.

Responsible for: what became of a dose. An outcome is written once: the first word on a dose is
version 1 of its resource, every later one (settled, lifted late, given late, voided) the next
version, and a Provenance says who changed what into what. Not responsible for counting
(adherence.py). Retrieved is not swallowed: a note says so.
"""

from __future__ import annotations

from controller.record.story import ToldDose, Version
from controller.record.values import (
    DOSE,
    HOW,
    LATE,
    OUTCOME,
    Frame,
    administration_ref,
    counted,
    event_extension,
    medicine,
    meta,
    request,
    word,
)
from schedules.fhir import out_value as out
from schedules.fhir.out_value import Json, Resource

STATUS = {
    "taken": "completed",
    "missed": "not-done",
    "skipped": "not-done",
    "held": "not-done",
    "handed-out": "unknown",  # it left for a journey: nobody knows whether it was taken
    "uncertain": "unknown",
    "voided": "entered-in-error",  # written at a false time; the dose was planned again
}
_HANDED = ("by-hand", "given-late", "gave-it")  # a person gave it
_ACTIVITY = "http://terminology.hl7.org/CodeSystem/v3-DataOperation"


def administration(frame: Frame, dose: ToldDose) -> Resource:
    """The dose as it is known now."""
    newest = dose.versions[-1]
    found: Resource = {
        "resourceType": "MedicationAdministration",
        "id": dose.dose_id,
        "meta": meta(len(dose.versions), newest.said),
        "extension": [*_extensions(dose, newest)],
        "identifier": [out.identifier(DOSE, dose.dose_id)],
        "status": status_of(newest),
    }
    reasons = _reasons(newest)
    if reasons:
        found["statusReason"] = reasons
    found["medicationCodeableConcept"] = medicine(dose.plan, dose.regimen)
    found["subject"] = out.subject(frame.patient)
    found |= _effective(dose, newest)
    if newest.by and (newest.how in _HANDED or newest.outcome == "handed-out"):
        found["performer"] = [{"actor": frame.person(newest.by)}]
    found["request"] = request(frame, dose.regimen)
    if not dose.elsewhere:
        found["device"] = [frame.machine()]
    note = _note(newest)
    if note:
        found["note"] = [{"text": note}]
    if found["status"] in ("completed", "unknown"):
        found["dosage"] = {"dose": counted(dose.plan, dose.regimen, dose.quarters)}
    return found


def _note(version: Version) -> str:
    """What a reader could take it for, and it is not."""
    if version.late:
        return f"Gone after its window: it stays {version.outcome}, and is not counted as taken."
    if version.outcome == "handed-out":
        return "Handed out ahead. Whether it was taken is not known here."
    if version.outcome != "taken":
        return ""
    if version.how == "retrieved":
        return "It left the machine with the cup. Nobody has seen it swallowed."
    return "A person says so; no sensor has seen it."


def status_of(version: Version) -> str:
    """R4's status; what was gone after its window is completed, though its outcome stays."""
    return "completed" if version.late else STATUS[version.outcome]


def _reasons(version: Version) -> list[Json]:
    """Why it is not simply done: the outcome, and how it came to it."""
    if status_of(version) == "completed":
        return []
    return [
        out.concept(OUTCOME, version.outcome),
        out.concept(HOW, word(version.how)),
    ]


def _extensions(dose: ToldDose, version: Version) -> list[Json]:
    found: list[Json] = [
        event_extension(version.said),
        {"url": OUTCOME, "valueCode": version.outcome},
        {"url": f"{out.OWN}:due", "valueDateTime": out.utc(dose.due_at)},
    ]
    if version.late:
        found.append({"url": LATE, "valueBoolean": True})
    return found


def _effective(dose: ToldDose, version: Version) -> Resource:
    """When it was gone; else the window in which it was to be had, until it was closed."""
    if version.gone_at:
        return {"effectiveDateTime": out.utc(version.gone_at)}
    end = dose.versions[0].said.at_s if version.outcome != "missed" else dose.close_at
    period: Resource = {"start": out.utc(min(dose.open_at, end)), "end": out.utc(end)}
    return {"effectivePeriod": period}


def provenances(frame: Frame, dose: ToldDose) -> list[Resource]:
    """One Provenance for each word after the first: who said it, and what stood before."""
    found = []
    for index in range(1, len(dose.versions)):
        before, after = dose.versions[index - 1], dose.versions[index]
        agents: list[Json] = [_agent(frame, after.by, "author")]
        if after.second:
            agents.append(_agent(frame, after.second, "verifier"))
        own = administration_ref(dose.dose_id)["reference"]
        stood = f"{before.outcome} ({word(before.how)}) at {out.utc(before.said.at_s)}"
        one: Resource = {
            "resourceType": "Provenance",
            "id": out.own_id(dose.dose_id, str(index + 1)),
            "extension": [event_extension(after.said)],
            "target": [{"reference": f"{own}/_history/{index + 1}"}],
            "recorded": out.utc(after.said.at_s),
            "activity": out.concept(_ACTIVITY, "UPDATE", f"{after.outcome} ({word(after.how)})"),
            "agent": agents,
            "entity": [
                {
                    "role": "revision",
                    "what": {"reference": f"{own}/_history/{index}", "display": stood},
                }
            ],
        }
        found.append(one)
    return found


def _agent(frame: Frame, by: str, kind: str) -> Json:
    system = "http://terminology.hl7.org/CodeSystem/provenance-participant-type"
    return {"type": out.concept(system, kind), "who": frame.person(by)}
