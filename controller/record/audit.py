"""Who did what, as AuditEvent: each names its event in the journal and that event's hash.

Responsible for: every act of a person, and what the machine did that people must answer for.
Not responsible for doses as such (administrations.py): what the clock alone does is no act.
"""

from __future__ import annotations

from controller.agenda import signers
from controller.record.story import Said, Story
from controller.record.values import (
    COMPARTMENT,
    EVENT,
    Frame,
    administration_ref,
    request,
    within,
    word,
)
from schedules.fhir import out_value as out
from schedules.fhir.out_value import OWN, Json, Resource

_TYPE = "http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle"
_KIND = f"{OWN}:event-kind"

# kind -> (what it is to a record by ISO 21089, R4's action)
ACTS: dict[str, tuple[str, str]] = {
    "LogOpened": ("originate", "C"),
    "Locked": ("hold", "E"),
    "Unlocked": ("unhold", "E"),
    "PlanApproved": ("attest", "C"),
    "PlanInForce": ("originate", "E"),
    "RegimenHalted": ("hold", "U"),
    "RegimenResumed": ("unhold", "U"),
    "RowsPaired": ("attest", "U"),
    "Loading": ("access", "E"),
    "Loaded": ("originate", "C"),
    "Emptied": ("amend", "U"),
    "GivenByHand": ("amend", "U"),
    "LoadingDone": ("attest", "E"),
    "FillVerified": ("verify", "U"),
    "LastTaken": ("attest", "C"),
    "DoseClosed": ("amend", "U"),
    "DoseSettled": ("amend", "U"),
    "GivenLate": ("amend", "U"),
    "TakingSaid": ("attest", "U"),
    "ClockConfirmed": ("verify", "U"),
    "ClockRepaired": ("amend", "U"),
    "ServiceMoveAsked": ("access", "E"),
    "AlertAcknowledged": ("receive", "U"),
    "AlertResolved": ("amend", "U"),
}
_BY_MACHINE = ("LogOpened", "Locked", "PlanInForce")  # told though nobody did it by hand


def audit_events(story: Story, frame: Frame, from_s: int, to_s: int) -> list[Resource]:
    """Every act of the stretch, oldest first."""
    told = {one.dose_id for one in story.doses.values() if one.versions}
    return [
        _audit_event(frame, said, told)
        for said in story.acts
        if said.kind in ACTS
        and (_people(said) or said.kind in _BY_MACHINE)
        and within(said.at_s, from_s, to_s)
    ]


def _people(said: Said) -> list[str]:
    """Who answers for it; the machine is nobody."""
    if said.kind == "PlanApproved":
        return _signers(said)
    by = [said.text("by"), said.text("second"), said.text("signer")]
    found = [one for names in by for one in names.split(",") if one.strip()]
    return [one for one in found if one not in ("board", "machine")]


def _signers(said: Said) -> list[str]:
    return signers(said.text("envelope")).split(",") if said.text("envelope") else []


def _audit_event(frame: Frame, said: Said, told: set[str]) -> Resource:
    lifecycle, action = ACTS[said.kind]
    agents: list[Json] = [
        {"who": frame.person(name), "requestor": place == 0}
        for place, name in enumerate(_people(said))
    ]
    if not agents:
        agents = [{"who": frame.machine(), "requestor": True}]
    return {
        "resourceType": "AuditEvent",
        "id": out.own_id(frame.device, said.event.replace("/", ".")),
        "type": {"system": _TYPE, "code": lifecycle},
        "subtype": [{"system": _KIND, "code": said.kind}],
        "action": action,
        "recorded": out.utc(said.at_s),
        "outcome": "0",
        "agent": agents,
        "source": {"observer": frame.machine()},
        "entity": _entities(frame, said, told),
    }


def _entities(frame: Frame, said: Said, told: set[str]) -> list[Json]:
    """What it was about; first the event itself with its place in the hash chain."""
    details: list[Json] = [{"type": "sha256", "valueString": said.hash}]
    for key in ("outcome", "how", "act", "why", "code", "word", "reason"):
        if said.text(key):
            details.append({"type": key, "valueString": word(said.text(key))})
    for key in ("pieces", "version", "fill"):
        if key in said.body:
            details.append({"type": key, "valueString": str(said.number(key))})
    if "compartment" in said.body:
        place = str(said.number("compartment") + 1)
        details.append({"type": COMPARTMENT, "valueString": place})
    event: Resource = {"what": {"identifier": out.identifier(EVENT, said.event)}, "detail": details}
    found: list[Json] = [event]
    ids = [said.text("dose_id"), *said.texts("doses")]
    found += [{"what": administration_ref(one)} for one in ids if one in told]
    names = [said.text("regimen"), *said.texts("regimens")]
    found += [{"what": request(frame, one)} for one in dict.fromkeys(names) if one and one != "*"]
    return found
