"""HL7 v2.5.1 messages out: segments, escapes, and the answer to a message that came in.

Responsible for: how a segment is written, ACK with MSA and ERR. Not responsible for what is
answered (receive.py) or for what other messages say. Everything written is ASCII; what is not
is escaped in hex as UTF-8, and MSH-18 says so.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime

from schedules.hl7v2.message import Fault

VERSION = "2.5.1"
OWN = "POSOLOGY"
MARKS = "^~\\&"
CHARSET = "UNICODE UTF-8"
ACCEPTED, ERROR, REJECTED = "AA", "AE", "AR"
MAX_ERRORS = 20
_KINDS = {
    "100": "Segment sequence error",
    "101": "Required field missing",
    "102": "Data type error",
    "103": "Table value not found",
    "200": "Unsupported message type",
    "201": "Unsupported event code",
    "202": "Unsupported processing id",
    "203": "Unsupported version id",
    "204": "Unknown key identifier",
    "205": "Duplicate key identifier",
    "207": "Application internal error",
}
_ESCAPES = {"\\": "\\E\\", "|": "\\F\\", "^": "\\S\\", "~": "\\R\\", "&": "\\T\\", "\n": "\\.br\\"}


def escape(text: str) -> str:
    """A value that reads back as `text`, in ASCII."""
    found = []
    for one in text:
        if one in _ESCAPES:
            found.append(_ESCAPES[one])
        elif " " <= one <= "~":
            found.append(one)
        else:
            found.append(f"\\X{one.encode('utf-8', 'replace').hex().upper()}\\")
    return "".join(found)


def component(*texts: str | tuple[str, ...]) -> str:
    """Components of one field, each escaped; a tuple is one component of subcomponents."""
    parts = [
        escape(one) if isinstance(one, str) else "&".join(map(escape, one)).rstrip("&")
        for one in texts
    ]
    return "^".join(parts).rstrip("^")


def segment(name: str, values: dict[int, str]) -> str:
    """A segment with these fields (already escaped); the others are empty."""
    last = max(values, default=0)
    return "|".join([name, *(values.get(n, "") for n in range(1, last + 1))]).rstrip("|")


def stamp(at_s: int) -> str:
    """An instant as HL7 writes it, with its offset."""
    return f"{datetime.fromtimestamp(at_s, UTC):%Y%m%d%H%M%S}+0000"


def header(
    kind: str, control: str, at_s: int, receiver: tuple[str, str], processing: str = "P"
) -> str:
    """MSH; `receiver` is the application and facility it is for, already escaped."""
    return "|".join(
        [
            "MSH",
            MARKS,
            OWN,
            "",
            *receiver,
            stamp(at_s),
            "",
            kind,
            control,
            processing,
            VERSION,
            "",
            "",
            "",
            "",
            "",
            CHARSET,
        ]
    )


def whole(segments: Sequence[str]) -> bytes:
    """The bytes of a message: each segment ends with CR."""
    return "".join(one + "\r" for one in segments).encode("ascii")


def answer(
    fields: Sequence[str], code: str, sentence: str, faults: Sequence[Fault], at_s: int
) -> bytes:
    """The ACK to a message whose MSH fields are these, as they were sent.

    Every fault has an ERR: where, the kind in HL7's words, our own code, what to do.
    """
    control = _echo(fields[10])
    digest = hashlib.sha256("|".join([*fields[:11], code]).encode("utf-8", "replace")).hexdigest()
    event = _echo(fields[9]).split("^")[1:2]
    kind = "^".join(["ACK", *event, "ACK"]) if event and event[0] else "ACK"
    asked = _echo(fields[11]).partition("^")[0]
    own = digest[:20].upper()
    lines = [
        header(kind, own, at_s, (_echo(fields[3]), _echo(fields[4])), asked or "P"),
        f"MSA|{code}|{control}|{escape(sentence)}",
    ]
    for fault in faults[:MAX_ERRORS]:
        lines.append(_err(fault, code))
    return whole(lines)


def code_of(faults: Sequence[Fault]) -> str:
    """AR where a message was not read at all, AE where it was read and not taken."""
    if not faults:
        return ACCEPTED
    return REJECTED if any(one.reject for one in faults) else ERROR


def _err(fault: Fault, code: str) -> str:
    return segment(
        "ERR",
        {
            2: _location(fault.place),
            3: component(fault.kind, _KINDS.get(fault.kind, ""), "HL70357"),
            4: "I" if code == ACCEPTED else "E",
            5: component(fault.code, fault.sentence, "99POSOLOGY"),
            8: escape(fault.sentence),
        },
    )


def _location(place: str) -> str:
    """ERR-2 of `TQ1[2]-3`: segment, its place, field."""
    name, _, number = place.partition("-")
    name, _, again = name.partition("[")
    if not name:
        return ""
    digits = [one if one.isdigit() else "" for one in (again.rstrip("]"), number)]
    return component(name, digits[0] or "1", digits[1])


def _echo(value: str) -> str:
    """A field of the sender as it came, where it can be sent back without harm."""
    sound = all(" " <= one <= "~" and one != "|" for one in value) and len(value) <= 200
    return value if sound else ""
