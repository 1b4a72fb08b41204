"""RAS^O17 and RDS^O13: what became of each dose, and what was put into the machine.

Responsible for: one message for each word the journal has on a dose, and one for each loading; the
same event always gives the same bytes. Not responsible for the journal (controller/record/story.py)
or for sending (deliver.py). Fields as in HL7 v2.5.1 chapter 4, completion by table 0322.

Retrieved is not swallowed. Table 0322 has no word for "nobody knows": RXA-20 is left empty then.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from controller.record.story import Said, Story, ToldDose, Version
from controller.record.values import regimen_of, word
from controller.report.vocabulary import ROLES
from schedules.hl7v2.answer import component, header, segment, stamp, whole
from schedules.model import Plan

CODES = "99POSOLOGY"
# how it ended -> RXA-20; a person's no is a refusal, everything else was not administered
_DONE = {"taken": "CP", "missed": "NA", "skipped": "NA", "held": "NA"}
_REFUSALS = ("refused", "by-request", "unwell", "not-needed")
_UNITS = {"tablet": "TAB", "capsule": "CAP"}
_SAID = {
    "taken": "retrieved or confirmed; nobody has seen it swallowed",
    "missed": "offered and not taken before its time was over",
    "skipped": "left out",
    "held": "not given: the machine could not, or must not",
    "handed-out": "handed out ahead; whether it was taken is not known here",
    "uncertain": "nobody knows yet whether it was taken; a person will say",
    "voided": "written at a false time, and void",
}


@dataclass(frozen=True)
class Names:
    """What the receiver calls things: its numbers for patient and orders, and who it is."""

    patient: tuple[str, str] = ("", "")  # number and who gave it; "": the pseudonym
    orders: Mapping[str, str] = field(default_factory=dict)  # regimen -> `4711^EPIC`
    receiver: tuple[str, str] = ("", "")


@dataclass(frozen=True)
class Outgoing:
    """One message of one event; `name` sorts in the order of the events."""

    event: int
    name: str
    data: bytes


def messages(story: Story, names: Names, after: int = 0) -> list[Outgoing]:
    """What events later than `after` say, in their order."""
    told: list[tuple[int, str, list[str]]] = []
    patient = story.plans[-1].patient if story.plans else ""
    for dose in story.doses.values():
        for number, version in enumerate(dose.versions, 1):
            if (event := _number(version.said)) > after:
                segments = _ras(dose, version, number, names, patient)
                told.append((event, dose.dose_id, segments))
    for said, plan in story.loads:
        if (event := _number(said)) > after:
            told.append((event, "", _rds(said, plan, names, patient)))
    told.sort(key=lambda one: one[:2])
    return list(_numbered(told, _hashes(story), names))


def _numbered(
    told: list[tuple[int, str, list[str]]], hashes: Mapping[int, tuple[str, int]], names: Names
) -> Iterator[Outgoing]:
    """MSH-10 is the hash of the event and the place of the message among those it gives."""
    part, before = 0, 0
    for event, _, segments in told:
        part = part + 1 if event == before else 1
        before = event
        digest, at_s = hashes[event]
        control = f"{digest[:16].upper()}-{part}"
        kind = "RAS^O17^RAS_O17" if segments[-2].startswith("RXA") else "RDS^O13^RDS_O13"
        receiver = (component(names.receiver[0]), component(names.receiver[1]))
        data = whole([header(kind, control, at_s, receiver), *segments])
        yield Outgoing(event, f"{event:010d}-{part:03d}.hl7", data)


def _hashes(story: Story) -> dict[int, tuple[str, int]]:
    return {_number(said): (said.hash, said.at_s) for said in story.acts}


def _number(said: Said) -> int:
    return int(said.event.rpartition("/")[2])


def _ras(dose: ToldDose, version: Version, number: int, names: Names, patient: str) -> list[str]:
    given = _completion(version)
    gone = version.gone_at or (dose.due_at if given != "CP" else version.said.at_s)
    why = [] if given == "CP" and not version.late else [_coded(version.outcome, _SAID)]
    notes = [component(dose.dose_id, "the dose, by its number", CODES)]
    if version.how:
        notes.append(component(word(version.how), "", CODES))
    amount = dose.quarters if given in ("CP", "") else 0
    return [
        _pid(patient, names),
        _orc(dose.regimen, names),
        segment("TQ1", {1: "1", 7: stamp(dose.due_at)}),
        segment(
            "RXA",
            {
                1: "0",
                2: str(number),
                3: stamp(gone),
                4: stamp(gone),
                5: _medicine(dose.plan, dose.regimen),
                6: _pieces(amount),
                7: _unit(dose.plan, dose.regimen),
                9: "~".join(notes),
                10: _by(version.by),
                18: "~".join(why),
                20: given,
                21: _action(version, number),
                22: stamp(version.said.at_s),
            },
        ),
        _rxr(dose.elsewhere),
    ]


def _completion(version: Version) -> str:
    if version.late:
        return "CP"
    if version.outcome == "skipped" and word(version.how) in _REFUSALS:
        return "RE"
    return _DONE.get(version.outcome, "")


def _action(version: Version, number: int) -> str:
    """RXA-21: A adds, U updates what was said of this dose before, D takes it back."""
    if version.outcome == "voided":
        return "D"
    return "A" if number == 1 else "U"


def _rds(said: Said, plan: Plan | None, names: Names, patient: str) -> list[str]:
    """What lies in one compartment now, one order for each medicine."""
    found = [_pid(patient, names)]
    note = f"compartment {said.number('compartment')}, fill {said.number('fill')}"
    pairs = zip(said.texts("regimens"), said.numbers("quarters"), strict=False)
    for number, (regimen, quarters) in enumerate(pairs, 1):
        found += [
            _orc(regimen, names),
            segment(
                "RXD",
                {
                    1: str(number),
                    2: _medicine(plan, regimen),
                    3: stamp(said.at_s),
                    4: _pieces(quarters),
                    5: _unit(plan, regimen),
                    7: component(regimen),
                    9: component(note),
                    10: _by(said.text("by")),
                },
            ),
            _rxr(False),
        ]
    return found


def _pid(patient: str, names: Names) -> str:
    number, who = names.patient if names.patient[0] else (patient, "POSOLOGY")
    kind = "MR" if names.patient[0] else "PI"
    return segment("PID", {1: "1", 3: component(number, "", "", who, kind), 5: component(patient)})


def _orc(regimen: str, names: Names) -> str:
    placer = component(*names.orders.get(regimen, "").split("^"))
    return segment("ORC", {1: "RE", 2: placer, 3: component(regimen, "POSOLOGY")})


def _medicine(plan: Plan | None, regimen_id: str) -> str:
    regimen = regimen_of(plan, regimen_id)
    return component(regimen_id, regimen.name if regimen is not None else "", CODES)


def _unit(plan: Plan | None, regimen_id: str) -> str:
    regimen = regimen_of(plan, regimen_id)
    said = (regimen.unit or regimen.form) if regimen is not None else "piece"
    return component(_UNITS.get(said, said.upper()), said, CODES)


def _rxr(elsewhere: bool) -> str:
    """By mouth from the machine; what is kept elsewhere is taken as its plan says."""
    route = ("OTH", "Other") if elsewhere else ("PO", "Oral")
    return segment("RXR", {1: component(*route, "HL70162")})


def _by(who: str) -> str:
    """The part a person plays; names stay at home."""
    role = who.partition("/")[0]
    return component(role if role in ROLES else "person") if who else ""


def _coded(outcome: str, words: Mapping[str, str]) -> str:
    return component(outcome, words.get(outcome, ""), CODES)


def _pieces(quarters: int) -> str:
    value = Fraction(quarters, 4)
    return str(value.numerator) if value.denominator == 1 else f"{float(value):g}"
