"""Signed acts on a regimen from afar: stop and hold on one signature, resume on two (R4).

Responsible for: what they say, sealing and verifying. Not responsible for signatures (signed.py),
for what an act does (controller/rules/halts.py) or for how it travels. There is no act that
releases anything; whoever repeats an old one is refused by its number.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schedules.canonical import read_json
from schedules.model import LastTaken, PlanRefused
from schedules.seal import ROLES, Signer
from schedules.signed import (
    Kind,
    Person,
    compact,
    countersign_document,
    is_kind,
    open_document,
    seal_document,
    who_signed,
)

SCHEMA = "posology-act/1"
NOT_SAID = LastTaken("unknown")
KIND = Kind(SCHEMA, b"posology act signature 1\0", "not-an-act", "this is not a signed act")
ACTS = ("stop", "hold", "resume")
EVERY = "*"  # in place of a regimen: all that are in force
WORDS = ("never", "at", "unknown")
LATEST_S = 1 << 37  # seconds and numbers end here, in the year 6325

_FIELDS = {
    "schema": str,
    "act": str,
    "device": str,
    "patient": str,
    "regimen": str,
    "number": int,
    "not_after": int,
    "last_taken": str,
    "taken_at": int,
}
_MAY_BE_SAID = {"made_at": int, "reason": str}
MOST_REASON = 120  # characters


@dataclass(frozen=True)
class Act:
    """One act on one regimen of one patient at one device."""

    act: str
    device: str
    patient: str
    regimen: str  # or EVERY
    number: int  # higher than that of every act before
    not_after: int  # Unix seconds: taken until then, or never
    last_taken: LastTaken = NOT_SAID  # with resume (R5)
    made_at: int = 0  # Unix seconds, as signed; 0: not said, and good for no hold point
    reason: str = ""  # why, in words: said back before it is signed, and kept in the record


def seal_act(act: Act, signers: Sequence[Person]) -> str:
    """The act as a document, signed by each (name, role, private key)."""
    return seal_document(KIND, _payload(act), signers)


def countersign_act(document: str, person: Person) -> str:
    """The document with one more signature; PlanRefused where it is no act."""
    unverified_act(document)
    return countersign_document(KIND, document, person)


def is_reason(text: str) -> bool:
    """Whether this can be the reason of an act: one line that can be shown."""
    return 0 < len(text.strip()) == len(text) <= MOST_REASON and text.isprintable()


def is_act(data: bytes) -> bool:
    """Whether a file is meant to be an act, signed or not: not that it is a sound one."""
    return is_kind(KIND, data)


def unverified_act(document: str) -> tuple[Act, tuple[str, ...]]:
    """The act and who says to have signed it: for showing, never for doing it."""
    payload, found = open_document(KIND, document)
    return _act(payload), tuple(f"{one['signer']} ({one['role']})" for one in found)


def verify_act(
    document: str,
    trusted: Sequence[Signer],
    *,
    device: str,
    now_s: int | None,
    after: int,
) -> tuple[Act, tuple[str, ...]]:
    """The act and who signed it; PlanRefused names the first reason against it.

    `after` is the number of the newest act taken. `now_s` None: no clock is believed; a stop
    or hold is taken then, because less is released by it, and a resume is not.
    """
    payload, signatures = open_document(KIND, document)
    names = who_signed(KIND, payload, signatures, trusted)
    act = _act(payload)
    if act.device != device:
        raise PlanRefused("other-device", "device", "this act is for another device")
    if act.number <= after:
        raise PlanRefused("act-repeated", "number", f"act {after} was taken already")
    if act.act == "resume" and len(names) < len(ROLES):
        raise PlanRefused("one-signature", "signatures", "to resume, two people must sign")
    if now_s is None and act.act == "resume":
        raise PlanRefused("clock-in-doubt", "not_after", "no clock is believed now")
    if now_s is not None and now_s > act.not_after:
        raise PlanRefused("act-too-late", "not_after", "this act was meant for an earlier time")
    return act, names


def _act(payload: bytes) -> Act:
    refused = PlanRefused("not-an-act", "payload", "this is not an act on a regimen")
    read = read_json(payload)
    if not isinstance(read, dict):
        raise refused
    more = {name: kind for name, kind in _MAY_BE_SAID.items() if name in read}
    if {k: type(v) for k, v in read.items()} != _FIELDS | more:
        raise refused
    if compact(read) != payload or read["schema"] != SCHEMA or read["act"] not in ACTS:
        raise refused
    word, taken_at = read["last_taken"], read["taken_at"]
    number, not_after = read["number"], read["not_after"]
    made_at, reason = read.get("made_at", 0), read.get("reason", "")
    assert isinstance(taken_at, int) and isinstance(number, int) and isinstance(not_after, int)
    assert isinstance(made_at, int) and isinstance(reason, str)
    if "reason" in read and not is_reason(reason):
        raise refused
    if not isinstance(word, str) or word not in WORDS or number < 1:
        raise refused
    if not all(0 <= one < LATEST_S for one in (number, not_after, taken_at, made_at)):
        raise refused  # no calendar reaches so far, and nothing would follow such a number
    who = [str(read[name]) for name in ("act", "device", "patient", "regimen")]
    said = LastTaken(word, taken_at)
    return Act(who[0], who[1], who[2], who[3], number, not_after, said, made_at, reason)


def _payload(act: Act) -> bytes:
    return compact(
        {
            "schema": SCHEMA,
            "act": act.act,
            "device": act.device,
            "patient": act.patient,
            "regimen": act.regimen,
            "number": act.number,
            "not_after": act.not_after,
            "last_taken": act.last_taken.word,
            "taken_at": act.last_taken.at_s,
            **({"made_at": act.made_at} if act.made_at else {}),
            **({"reason": act.reason} if act.reason else {}),
        }
    )
