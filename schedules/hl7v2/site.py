"""Who is meant by a patient's number, what a drug code is, and what is in force: files of a site.

Responsible for: the patients' table and the formulary, closed and checked. Not responsible for
messages. The pseudonym is the only thing of a patient that leaves this table (plan files never hold
names), and nobody is in it whom a person has not written down.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from schedules import planfile
from schedules.convert import said_of
from schedules.fhir.regimens import Said
from schedules.files import read_plan
from schedules.hl7v2.message import MISSING, UNKNOWN_KEY, Fault, MessageRefused, Segment
from schedules.hl7v2.pattern import Pattern
from schedules.localtime import zone_of
from schedules.model import Plan, PlanRefused
from schedules.schema import Document

_KEYS = {"hl7", "patient", "device", "zone", "lives", "location", "plan", "orders"}
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
LIVES = ("home", "ward")


@dataclass(frozen=True)
class Patient:
    """One row of the table."""

    numbers: tuple[tuple[str, str], ...]  # (number, who gave it) of PID-3
    patient: str  # pseudonym
    device: str
    zone: str
    lives: str  # home: hospital is away; ward: the machine stands where patients are admitted
    location: str = ""  # of a ward: PV1-3, the part before ^
    plan: str = ""  # path of the plan in force
    orders: Mapping[str, str] = field(default_factory=dict)  # `4711^EPIC` -> regimen id

    def in_force(self) -> Plan | None:
        """The plan in force as far as the site says; OSError or PlanRefused where it is unreadable.

        Read anew each time: it changes while the listener runs.
        """
        return read_plan(self.plan) if self.plan else None


def patients_of(path: Path, zone: str) -> list[Patient]:
    """The table of a file; PlanRefused(code, place, sentence) where it is not sound."""
    document = planfile.load(path.read_text("utf-8"))
    if not isinstance(document, dict) or set(document) != {"patients"}:
        raise PlanRefused("wrong-type", "", "expected one key: patients")
    rows = document["patients"]
    if not isinstance(rows, list):
        raise PlanRefused("wrong-type", "patients", "expected a list")
    found = [_patient(row, f"patients[{n}]", zone, path.parent) for n, row in enumerate(rows)]
    seen: dict[tuple[str, str], str] = {}
    for index, one in enumerate(found):
        for number in one.numbers:
            if number in seen:
                sentence = f"this number already stands at {seen[number]}"
                raise PlanRefused("duplicate-id", f"patients[{index}].hl7", sentence)
            seen[number] = f"patients[{index}]"
    return found


def formulary_of(path: Path) -> Mapping[str, Said]:
    """What the pharmacy says of each drug code; PlanRefused where it is not sound."""
    return said_of(path.read_text("utf-8"))


def patterns_of(path: Path) -> Mapping[str, str]:
    """What the site's own repeat patterns mean in HL7's table 0335; PlanRefused otherwise."""
    document = planfile.load(path.read_text("utf-8"))
    if not isinstance(document, dict):
        raise PlanRefused("wrong-type", "", "expected a mapping from pattern to pattern")
    for own, meaning in document.items():
        try:
            Pattern(str(meaning).upper()).reading()
        except MessageRefused as refused:
            raise PlanRefused("wrong-value", own, refused.faults[0].sentence) from None
    return {own: str(meaning) for own, meaning in document.items()}


def patient_of(segment: Segment, table: list[Patient]) -> Patient:
    """The one row PID-3 leads to; MessageRefused for none, or for two."""
    if not segment.count(3):
        sentence = "the message does not say for whom: send the number in PID-3"
        raise MessageRefused(Fault("no-patient", "PID-3", sentence, MISSING))
    told = {
        (segment.text(3, 1, 1, again), segment.text(3, 4, 1, again))
        for again in range(segment.count(3))
    }
    found = [one for one in table if told.intersection(one.numbers)]
    if not found:
        sentence = "nobody has written this patient into the table: add the row, then send again"
        raise MessageRefused(Fault("unknown-patient", "PID-3", sentence, UNKNOWN_KEY))
    if len(found) > 1:
        sentence = "the numbers of this patient lead to different people in the table"
        raise MessageRefused(Fault("two-patients", "PID-3", sentence, UNKNOWN_KEY))
    return found[0]


def _patient(row: Document, place: str, zone: str, folder: Path) -> Patient:
    if not isinstance(row, dict):
        raise PlanRefused("wrong-type", place, "expected a mapping")
    for key in row:
        if key not in _KEYS:
            raise PlanRefused("unknown-key", f"{place}.{key}", "no such key is known here")
    texts = {key: one for key, one in row.items() if isinstance(one, str)}
    for key in ("patient", "device"):
        if not _NAME.fullmatch(texts.get(key, "")):
            sentence = "a short name of letters, digits and dashes is needed"
            raise PlanRefused("wrong-value", f"{place}.{key}", sentence)
    told = row.get("hl7")
    numbers = told if isinstance(told, list) else [told]
    pairs = [_number(one, f"{place}.hl7") for one in numbers]
    lives = texts.get("lives", "home")
    if lives not in LIVES:
        raise PlanRefused("wrong-value", f"{place}.lives", "home or ward")
    if lives == "ward" and not texts.get("location"):
        sentence = "a ward says its location, as PV1-3 names it"
        raise PlanRefused("wrong-value", f"{place}.location", sentence)
    own_zone = texts.get("zone", zone)
    if zone_of(own_zone) is None:
        raise PlanRefused("unknown-zone", f"{place}.zone", "this is not a zone of the IANA list")
    orders = row.get("orders", {})
    if not isinstance(orders, dict) or not all(isinstance(one, str) for one in orders.values()):
        raise PlanRefused("wrong-type", f"{place}.orders", "order number: regimen id")
    return Patient(
        numbers=tuple(pairs),
        patient=texts["patient"],
        device=texts["device"],
        zone=own_zone,
        lives=lives,
        location=texts.get("location", ""),
        plan=str(folder / texts["plan"]) if texts.get("plan") else "",
        orders={key: str(one) for key, one in orders.items()},
    )


def _number(value: Document | None, place: str) -> tuple[str, str]:
    """(number, who gave it) of `12345^^^HOSP`."""
    parts = value.split("^") if isinstance(value, str) else []
    if not parts or not parts[0] or len(parts) > 5:
        raise PlanRefused("wrong-value", place, "a number as in PID-3: 12345^^^HOSP")
    return parts[0], parts[3] if len(parts) > 3 else ""
