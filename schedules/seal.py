"""The signed envelope of a plan: bytes, what they compile to, what was checked, two signatures.

Responsible for: sealing and verifying; the only file that knows `cryptography`. Not
responsible for the shape (envelope.py), for keys at rest, for who holds them (signers.py), or for
what a plan says.

Signed by each role: DOMAIN, role, its signer's name, the compiled rows' hash, what the plan was
checked with and which questions were answered, and the payload. A signature for one role is worth
nothing for the other, and no answer can be added, changed or left out afterwards.
"""

import hashlib
import struct
from collections.abc import Mapping, Sequence
from dataclasses import replace

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from schedules.canonical import Json, canonical, from_canonical
from schedules.checked import Checked, checked_form, read_checked
from schedules.envelope import Envelope, b64, compact, open_envelope, unb64, write_envelope
from schedules.localtime import tzdata_version
from schedules.model import DAY_S, Plan, PlanRefused
from schedules.rows import compile_rows, rows_hash
from schedules.signers import ROLES as ROLES
from schedules.signers import Signer as Signer
from schedules.signers import known_as, person, weak

COMPILER = "1"  # raised whenever equal plans may compile to other rows
ALGORITHM = "ed25519"
DOMAIN = b"posology plan signature 2\0"
AHEAD_S = 31 * DAY_S  # a plan that begins later is not loaded yet, or this clock is wrong


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
    return str(open_envelope(envelope).rows["hash"])


def checked_of(envelope: bytes) -> Checked:
    """What an envelope says of its checks, whoever signed it."""
    return open_envelope(envelope).checked


def sign(private: bytes, told: bytes) -> str:
    """The base64 signature of 32 private bytes over `told`."""
    return b64(Ed25519PrivateKey.from_private_bytes(private).sign(told))


def fits(public: bytes, signature: str, told: bytes) -> bool:
    """Whether a base64 signature is that of `public` over `told`; never for a weak key."""
    if weak(public):
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(unb64(signature, ""), told)
    except (InvalidSignature, ValueError, PlanRefused):
        return False
    return True


def seal(
    plan: Plan, signers: Sequence[tuple[str, str, bytes]], checked: Checked | None = None
) -> bytes:
    """The envelope of a plan signed by each (name, role, private key)."""
    said = read_checked(checked_form(checked or Checked()))  # what could not be read is not signed
    envelope = Envelope(canonical(plan), compiled(plan), said, ())
    for name, role, private in signers:
        envelope = _signed(envelope, name, role, private)
    return write_envelope(envelope)


def countersign(data: bytes, name: str, role: str, private: bytes) -> bytes:
    """One signature more; PlanRefused where the rows are not those of the plan."""
    envelope = open_envelope(data)
    _check_rows(from_canonical(envelope.payload), envelope.rows)
    return write_envelope(_signed(envelope, name, role, private))


def _signed(envelope: Envelope, name: str, role: str, private: bytes) -> Envelope:
    more = {
        "role": role,
        "signer": name,
        "algorithm": ALGORITHM,
        "signature": sign(private, _signed_bytes(envelope, role, name)),
    }
    return replace(envelope, signatures=(*envelope.signatures, more))


def verify(
    data: bytes,
    trusted: Sequence[Signer],
    *,
    device: str,
    now_s: int,
    in_force: tuple[int, str] | None = None,
    patient: str = "",
    judged: bool = True,
) -> Plan:
    """The Plan of an envelope that may come into force on this device now.

    `in_force` is (version, plan hash) of the plan it would follow, `patient` whose that is; the
    very plan in force verifies again, not `judged` by rules that may have come since. PlanRefused
    names the first reason against it.
    """
    envelope = open_envelope(data)
    _check_signatures(envelope, trusted)
    plan = from_canonical(envelope.payload, judged=judged)
    if plan.device != device:
        raise PlanRefused("other-device", "device", "this plan is for another device")
    if patient and plan.patient != patient:
        raise PlanRefused("other-patient", "patient", "this machine serves another patient")
    if now_s >= plan.valid_until:
        raise PlanRefused("expired", "valid_until", "this plan is no longer valid")
    if in_force is not None:
        _check_version(plan, hashlib.sha256(envelope.payload).hexdigest(), in_force)
    _check_rows(plan, envelope.rows)
    return plan


def check_signed(data: bytes, trusted: Sequence[Signer]) -> None:
    """PlanRefused where two trusted people have not signed it; nothing is compiled."""
    _check_signatures(open_envelope(data), trusted)


def check_begin(plan: Plan, now_s: int) -> None:
    """PlanRefused for a plan that begins so late that it, or this clock, must be wrong."""
    if plan.valid_from > now_s + AHEAD_S:
        sentence = (
            "this plan begins more than 31 days from now: look at the clock, or bring it then"
        )
        raise PlanRefused("not-yet-valid", "valid_from", sentence)


def unverified(data: bytes) -> Plan:
    """The plan an envelope holds, whoever signed it: for showing, never for dispensing."""
    return from_canonical(open_envelope(data).payload)


def who_says(data: bytes) -> tuple[str, ...]:
    """Who an envelope says to be signed by: for showing only."""
    return tuple(f"{one['signer']} ({one['role']})" for one in open_envelope(data).signatures)


def _check_rows(plan: Plan, rows: Mapping[str, Json]) -> None:
    now_rows = compiled(plan)
    if rows["compiler"] != COMPILER or any(
        rows[key] != now_rows[key] for key in ("until", "rows", "hash")
    ):
        sentence = "this machine compiles the plan to other doses than were signed: sign it anew"
        raise PlanRefused("compiled-mismatch", "compiled", sentence)


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


def _check_signatures(envelope: Envelope, trusted: Sequence[Signer]) -> None:
    signatures = envelope.signatures
    if len(signatures) < len(ROLES):
        raise PlanRefused("one-signature", "signatures", "a plan needs two signatures")
    if len({person(one["signer"]) for one in signatures}) < len(signatures):
        raise PlanRefused("same-signer", "signatures", "two different people must sign")
    if len({one["role"] for one in signatures}) < len(signatures):
        raise PlanRefused("same-role", "signatures", "a pharmacist and a checker must sign")
    if len(signatures) > len(ROLES):
        raise PlanRefused("not-an-envelope", "signatures", "more signatures than roles")
    keys: set[bytes] = set()
    for index, one in enumerate(signatures):
        place = f"signatures[{index}]"
        known = known_as(trusted, one["signer"], one["role"])
        if not known:
            sentence = "this device does not know this signer in this role"
            raise PlanRefused("unknown-signer", place, sentence)
        if one["algorithm"] != ALGORITHM:
            raise PlanRefused("bad-signature", place, f"only {ALGORITHM} is accepted")
        unb64(one["signature"], place)
        told = _signed_bytes(envelope, one["role"], one["signer"])
        fitting = [who for who in known if fits(who.public_key, one["signature"], told)]
        if not fitting:
            raise PlanRefused("bad-signature", place, "the signature does not fit")
        keys.add(fitting[0].public_key)
    if len(keys) < len(ROLES):
        # One key under two names is one person.
        raise PlanRefused("same-signer", "signatures", "two different people must sign")


def _signed_bytes(envelope: Envelope, role: str, name: str) -> bytes:
    parts = [
        role.encode(),
        name.encode(),
        compact(dict(envelope.rows)),
        compact(checked_form(envelope.checked)),
        envelope.payload,
    ]
    return DOMAIN + b"".join(struct.pack(">I", len(part)) + part for part in parts)
