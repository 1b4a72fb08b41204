"""ADT^A01, A02, A03, A08: where the patient is, as proposals; nothing ever stops by itself.

Responsible for: what a movement means for a machine at home or on a ward. Not responsible for
orders (propose.py). A machine at home has nobody to give to while its patient is in a hospital,
and a stay that nobody signed for would read as doses missed: so a hold of everything is proposed.
"""

from schedules.halt import EVERY
from schedules.hl7v2.inbox import Change
from schedules.hl7v2.message import Message, Segment
from schedules.hl7v2.propose import Proposal, act_file, finished, plan_of
from schedules.hl7v2.site import Patient
from schedules.model import Plan

MOVEMENTS = ("A01", "A02", "A03", "A08")
_WORDS = {"A01": "admitted", "A02": "moved", "A03": "discharged", "A08": "details updated"}


def moved(
    message: Message,
    event: str,
    patient: Patient,
    live: list[Change],
    now_s: int,
    last_act: int,
) -> Proposal:
    """What is proposed when the patient is admitted, moved, discharged, or told anew."""
    away = _away(live)
    visit = message.named("PV1")
    died = message.one("PID").text(30) == "Y"
    does, why = _meaning(event, patient, visit[0] if visit else None, away, died)
    lines = [f"ADT^{event}: {_WORDS[event]}. {why}"]
    files: dict[str, str] = {}
    plan = plan_of(patient) if does in ("hold", "resume") else None
    meant = [EVERY] if does == "hold" else _going_on(plan, live) if does == "resume" else []
    why_told = f"HL7 ADT {event}: {_WORDS[event]}"
    for one in meant:
        last_act, document, told = act_file(does, one, patient, plan, now_s, last_act, why_told)
        files[f"act-{last_act}.json"] = document
        lines += ["", *told.splitlines(), f"To be signed: act-{last_act}.json"]
    if does == "resume":
        lines.append("One for each medicine: sign none that was stopped, or held for a reason of")
        lines.append("its own. Without a plan in the table there is none: make them by hand.")
    change = Change(event, patient.patient, (), EVERY if files else "", does, why)
    return finished([change], files, lines, patient)


def _going_on(plan: Plan | None, live: list[Change]) -> list[str]:
    """Medicines that were held for the stay alone: not what was stopped or held by an order."""
    own: dict[str, str] = {}
    for one in live:
        if one.regimen and one.does in ("stop", "withdraw", "hold", "resume"):
            ended = own.get(one.regimen) in ("stop", "withdraw")
            own[one.regimen] = own[one.regimen] if ended else one.does
    known = [one.id for one in plan.regimens] if plan is not None else []
    return [one for one in known if own.get(one, "resume") == "resume"]


def _away(live: list[Change]) -> bool:
    """Whether the last movement that mattered was away from the machine."""
    told = [one.does for one in live if one.control in MOVEMENTS and one.does != "note"]
    return bool(told) and told[-1] == "hold"


def _meaning(
    event: str, patient: Patient, visit: Segment | None, away: bool, died: bool
) -> tuple[str, str]:
    """(hold, resume or note, in words)."""
    if died:
        return "hold", "The patient is said to have died: hold everything until a person has asked."
    if event == "A08":
        return "note", "Nothing that this machine goes by is in it; look at message.hl7."
    if patient.lives == "home":
        if event == "A03":
            if away:
                return "resume", "Back from hospital: ask what was given there, then resume."
            return "note", "A discharge without an admission that was told: is a hold in force?"
        if away and event == "A02":
            return "note", "Moved inside the hospital; the hold that was proposed stands."
        return "hold", "In hospital, and away from the machine: hold everything until discharge."
    here = visit is not None and visit.text(3, 1) == patient.location
    if event == "A03":
        return "hold", "Left the ward of this machine: hold everything."
    if here:
        if away:
            return "resume", "Back on the ward of this machine: ask what was given, then resume."
        return "note", "On the ward of this machine: nothing begins by itself."
    return "hold", "On another ward than this machine: hold everything."
