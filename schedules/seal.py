"""The signed envelope of a plan: bytes, what they compile to, two signatures.

Responsible for: sealing and verifying; the only file that knows `cryptography`. Not
responsible for keys at rest, for who holds them, or for what a plan says.

Signed by each role: DOMAIN, role and the hash of its signer's name, the payload, and the
hash of the compiled rows. A signature for one role is worth nothing for the other.
"""

import base64
import binascii
import hashlib
import json
import struct
from collections.abc import Sequence
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schedules.canonical import MAX_BYTES, Json, canonical, from_canonical, read_json
from schedules.localtime import tzdata_version
from schedules.model import Plan, PlanRefused
from schedules.rows import compile_rows, rows_hash

SCHEMA = "posology-envelope/1"
COMPILER = "1"  # raised whenever equal plans may compile to other rows
ALGORITHM = "ed25519"
ROLES = ("pharmacist", "checker")
DOMAIN = b"posology plan signature 1\0"
MAX_ENVELOPE = 2 * MAX_BYTES


@dataclass(frozen=True)
class Signer:
    """Somebody the device trusts, in one role; `public_key` is 32 raw bytes."""

    name: str
    role: str
    public_key: bytes


def new_key() -> tuple[bytes, bytes]:
    """A fresh (private, public) pair of 32 raw bytes each."""
    private = Ed25519PrivateKey.generate()
    return private.private_bytes_raw(), private.public_key().public_bytes_raw()


def public_of(private: bytes) -> bytes:
    """The public key of 32 private bytes; ValueError where they are not 32."""
    return Ed25519PrivateKey.from_private_bytes(private).public_key().public_bytes_raw()


def compiled(plan: Plan) -> dict[str, Json]:
    """What the plan compiles to over the signed stretch: hash, and with what it was made."""
    rows = compile_rows(plan)
    return {
        "until": rows.until,
        "rows": len(rows.doses),
        "hash": rows_hash(rows),
        "tzdata": tzdata_version(),
        "compiler": COMPILER,
    }


def signed_hash(envelope: bytes) -> str:
    """The hash of the rows that were signed."""
    return str(_open(envelope)[1]["hash"])


def sign(private: bytes, told: bytes) -> str:
    """The base64 signature of 32 private bytes over `told`."""
    return _b64(Ed25519PrivateKey.from_private_bytes(private).sign(told))


