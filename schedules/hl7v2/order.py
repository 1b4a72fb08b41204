"""RDE^O11: every order of a message as a FHIR R4 MedicationRequest, the one form that is read.

Responsible for: which segments belong to one order, its control code and numbers, the medicine and
the dose. Not responsible for timing (timing.py), for what an order means or whether a plan can
hold it (fhir/regimens.py), nor for what becomes of it (receive.py). Fields as in HL7 v2.5.1 chapter
4.
"""

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from fractions import Fraction
from zoneinfo import ZoneInfo

from schedules.fhir.regimens import Said
from schedules.fhir.value import Element
from schedules.hl7v2.dose import dose_of, medication_of, route_of, said_of_medicine, strength_said
from schedules.hl7v2.drive import driving, places_of
from schedules.hl7v2.message import (
    MISSING,
    NOT_IN_TABLE,
    SEQUENCE,
    Fault,
    Message,
    MessageRefused,
    Segment,
)
from schedules.hl7v2.pattern import refused
from schedules.hl7v2.stamp import Times
from schedules.hl7v2.timing import TimingLine, dosage_of

CONTROLS = {
    "NW": "new",
    "XO": "change",
    "CA": "cancel",
    "DC": "discontinue",
    "HD": "hold",
    "RL": "release",
}
WITH_DOSE = ("NW", "XO")  # the others act on an order that is known: their dose is not read
MAX_ORDERS = 50
_STATUS = {"CA", "DC", "HD", "RP"}  # ORC-5: not to be given now
_READ = {"MSH", "PID", "ORC", "TQ1", "RXO", "RXR", "RXC", "RXE", "NTE"}
_EMPTY = {"PV1", "PD1", "PV2", "SFT", "EVN"}  # say nothing about the dose


@dataclass(frozen=True)
class Asked:
    """One order of a message: what is asked for, and of which order."""

    control: str
    number: int  # its place in the message, from 1
    placer: str  # `4711^EPIC`: number and who gave it
    filler: str
    reason: str = ""
    effective: str = ""
    resource: Element = field(default_factory=dict)  # the MedicationRequest, where one is read
    said: Said = field(default_factory=Said)
    notes: tuple[str, ...] = ()

    @property
    def place(self) -> str:
        """Where it stands in the message."""
        return f"ORC[{self.number}]"

    @property
    def names(self) -> tuple[str, ...]:
        """The numbers it goes by."""
        return tuple(name for name in (self.placer, self.filler) if name)


@dataclass(frozen=True)
class _Group:
    """The segments of one order."""

    orc: Segment
    number: int
    before: tuple[Segment, ...]  # RXE
    rxe: Segment | None
    after: tuple[Segment, ...]

    def named(self, name: str) -> list[Segment]:
        """Segments after RXE, else those before it: RXE is the order as it is to be given."""
        after = [one for one in self.after if one.name == name]
        return after or [one for one in self.before if one.name == name]


def orders_of(
    message: Message,
    zone: ZoneInfo,
    formulary: Mapping[str, Said],
    patient: str,
    patterns: Mapping[str, str] | None = None,
) -> list[Asked]:
    """Every order of an RDE^O11; MessageRefused with the reasons of all that cannot be read."""
    found: list[Asked] = []
    faults: list[Fault] = []
    times = Times(zone, _offset_of(message), patterns or {})
    for group in _groups(message):
        try:
            found.append(_asked(group, times, formulary, patient))
        except MessageRefused as more:
            faults += [_in_group(one, group.number) for one in more.faults]
    named = [name for one in found for name in one.names]
    if len(set(named)) < len(named):
        sentence = "one order stands twice in this message: send one thing about it"
        faults.append(Fault("order-twice", "ORC-2", sentence, "205"))
    if faults:
        raise MessageRefused(*faults)
    return found


def stops_of(message: Message) -> list[str]:
    """The numbers of every order that a message wants ended, as far as they can be read."""
    found = []
    for orc in message.named("ORC"):
        with suppress(MessageRefused):
            if orc.text(1) in ("CA", "DC"):
                found += [one for one in (_entity(orc, 2), _entity(orc, 3)) if one]
    return found


def unread(message: Message) -> list[str]:
    """Names of segments that say more and are not read here."""
    names = {one.name for one in message.segments} - _READ - _EMPTY
    first = next(n for n, one in enumerate(message.segments) if one.name == "ORC")
    if any(one.name == "NTE" for one in message.segments[:first]):
        names.add("NTE before the first order")
    return sorted(names)


def _in_group(fault: Fault, number: int) -> Fault:
    name, dash, rest = fault.place.partition("-")
    place = f"{name}[{number}]{dash}{rest}" if name != "MSH" else fault.place
    return Fault(fault.code, place, fault.sentence, fault.kind, fault.reject)


def _offset_of(message: Message) -> str:
    """The offset of the sender's clock, +0100, where MSH-7 names one."""
    stamp = message.header.text(7)
    sign = max(stamp.find("+"), stamp.find("-"))
    return stamp[sign : sign + 5] if sign > 0 else ""


def _groups(message: Message) -> list[_Group]:
    starts = [n for n, one in enumerate(message.segments) if one.name == "ORC"]
    if not starts:
        raise refused("segment-count", "ORC", "no order is in this message", SEQUENCE)
    if len(starts) > MAX_ORDERS:
        raise refused("too-many", "ORC", f"at most {MAX_ORDERS} orders are read: send less")
    early = {one.name for one in message.segments[: starts[0]]} & {"RXE", "TQ1", "RXR", "RXC"}
    if early:
        raise refused("segment-order", sorted(early)[0], "an order begins with ORC", SEQUENCE)
    found = []
    for number, (at, end) in enumerate(
        zip(starts, [*starts[1:], len(message.segments)], strict=True), 1
    ):
        inside = message.segments[at + 1 : end]
        rxe = [n for n, one in enumerate(inside) if one.name == "RXE"]
        if len(rxe) > 1:
            sentence = "an order has one RXE: begin each with its own ORC"
            raise refused("segment-count", f"RXE[{number}]", sentence, SEQUENCE)
        cut = rxe[0] if rxe else len(inside)
        found.append(
            _Group(
                message.segments[at],
                number,
                inside[:cut],
                inside[cut] if rxe else None,
                inside[cut + 1 :],
            )
        )
    return found


