"""What the orders of one message ask for, as proposals: files that a pharmacist works with.

Responsible for: which order is meant, what it would change, the regimen of a new or changed one,
the unsigned act of a stop or hold. Not responsible for reading orders (order.py, fhir/regimens.py)
or for the folder (inbox.py). Nothing here is active, and nothing carries a name.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from schedules import planfile
from schedules.act_readback import read_back_act
from schedules.canonical import file_form, typed
from schedules.convert import Frame, convert
from schedules.fhir.order import identifier_of
from schedules.fhir.regimens import OrderRefusal
from schedules.halt import MOST_REASON, Act, is_reason, seal_act
from schedules.hl7v2.inbox import ENDED, IN_PLAN, PENDING, Change
from schedules.hl7v2.message import DUPLICATE_KEY, INTERNAL, UNKNOWN_KEY, Fault, MessageRefused
from schedules.hl7v2.next import next_version
from schedules.hl7v2.order import CONTROLS, Asked
from schedules.hl7v2.site import Patient
from schedules.localtime import local, zone_of
from schedules.model import LastTaken, Plan, PlanRefused, Regimen
from schedules.readback import read_back

ACT_HOURS = 24
VALID_DAYS = 90
_ACTS = {"CA": "stop", "DC": "stop", "HD": "hold", "RL": "resume"}
_WAITING = {"CA": "withdraw", "DC": "withdraw", "HD": "wait", "RL": "go-on"}


@dataclass(frozen=True)
class Proposal:
    """Everything one message would change, and the files for it."""

    changes: tuple[Change, ...]
    files: dict[str, str]
    acts: tuple[int, ...] = ()


@dataclass(frozen=True)
class _Known:
    """An order that is not new: where it stands."""

    regimen: str
    state: str


@dataclass
class _Desk:
    """What is on the table while one message is worked on."""

    patient: Patient
    plan: Plan | None
    live: list[Change]
    stopped: set[str]  # numbers of orders whose stop was refused
    now_s: int
    number: int  # of the last act
    files: dict[str, str]
    lines: list[str]


def proposal_of(
    asked: list[Asked],
    patient: Patient,
    live: list[Change],
    stopped: set[str],
    now_s: int,
    last_act: int,
    unread: list[str],
) -> Proposal:
    """The proposal of a message; MessageRefused with every reason where one order cannot be."""
    desk = _Desk(patient, plan_of(patient), live, stopped, now_s, last_act, {}, [])
    changes: list[Change] = []
    faults: list[Fault] = []
    for one in asked:
        try:
            changes.append(_change(one, desk))
        except MessageRefused as refused:
            faults += refused.faults
    if faults:
        raise MessageRefused(*faults)
    if unread:
        desk.lines.append(f"Not read: {', '.join(unread)}. Look at message.hl7.")
    return finished(changes, desk.files, desk.lines, patient)


def finished(
    changes: list[Change], files: dict[str, str], lines: list[str], patient: Patient
) -> Proposal:
    """The proposal with its page for people, and the numbers of its acts."""
    head = [
        f"PROPOSAL for patient {patient.patient} on device {patient.device}.",
        "Nothing is changed at the machine until people sign.",
        "",
    ]
    page = "\n".join([*head, *lines]) + "\n"
    return Proposal(tuple(changes), {**files, "proposal.txt": page}, _numbers(files))


def _numbers(files: dict[str, str]) -> tuple[int, ...]:
    found = (name.removeprefix("act-").removesuffix(".json") for name in files)
    return tuple(sorted(int(one) for one in found if one.isdigit()))


def plan_of(patient: Patient) -> Plan | None:
    """The plan in force as the table names it; MessageRefused where it cannot be read."""
    try:
        plan = patient.in_force()
    except (OSError, PlanRefused, UnicodeDecodeError):
        sentence = "the plan the table names for this patient cannot be read: somebody must look"
        raise MessageRefused(Fault("plan-unreadable", "", sentence, reject=True)) from None
    if plan is not None and (plan.patient, plan.device) != (patient.patient, patient.device):
        sentence = "the plan the table names is of another patient or device: somebody must look"
        raise MessageRefused(Fault("plan-unreadable", "", sentence, reject=True))
    return plan


def act_file(
    word: str,
    regimen: str,
    patient: Patient,
    plan: Plan | None,
    now_s: int,
    after: int,
    reason: str,
) -> tuple[int, str, str]:
    """(number, document, what it does in words) of an act that nobody has signed yet.

    It does not say when it was made: a message lets nobody past a hold point.
    """
    number = max(now_s, after + 1)
    reason = reason[:MOST_REASON]
    act = Act(
        act=word,
        device=patient.device,
        patient=patient.patient,
        regimen=regimen,
        number=number,
        not_after=now_s + ACT_HOURS * 3600,
        last_taken=LastTaken("unknown"),
        reason=reason if is_reason(reason) else "",
    )
    return number, seal_act(act, []), read_back_act(act, plan, [], now_s)


def _change(asked: Asked, desk: _Desk) -> Change:
    known = _known(asked, desk)
    word = CONTROLS[asked.control]
    desk.lines.append(f"{asked.place} {asked.control} ({word}) of order {asked.names[0]}")
    if asked.reason:
        desk.lines.append(f"  reason: {asked.reason}")
    if asked.effective:
        desk.lines.append(f"  takes effect (ORC-15): {asked.effective}")
    desk.lines += [f"  {' '.join(one.split())}" for one in asked.notes]
    if asked.control == "NW":
        if known is not None and known.state == ENDED:
            sentence = "this order was ended: send the new one with a number of its own"
            raise _fault(asked, "order-ended", sentence, DUPLICATE_KEY)
        if known is not None:
            sentence = "this order is known already: send XO to change it; it is not given twice"
            raise _fault(asked, "order-exists", sentence, DUPLICATE_KEY)
        if desk.stopped & set(asked.names):
            sentence = "its stop came before it and was refused: send it with a number of its own"
            raise _fault(asked, "stopped-before", sentence, DUPLICATE_KEY)
        return _regimen(asked, "", desk)
    if known is None:
        sentence = "no order of this number is known for this patient: nothing was changed"
        raise _fault(asked, "unknown-order", sentence, UNKNOWN_KEY)
    if asked.control == "XO":
        if known.state == ENDED:
            raise _fault(asked, "order-ended", "this order was ended: send a new one", UNKNOWN_KEY)
        return _regimen(asked, known.regimen, desk)
    return _act(asked, known, desk)


def _fault(asked: Asked, code: str, sentence: str, kind: str) -> MessageRefused:
    return MessageRefused(Fault(code, f"{asked.place}-2", sentence, kind))


def _known(asked: Asked, desk: _Desk) -> _Known | None:
    """Where the order stands: in the plan in force, proposed and waiting, or ended."""
    regimens = {one.id for one in desk.plan.regimens} if desk.plan is not None else set()
    found: _Known | None = None
    for name in asked.names:
        written = desk.patient.orders.get(name)
        own = identifier_of({"identifier": [{"system": "urn:hl7-org:v2", "value": f"|{name}"}]})
        for regimen in filter(None, (written, own)):
            if regimen in regimens:
                found = _Known(regimen, IN_PLAN)
    for one in desk.live:
        if set(one.names) & set(asked.names) and (found is None or found.state != ENDED):
            ended = one.does in ("stop", "withdraw")
            state = ENDED if ended else IN_PLAN if one.regimen in regimens else PENDING
            found = _Known(one.regimen, state)
    return found


def _regimen(asked: Asked, regimen_id: str, desk: _Desk) -> Change:
    """A new or changed regimen, and the next version of the plan with it."""
    fragment = fragment_of(asked, regimen_id, desk.patient, desk.now_s)
    (regimen,) = fragment.regimens
    document = file_form(typed(fragment))
    assert isinstance(document, dict)
    part = f"regimen-{asked.number}.yaml"
    desk.files[part] = planfile.dump({"regimens": document["regimens"]})
    does = "replace" if regimen_id else "add"
    desk.lines += _alike(regimen, desk)
    desk.lines += ["", *read_back(fragment).splitlines(), f"As a part of a plan file: {part}"]
    text, told = next_version(desk.plan, regimen, desk.now_s)
    name = f"next-{asked.number}.yaml"
    if text:
        desk.files[name] = text
        desk.lines += ["", f"The next version of the plan with it: {name}. What it changes:"]
    desk.lines += told
    if text:
        desk.lines.append(f"To go on: python -m schedules check {name}, then two people sign it.")
    sentence = f"{does} regimen {regimen.id}"
    who, names = desk.patient.patient, asked.names
    return Change(asked.control, who, names, regimen.id, does, sentence, regimen.ingredients)


def _alike(regimen: Regimen, desk: _Desk) -> list[str]:
    """Other proposals that a person must not sign beside this one without a thought."""
    found = []
    ended = {one.regimen for one in desk.live if one.does in ("stop", "withdraw")}
    for one in desk.live:
        if one.regimen == regimen.id and one.ingredients:
            found.append(f"  LOOK: an earlier message on this order waits, too: {one.sentence}.")
        elif set(one.ingredients) & set(regimen.ingredients) and one.regimen not in ended:
            found.append(f"  LOOK: {one.names[0]} has the same ingredient: is it meant twice?")
    return found


def fragment_of(asked: Asked, regimen_id: str, patient: Patient, now_s: int) -> Plan:
    """A plan of nothing but the order's regimen, as it is loaded now; MessageRefused by name."""
    zone = zone_of(patient.zone)
    assert zone is not None
    start = local(zone, now_s).replace(tzinfo=None, second=0, microsecond=0)
    name = str(asked.resource["id"])
    said = replace(asked.said, id=regimen_id) if regimen_id else asked.said
    try:
        fragment, refusals = convert([asked.resource], _frame(patient, start), {name: said})
    except PlanRefused as refused:
        raise _fault(asked, refused.code, refused.sentence, INTERNAL) from None
    if refusals or not fragment.regimens:
        raise MessageRefused(*(_as_fault(asked, one) for one in refusals))
    return fragment