def fits(public: bytes, signature: str, told: bytes) -> bool:
    """Whether a base64 signature is that of `public` over `told`."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(_unb64(signature, ""), told)
    except (InvalidSignature, ValueError, PlanRefused):
        return False
    return True


def seal(plan: Plan, signers: Sequence[tuple[str, str, bytes]]) -> bytes:
    """The envelope of a plan signed by each (name, role, private key)."""
    payload = canonical(plan)
    rows = compiled(plan)
    signatures: list[Json] = [
        {
            "role": role,
            "signer": name,
            "algorithm": ALGORITHM,
            "signature": _b64(
                Ed25519PrivateKey.from_private_bytes(private).sign(
                    _signed_bytes(payload, rows, role, name)
                )
            ),
        }
        for name, role, private in signers
    ]
    return _envelope(payload, rows, signatures)


def countersign(envelope: bytes, name: str, role: str, private: bytes) -> bytes:
    """The envelope with one more signature; PlanRefused where it is not an envelope."""
    payload, rows, found = _open(envelope)
    signed = _signed_bytes(payload, rows, role, name)
    signatures: list[Json] = [dict(one) for one in found]
    more: Json = {
        "role": role,
        "signer": name,
        "algorithm": ALGORITHM,
        "signature": _b64(Ed25519PrivateKey.from_private_bytes(private).sign(signed)),
    }
    return _envelope(payload, rows, [*signatures, more])


def verify(
    envelope: bytes,
    trusted: Sequence[Signer],
    *,
    device: str,
    now_s: int,
    in_force: tuple[int, str] | None = None,
) -> Plan:
    """The Plan of an envelope that may come into force on this device now.

    `in_force` is (version, plan hash) of the plan it would follow; the very plan in
    force verifies again. PlanRefused names the first reason against it.
    """
    payload, rows, signatures = _open(envelope)
    _check_signatures(payload, rows, signatures, trusted)
    plan = from_canonical(payload)
    if plan.device != device:
        raise PlanRefused("other-device", "device", "this plan is for another device")
    if now_s >= plan.valid_until:
        raise PlanRefused("expired", "valid_until", "this plan is no longer valid")
    if in_force is not None:
        _check_version(plan, hashlib.sha256(payload).hexdigest(), in_force)
    now_rows = compiled(plan)
    if rows["compiler"] != COMPILER or any(
        rows[key] != now_rows[key] for key in ("until", "rows", "hash")
    ):
        sentence = "this machine compiles the plan to other doses than were signed: sign it anew"
        raise PlanRefused("compiled-mismatch", "compiled", sentence)
    return plan


def unverified(envelope: bytes) -> Plan:
    """The plan an envelope holds, whoever signed it: for showing, never for dispensing."""
    return from_canonical(_open(envelope)[0])


def _check_version(plan: Plan, own_hash: str, in_force: tuple[int, str]) -> None:
    version, known = in_force
    if plan.version == version and own_hash == known:
        return
    if plan.version <= version:
        sentence = f"version {version} is in force: an older one, or another of its number, is not"
        raise PlanRefused("older-version", "version", sentence)
    if plan.previous_hash != known:
        sentence = "this version does not follow the one in force"
        raise PlanRefused("wrong-predecessor", "previous_hash", sentence)


def _check_signatures(
    payload: bytes,
    rows: dict[str, Json],
    signatures: list[dict[str, str]],
    trusted: Sequence[Signer],
) -> None:
    if len(signatures) < len(ROLES):
        raise PlanRefused("one-signature", "signatures", "a plan needs two signatures")
    if len({one["signer"] for one in signatures}) < len(signatures):
        raise PlanRefused("same-signer", "signatures", "two different people must sign")
    if len({one["role"] for one in signatures}) < len(signatures):
        raise PlanRefused("same-role", "signatures", "a pharmacist and a checker must sign")
    if len(signatures) > len(ROLES):
        raise PlanRefused("not-an-envelope", "signatures", "more signatures than roles")
    keys: set[bytes] = set()
    for index, one in enumerate(signatures):
        place = f"signatures[{index}]"
        signer = next(
            (who for who in trusted if who.name == one["signer"] and who.role == one["role"]), None
        )
        if signer is None or signer.role not in ROLES:
            sentence = "this device does not know this signer in this role"
            raise PlanRefused("unknown-signer", place, sentence)
        if one["algorithm"] != ALGORITHM:
            raise PlanRefused("bad-signature", place, f"only {ALGORITHM} is accepted")
        signed = _signed_bytes(payload, rows, signer.role, signer.name)
        try:
            key = Ed25519PublicKey.from_public_bytes(signer.public_key)
            key.verify(_unb64(one["signature"], place), signed)
        except (InvalidSignature, ValueError):
            raise PlanRefused("bad-signature", place, "the signature does not fit") from None
        keys.add(signer.public_key)
    if len(keys) < len(ROLES):
        # One key under two names is one person.
        raise PlanRefused("same-signer", "signatures", "two different people must sign")


def _signed_bytes(payload: bytes, rows: dict[str, Json], role: str, name: str) -> bytes:
    parts = [role.encode(), name.encode(), _compact(rows), payload]
    return DOMAIN + b"".join(struct.pack(">I", len(part)) + part for part in parts)


def _compact(value: Json) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def _envelope(payload: bytes, rows: dict[str, Json], signatures: Sequence[Json]) -> bytes:
    return _compact(
        {
            "schema": SCHEMA,
            "payload": _b64(payload),
            "compiled": rows,
            "signatures": list(signatures),
        }
    )


def _open(envelope: bytes) -> tuple[bytes, dict[str, Json], list[dict[str, str]]]:
    """Payload, compiled and signatures of an envelope; PlanRefused for any other shape."""
    if len(envelope) > MAX_ENVELOPE:
        raise PlanRefused("too-large", "", "the envelope is larger than one can be")
    top = read_json(envelope)
    if not isinstance(top, dict) or set(top) != {"schema", "payload", "compiled", "signatures"}:
        raise PlanRefused("not-an-envelope", "", "this is not the envelope of a plan")
    if top["schema"] != SCHEMA:
        raise PlanRefused("not-an-envelope", "schema", f"must be '{SCHEMA}'")
    payload, rows, found = top["payload"], top["compiled"], top["signatures"]
    if not isinstance(payload, str) or not isinstance(rows, dict) or not isinstance(found, list):
        raise PlanRefused("not-an-envelope", "", "this is not the envelope of a plan")
    shape = {"until": int, "rows": int, "hash": str, "tzdata": str, "compiler": str}
    if {key: type(value) for key, value in rows.items()} != shape:
        raise PlanRefused("not-an-envelope", "compiled", "the compiled rows are not described")
    signatures: list[dict[str, str]] = []
    for index, one in enumerate(found):
        keys = {"role", "signer", "algorithm", "signature"}
        if not isinstance(one, dict) or set(one) != keys:
            raise PlanRefused("not-an-envelope", f"signatures[{index}]", "not a signature")
        texts = {key: value for key, value in one.items() if isinstance(value, str)}
        if len(texts) < len(keys):
            raise PlanRefused("not-an-envelope", f"signatures[{index}]", "not a signature")
        signatures.append(texts)
    return _unb64(payload, "payload"), rows, signatures


def _b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _unb64(text: str, place: str) -> bytes:
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PlanRefused("not-an-envelope", place, "this is not base64") from None
    if _b64(data) != text:  # two spellings of the same bytes
        raise PlanRefused("not-an-envelope", place, "this is not base64 in its one form")
    return data
