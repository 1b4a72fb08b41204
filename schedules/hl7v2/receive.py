"""One HL7 message in, one answer out; what is accepted waits as a proposal and nothing is active.

Responsible for: what is checked before a message is believed, and that an answer says what became
of it. Not responsible for frames (mllp.py), orders (order.py, propose.py), movements
(adt.py) or for the folder (inbox.py). There is always exactly one answer.
"""

import sys
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from schedules.fhir.regimens import Said
from schedules.hl7v2.adt import MOVEMENTS, moved
from schedules.hl7v2.answer import ACCEPTED, answer, code_of
from schedules.hl7v2.inbox import Inbox, InboxFailed, Record, Shelf, body_of, key_of
from schedules.hl7v2.message import (
    DUPLICATE_KEY,
    INTERNAL,
    MISSING,
    UNKNOWN_EVENT,
    UNKNOWN_PROCESSING,
    UNKNOWN_TYPE,
    UNKNOWN_VERSION,
    VERSIONS,
    Fault,
    Message,
    MessageRefused,
    header_of,
    read_message,
)
from schedules.hl7v2.mllp import Framed
from schedules.hl7v2.order import orders_of, stops_of, unread
from schedules.hl7v2.propose import Proposal, proposal_of
from schedules.hl7v2.site import Patient, patient_of
from schedules.localtime import zone_of

MAX_CONTROL = 199
ORDERS = "O11"


@dataclass(frozen=True)
class Site:
    """What a receiver believes: whom it knows, what drugs are, which messages are meant for it."""

    patients: list[Patient]
    formulary: Mapping[str, Said] = field(default_factory=dict)
    patterns: Mapping[str, str] = field(default_factory=dict)
    processing: str = "P"  # MSH-11: production, T: training, D: debugging
    charset: str = "ascii"  # where MSH-18 is silent


class Receiver:
    """Answers messages, one after another."""

    def __init__(self, site: Site, inbox: Inbox, now_s: Callable[[], int]) -> None:
        self._site = site
        self._inbox = inbox
        self._now_s = now_s

    def answer_frame(self, one: Framed) -> bytes:
        """The answer to what stood in a frame: of what was too long nothing is believed."""
        code, sentence = "too-large", "longer than what is read here: send less at once"
        if one.whole:
            try:
                return self.answer(one.data)
            except Exception as broken:  # we are wrong: say so, keep nothing, answer the others
                print(f"internal fault: {_where(broken)}", file=sys.stderr, flush=True)
                code = "internal"
                sentence = "this receiver has failed and has kept nothing: tell its keeper"
        fault = Fault(code, "", sentence, INTERNAL, reject=True)
        return answer(header_of(one.data), code_of((fault,)), sentence, (fault,), self._now_s())

    def answer(self, data: bytes) -> bytes:
        """The answer to these bytes; when it says AA, what was asked for is kept for good."""
        now_s = self._now_s()
        fields = header_of(data)
        key, body = key_of(fields, data), body_of(fields, data)
        try:
            before = self._inbox.known(key)
            if before is not None:
                if before.body == body:
                    return self._inbox.answer_to(key)
                sentence = "this control id was another message: send with one of its own"
                raise MessageRefused(Fault("control-id-reused", "MSH-10", sentence, DUPLICATE_KEY))
            found, sentence = read(data, self._site, self._inbox, now_s)
            said = answer(fields, ACCEPTED, sentence, (), now_s)
            record = Record(
                key, self._inbox.next_number(), fields[10], body, now_s, found.changes, found.acts
            )
            self._inbox.accept(record, data, said, found.files)
            return said
        except MessageRefused as refused:
            return self._refuse(key, data, fields, refused.faults, now_s)
        except (InboxFailed, OSError) as fault:
            why = str(fault) if isinstance(fault, InboxFailed) else "a file cannot be read"
            sentence = f"{why}: send again later"
            faults = (Fault("cannot-store", "", sentence, INTERNAL, reject=True),)
            return answer(fields, code_of(faults), sentence, faults, now_s)

    def _refuse(
        self, key: str, data: bytes, fields: list[str], faults: tuple[Fault, ...], now_s: int
    ) -> bytes:
        said = answer(fields, code_of(faults), faults[0].sentence, faults, now_s)
        stranger = fields[9].startswith("ADT") and faults[0].code == "unknown-patient"
        if self._inbox.known(key) is not None:  # of another message: this one has a key of its own
            key = body_of(fields, data)[:32]
        if not stranger:
            with suppress(InboxFailed):  # the sender is told, and has the message
                self._inbox.refuse(key, data, said, self._stops(data))
        return said

    def _stops(self, data: bytes) -> list[tuple[str, str]]:
        try:
            message = read_message(data, self._site.charset)
            patient = patient_of(message.one("PID"), self._site.patients).patient
        except MessageRefused:
            return []
        return [(patient, name) for name in stops_of(message)]


