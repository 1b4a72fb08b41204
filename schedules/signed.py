"""Small signed documents: a payload and the Ed25519 signatures of one or two people.

Responsible for: their one shape, their signatures, and who signed. Not responsible for what a
payload says (halt.py, vouch.py), for plans (seal.py) or for keys at rest. What is signed begins
with the domain of its kind, so no signature is worth anything on another kind of document.
"""

import struct
from collections.abc import Sequence
from dataclasses import dataclass

from schedules import envelope
from schedules.canonical import Json, read_json
from schedules.envelope import b64, unb64
from schedules.model import PlanRefused
from schedules.seal import ALGORITHM, ROLES, Signer, fits, sign
from schedules.signers import known_as, person

MAX_BYTES = 8_192
Person = tuple[str, str, bytes]  # name, role, private key


@dataclass(frozen=True)
class Kind:
    """One kind of document: its schema, what signatures begin with, how it is refused."""

    schema: str
    domain: bytes
    code: str
    sentence: str
    most: int = MAX_BYTES  # characters of a whole document

    def refused(self) -> PlanRefused:
        """It has not the shape of this kind."""
        return PlanRefused(self.code, "", self.sentence)


def compact(value: Json) -> bytes:
    """The one way in which a payload is written."""
    return envelope.compact(value)


def seal_document(kind: Kind, payload: bytes, people: Sequence[Person]) -> str:
    """The document of a payload, signed by each of these people."""
    return _document(kind, payload, [_signature(kind, payload, *one) for one in people])


def countersign_document(kind: Kind, document: str, person: Person) -> str:
    """The document with one more signature; PlanRefused where it is not of this kind."""
    payload, found = open_document(kind, document)
    signatures: list[Json] = [dict(one) for one in found]
    return _document(kind, payload, [*signatures, _signature(kind, payload, *person)])


def is_kind(kind: Kind, data: bytes) -> bool:
    """Whether a file is meant to be of this kind: not that it is sound."""
    try:
        top = read_json(data)
    except PlanRefused:
        return False
    return isinstance(top, dict) and top.get("schema") == kind.schema


def open_document(kind: Kind, document: str) -> tuple[bytes, list[dict[str, str]]]:
    """Payload and signatures, nobody's checked; PlanRefused for any other shape."""
    refused = kind.refused()
    if len(document) > kind.most:
        raise refused
    top = read_json(document.encode(errors="replace"))
    if not isinstance(top, dict) or set(top) != {"schema", "payload", "signatures"}:
        raise refused
    payload, found = top["payload"], top["signatures"]
    if top["schema"] != kind.schema or not isinstance(payload, str) or not isinstance(found, list):
        raise refused
    signatures: list[dict[str, str]] = []
    for one in found:
        pairs = one.items() if isinstance(one, dict) else ()
        texts = {key: value for key, value in pairs if isinstance(value, str)}
        if set(texts) != {"role", "signer", "algorithm", "signature"}:
            raise refused
        signatures.append(texts)
    try:
        data = unb64(payload, "payload")
    except PlanRefused:
        raise refused from None
    if _document(kind, data, [dict(one) for one in signatures]) != document:
        raise PlanRefused("not-canonical", "", "a signed document is written in one way only")
    return data, signatures


def who_signed(
    kind: Kind, payload: bytes, signatures: list[dict[str, str]], trusted: Sequence[Signer]
) -> tuple[str, ...]:
    """Names of the different trusted people whose signatures fit; PlanRefused otherwise."""
    if not 1 <= len(signatures) <= len(ROLES):
        raise PlanRefused("one-signature", "signatures", "one or two people sign it")
    keys: set[bytes] = set()
    for index, one in enumerate(signatures):
        place = f"signatures[{index}]"
        known = known_as(trusted, one["signer"], one["role"])
        if not known:
            sentence = "this device does not know this signer in this role"
            raise PlanRefused("unknown-signer", place, sentence)
        told = _told(kind, payload, one["role"], one["signer"])
        fitting = [who for who in known if fits(who.public_key, one["signature"], told)]
        if one["algorithm"] != ALGORITHM or not fitting:
            raise PlanRefused("bad-signature", place, "the signature does not fit")
        keys.add(fitting[0].public_key)
    people = {person(one["signer"]) for one in signatures}
    roles = {one["role"] for one in signatures}
    if min(len(keys), len(people), len(roles)) < len(signatures):
        raise PlanRefused("same-signer", "signatures", "two different people must sign")
    return tuple(sorted(one["signer"] for one in signatures))


def _signature(kind: Kind, payload: bytes, name: str, role: str, private: bytes) -> Json:
    signature = sign(private, _told(kind, payload, role, name))
    return {"role": role, "signer": name, "algorithm": ALGORITHM, "signature": signature}


def _document(kind: Kind, payload: bytes, signatures: list[Json]) -> str:
    whole: Json = {
        "schema": kind.schema,
        "payload": b64(payload),
        "signatures": signatures,
    }
    return compact(whole).decode()


def _told(kind: Kind, payload: bytes, role: str, name: str) -> bytes:
    parts = [role.encode(), name.encode(), payload]
    return kind.domain + b"".join(struct.pack(">I", len(part)) + part for part in parts)
