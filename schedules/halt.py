"""Signed acts on a regimen from afar: stop and hold on one signature, resume on two (R4).

Responsible for: their bytes, sealing and verifying. Not responsible for keys (seal.py), for
what an act does (controller/rules/halts.py) or for how it travels. There is no act that
releases anything; whoever repeats an old one is refused by its number.
"""

import base64
import binascii
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from schedules.canonical import Json, read_json
from schedules.model import LastTaken, PlanRefused
from schedules.seal import ALGORITHM, ROLES, Signer, fits, sign

SCHEMA = "posology-act/1"
NOT_SAID = LastTaken("unknown")
DOMAIN = b"posology act signature 1\0"
ACTS = ("stop", "hold", "resume")
EVERY = "*"  # in place of a regimen: all that are in force
MAX_BYTES = 8_192
WORDS = ("never", "at", "unknown")

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


def seal_act(act: Act, signers: Sequence[tuple[str, str, bytes]]) -> str:
    """The act as a document, signed by each (name, role, private key)."""
    payload = _payload(act)
    return _document(payload, [_signature(payload, *one) for one in signers])


def countersign_act(document: str, name: str, role: str, private: bytes) -> str:
    """The document with one more signature; PlanRefused where it is no act."""
    payload, found = _open(document)
    _act(payload)
    signatures: list[Json] = [dict(one) for one in found]
    return _document(payload, [*signatures, _signature(payload, name, role, private)])


def is_act(data: bytes) -> bool:
    """Whether a file is meant to be an act, signed or not: not that it is a sound one."""
    try:
        top = read_json(data)
    except PlanRefused:
        return False
    return isinstance(top, dict) and top.get("schema") == SCHEMA


def unverified_act(document: str) -> tuple[Act, tuple[str, ...]]:
    """The act and who says to have signed it: for showing, never for doing it."""
    payload, found = _open(document)
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
    payload, signatures = _open(document)
    names = _signers(payload, signatures, trusted)
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


def _signers(
    payload: bytes, signatures: list[dict[str, str]], trusted: Sequence[Signer]
) -> tuple[str, ...]:
    if not 1 <= len(signatures) <= len(ROLES):
        raise PlanRefused("one-signature", "signatures", "one or two people sign an act")
    keys: set[bytes] = set()
    roles: set[str] = set()
    for index, one in enumerate(signatures):
        place = f"signatures[{index}]"
        known = [s for s in trusted if s.name == one["signer"] and s.role == one["role"]]
        if not known or known[0].role not in ROLES:
            sentence = "this device does not know this signer in this role"
            raise PlanRefused("unknown-signer", place, sentence)
        told = _told(payload, known[0].role, known[0].name)
        if one["algorithm"] != ALGORITHM or not fits(known[0].public_key, one["signature"], told):
            raise PlanRefused("bad-signature", place, "the signature does not fit")
        keys.add(known[0].public_key)
        roles.add(known[0].role)
    if len(keys) < len(signatures) or len(roles) < len(signatures):
        raise PlanRefused("same-signer", "signatures", "two different people must sign")
    return tuple(sorted(one["signer"] for one in signatures))


def _act(payload: bytes) -> Act:
    refused = PlanRefused("not-an-act", "payload", "this is not an act on a regimen")
    read = read_json(payload)
    if not isinstance(read, dict) or {k: type(v) for k, v in read.items()} != _FIELDS:
        raise refused
    if _compact(read) != payload or read["schema"] != SCHEMA or read["act"] not in ACTS:
        raise refused
    word, taken_at = read["last_taken"], read["taken_at"]
    number, not_after = read["number"], read["not_after"]
    assert isinstance(taken_at, int) and isinstance(number, int) and isinstance(not_after, int)
    if not isinstance(word, str) or word not in WORDS or number < 1:
        raise refused
    who = [str(read[name]) for name in ("act", "device", "patient", "regimen")]
    return Act(who[0], who[1], who[2], who[3], number, not_after, LastTaken(word, taken_at))


def _payload(act: Act) -> bytes:
    return _compact(
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
        }
    )


def _open(document: str) -> tuple[bytes, list[dict[str, str]]]:
    refused = PlanRefused("not-an-act", "", "this is not a signed act")
    if len(document) > MAX_BYTES:
        raise refused
    top = read_json(document.encode(errors="replace"))
    if not isinstance(top, dict) or set(top) != {"schema", "payload", "signatures"}:
        raise refused
    payload, found = top["payload"], top["signatures"]
    if top["schema"] != SCHEMA or not isinstance(payload, str) or not isinstance(found, list):
        raise refused
    signatures: list[dict[str, str]] = []
    for one in found:
        pairs = one.items() if isinstance(one, dict) else ()
        texts = {key: value for key, value in pairs if isinstance(value, str)}
        if set(texts) != {"role", "signer", "algorithm", "signature"}:
            raise refused
        signatures.append(texts)
    try:
        return base64.b64decode(payload, validate=True), signatures
    except (binascii.Error, ValueError):
        raise refused from None


def _signature(payload: bytes, name: str, role: str, private: bytes) -> Json:
    signature = sign(private, _told(payload, role, name))
    return {"role": role, "signer": name, "algorithm": ALGORITHM, "signature": signature}


def _document(payload: bytes, signatures: list[Json]) -> str:
    whole: Json = {
        "schema": SCHEMA,
        "payload": base64.b64encode(payload).decode(),
        "signatures": signatures,
    }
    return _compact(whole).decode()


def _told(payload: bytes, role: str, name: str) -> bytes:
    parts = [role.encode(), name.encode(), payload]
    return DOMAIN + b"".join(struct.pack(">I", len(part)) + part for part in parts)


def _compact(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()