def _where(broken: Exception) -> str:
    """Kind and places of a fault, without a word of the message."""
    steps = traceback.extract_tb(broken.__traceback__)
    places = " < ".join(f"{Path(one.filename).name}:{one.lineno}" for one in reversed(steps))
    return f"{type(broken).__name__} at {places}"


def read(data: bytes, site: Site, inbox: Shelf | None, now_s: int) -> tuple[Proposal, str]:
    """What a message would propose, and the sentence of the answer; MessageRefused otherwise."""
    message = read_message(data, site.charset)
    event = check_header(message, site.processing)
    patient = patient_of(message.one("PID"), site.patients)
    zone = zone_of(patient.zone)
    assert zone is not None
    live = inbox.live(patient.patient) if inbox is not None else []
    stopped = inbox.stopped(patient.patient) if inbox is not None else set()
    last = inbox.last_act() if inbox is not None else 0
    if event == ORDERS:
        asked = orders_of(message, zone, site.formulary, patient.patient, site.patterns)
        found = proposal_of(asked, patient, live, stopped, now_s, last, unread(message))
    else:
        found = moved(message, event, patient, live, now_s, last)
    count = len(found.changes)
    what = "1 proposal waits" if count == 1 else f"{count} proposals wait"
    return found, f"{what} for a pharmacist; nothing is changed at the machine"


def check_header(message: Message, processing: str) -> str:
    """The trigger event of a message for this receiver; MessageRefused(reject) otherwise."""
    header = message.header
    faults = []
    kind, event = header.text(9, 1), header.text(9, 2)
    if kind not in ("RDE", "ADT"):
        sentence = "this type is not read: send RDE^O11 or ADT"
        faults.append(Fault("message-type", "MSH-9", sentence, UNKNOWN_TYPE, reject=True))
    elif event not in ((ORDERS,) if kind == "RDE" else MOVEMENTS):
        known = "RDE^O11" if kind == "RDE" else f"ADT^{', '.join(MOVEMENTS)}"
        sentence = f"this event is not read: send {known}"
        faults.append(Fault("event", "MSH-9", sentence, UNKNOWN_EVENT, reject=True))
    if header.text(12) not in VERSIONS:
        sentence = f"this version is not read: send {' or '.join(VERSIONS)}"
        faults.append(Fault("version", "MSH-12", sentence, UNKNOWN_VERSION, reject=True))
    if header.text(11) != processing:
        sentence = f"this receiver takes messages whose processing id is {processing}"
        faults.append(Fault("processing", "MSH-11", sentence, UNKNOWN_PROCESSING, reject=True))
    control = header.raw(10)
    if not control or len(control) > MAX_CONTROL or not all(" " < one <= "~" for one in control):
        sentence = f"a control id of 1 to {MAX_CONTROL} plain characters is needed"
        faults.append(Fault("control-id", "MSH-10", sentence, MISSING, reject=True))
    if header.count(18) > 1:
        sentence = "one character set is read, without switching: send one"
        faults.append(Fault("charset", "MSH-18", sentence, reject=True))
    if faults:
        raise MessageRefused(*faults)
    return event