def _asked(group: _Group, times: Times, formulary: Mapping[str, Said], patient: str) -> Asked:
    orc = group.orc
    control = orc.only(1)
    if control not in CONTROLS:
        known = ", ".join(CONTROLS)
        sentence = f"this order control is not read: send one of {known}"
        raise refused("order-control", "ORC-1", sentence, NOT_IN_TABLE)
    placer, filler = _entity(orc, 2), _entity(orc, 3)
    if not (placer or filler):
        sentence = "the order has no number (ORC-2 or ORC-3), so it could not be told apart"
        raise refused("no-order-number", "ORC-2", sentence, MISSING)
    asked = Asked(
        control,
        group.number,
        placer,
        filler,
        reason=_plain(orc, 16),
        effective=_plain(orc, 15),
    )
    if control not in WITH_DOSE:
        return asked
    if orc.text(5) in _STATUS:
        sentence = "a new or changed order whose status is cancelled, ended, held or replaced"
        raise refused("order-status", "ORC-5", sentence)
    return _with_dose(asked, group, times, formulary, patient)


def _plain(segment: Segment, number: int) -> str:
    """A value that is only shown; "" where it cannot be: a stop is never lost for a remark."""
    try:
        return " ".join((segment.text(number, 2) or segment.text(number)).split())
    except MessageRefused:
        return ""


def _entity(segment: Segment, number: int) -> str:
    """`4711^EPIC` of an entity identifier (EI)."""
    own = segment.only(number)
    who = segment.text(number, 2) or segment.text(number, 3)
    if "\n" in own + who:
        place = f"{segment.name}-{number}"
        raise refused("escape", place, "a number of an order is one line: send it plainly")
    return (f"{own}^{who}" if who else own) if own else ""


def _with_dose(
    asked: Asked, group: _Group, times: Times, formulary: Mapping[str, Said], patient: str
) -> Asked:
    rxe = group.rxe
    if rxe is None:
        raise refused("segment-count", "RXE", "the order has no RXE: send one", SEQUENCE)
    if any(one.name == "TQ2" for one in (*group.before, *group.after)):
        raise refused("order-sequence", "TQ2", "one order that waits for another is not read")
    medicine = said_of_medicine(rxe, formulary)
    lines = driving(group.orc, group.before, rxe, group.after, times)
    dose, limit = dose_of(rxe, medicine)
    texts = _texts(group, rxe)
    dosages = []
    for line, sequence in zip(lines, places_of(lines), strict=True):
        _check_quantity(line, rxe)
        dosage = dosage_of(line, "TQ1", times.zone) | {"doseAndRate": [{"doseQuantity": dose}]}
        if limit is not None and len(lines) == 1:
            dosage["maxDosePerPeriod"] = limit
        if len(lines) > 1:
            dosage["sequence"] = sequence
        if route := route_of(group.named("RXR")):
            dosage["route"] = route
        if said := "; ".join(filter(None, [str(dosage.get("text", "")), *texts])):
            dosage["text"] = said
        dosages.append(dosage)
    medication, notes = medication_of(rxe, group.named("RXC"))
    said_besides = dict.fromkeys(str(one["text"]) for one in dosages if "text" in one)
    notes += [f"its text says: {line}" for one in said_besides for line in one.splitlines()]
    asked_for = [one for one in group.before if one.name == "RXO"]
    notes += [f"as it was asked for (RXO): {one.text(2)} {one.text(4)}" for one in asked_for]
    name = asked.names[0]
    resource: Element = {
        "resourceType": "MedicationRequest",
        "id": name,
        "identifier": [{"system": "urn:hl7-org:v2", "value": f"|{name}"}],
        "status": "active",
        "intent": "order",
        "subject": {"reference": f"Patient/{patient}"},
        "contained": [medication],
        "medicationReference": {"reference": "#m"},
        "dosageInstruction": dosages,
    }
    return Asked(
        asked.control,
        asked.number,
        asked.placer,
        asked.filler,
        asked.reason,
        asked.effective,
        resource,
        strength_said(rxe, medicine),
        tuple(notes),
    )


def _check_quantity(line: TimingLine, rxe: Segment) -> None:
    """TQ1-2 counts services, RXE-3 the dose: another number than 1 leaves two readings."""
    if line.quantity is None or line.quantity == (Fraction(1), ""):
        return
    try:
        same = line.quantity[0] == Fraction(rxe.only(3)) and line.quantity[1] == rxe.text(5)
    except ValueError:
        same = False
    if not same:
        sentence = "a quantity beside the dose of RXE-3: send the dose in RXE-3 to -5 only"
        raise refused("quantity-vs-dose", "TQ1-2", sentence)


def _texts(group: _Group, rxe: Segment) -> list[str]:
    """What words say beside the structure: instructions and notes, looked at and not compiled."""
    found = [rxe.text(7, 2, 1, n) or rxe.text(7, 1, 1, n) for n in range(rxe.count(7))]
    for note in (*group.before, *group.after):
        if note.name == "NTE":
            found += [note.text(3, 1, 1, n) for n in range(note.count(3))]
    return [one for one in found if one]