def _frame(patient: Patient, start: datetime) -> Frame:
    return Frame(
        plan_id="by-hl7",
        version=1,
        previous_hash="",
        device=patient.device,
        patient=patient.patient,
        zone=patient.zone,
        start=start,
        days=VALID_DAYS,
        piece_mg=0,
        last_taken=LastTaken("unknown"),
        one_patient=True,
    )


def _as_fault(asked: Asked, refusal: OrderRefusal) -> Fault:
    return Fault(refusal.code, asked.place, refusal.why)


def _act(asked: Asked, known: _Known, desk: _Desk) -> Change:
    """A stop, hold or resume: unsigned where the machine has it, a word where nobody signed yet."""
    in_plan = desk.plan is not None and any(one.id == known.regimen for one in desk.plan.regimens)
    if asked.control == "RL" and known.state == ENDED:
        raise _fault(asked, "order-ended", "this order was ended: send a new one", UNKNOWN_KEY)
    does = _ACTS[asked.control] if in_plan else _WAITING[asked.control]
    sentence = f"{does} {known.regimen}"
    if in_plan or desk.plan is None:
        # Without a plan nobody here knows what the machine has: the act is proposed all the same.
        reason = f"HL7 {asked.control} of {asked.names[0]}: {asked.reason}".removesuffix(": ")
        number, document, told = act_file(
            _ACTS[asked.control],
            known.regimen,
            desk.patient,
            desk.plan,
            desk.now_s,
            desk.number,
            reason,
        )
        desk.number = number
        desk.files[f"act-{number}.json"] = document
        desk.lines += ["", *told.splitlines(), f"To be signed: act-{number}.json"]
    if not in_plan:
        desk.lines.append(f"  Its proposal is not in the plan in force: {does} it. Do not sign it.")
    return Change(asked.control, desk.patient.patient, asked.names, known.regimen, does, sentence)
