"""A signed word on what time it is: the only thing that lets a record go back in time (R8).

Responsible for: what it says, sealing and verifying. Not responsible for signatures (signed.py)
or for what a repair undoes (controller/wishes/people.py). The clock of who signs is a witness
of its own: it must agree with that of the machine when the word is handed over. It answers a
number that the machine shows: a word that was never used is worth nothing at another time.
"""

from collections.abc import Sequence

from schedules.canonical import Json, read_json
from schedules.model import PlanRefused
from schedules.seal import Signer
from schedules.signed import (
    Kind,
    Person,
    compact,
    is_kind,
    open_document,
    seal_document,
    who_signed,
)

SCHEMA = "posology-time/2"
KIND = Kind(SCHEMA, b"posology time signature 2\0", "not-a-time", "this is not a signed time")
AHEAD_S = 120  # the clock of who signs may be ahead of the machine's by this
AGE_S = 15 * 60  # from signing to handing over
_FIELDS = {"schema": str, "device": str, "number": str, "said_at": int}


def seal_time(device: str, number: str, said_at: int, person: Person) -> str:
    """`it is said_at` (Unix seconds), for the device that shows `number`, signed by (name, role,
    private key)."""
    told: dict[str, Json] = {"schema": SCHEMA, "device": device}
    told |= {"number": number, "said_at": said_at}
    return seal_document(KIND, compact(told), [person])


def is_time(data: bytes) -> bool:
    """Whether a file is meant to be one: not that it is sound."""
    return is_kind(KIND, data)


def unverified_time(document: str) -> tuple[str, str, int, tuple[str, ...]]:
    """Device, number, instant, and who says to have signed it: for showing only."""
    payload, found = open_document(KIND, document)
    return *_said(payload), tuple(f"{one['signer']} ({one['role']})" for one in found)


def verify_time(
    document: str, trusted: Sequence[Signer], *, device: str, number: str, now_s: int, after: int
) -> tuple[int, str]:
    """The signed instant and who signed it; PlanRefused names the first reason against it.

    `number` is what the machine shows now, `after` the newest signed instant taken: an old word is
    never taken again. `now_s` is the clock of the machine, believed or not.
    """
    payload, signatures = open_document(KIND, document)
    names = who_signed(KIND, payload, signatures, trusted)
    meant_for, asked, said_at = _said(payload)
    if meant_for != device:
        raise PlanRefused("other-device", "device", "this word is for another device")
    if said_at <= after:
        raise PlanRefused("time-repeated", "said_at", "this word, or a later one, was taken")
    if asked != number:
        sentence = f"this word answers another question: the machine shows {number} now"
        raise PlanRefused("other-number", "number", sentence)
    if not said_at - AHEAD_S <= now_s <= said_at + AGE_S:
        sentence = "the clock of this machine says another time, or the word is too old"
        raise PlanRefused("time-differs", "said_at", sentence)
    return said_at, ",".join(names)


def _said(payload: bytes) -> tuple[str, str, int]:
    read = read_json(payload)
    if not isinstance(read, dict) or {k: type(v) for k, v in read.items()} != _FIELDS:
        raise KIND.refused()
    if compact(read) != payload or read["schema"] != SCHEMA:
        raise KIND.refused()
    said_at = read["said_at"]
    assert isinstance(said_at, int)
    return str(read["device"]), str(read["number"]), said_at
