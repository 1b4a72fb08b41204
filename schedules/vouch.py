"""A second person's signed word on a dose in doubt (R16): what became of it, and who saw it.

Responsible for: what it says, sealing and verifying. Not responsible for signatures (signed.py)
or for when a second person is needed (controller/wishes/doses.py). It settles one dose, once:
a dose that is no longer in doubt cannot be settled again, so nobody gains by repeating it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from schedules.canonical import read_json
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
from schedules.signers import person

SCHEMA = "posology-vouch/1"
KIND = Kind(SCHEMA, b"posology vouch signature 1\0", "not-a-vouch", "this is not a signed word")
OUTCOMES = ("taken", "missed")
TEXT_MAX = 80
_FIELDS = ("schema", "device", "dose_id", "outcome", "how", "by")


@dataclass(frozen=True)
class Vouch:
    """`by` has seen what became of the dose; who signs has satisfied himself that it is so."""

    device: str
    dose_id: str  # 32 hex digits
    outcome: str
    how: str
    by: str


def seal_vouch(vouch: Vouch, person: Person) -> str:
    """The word as a document, signed by (name, role, private key)."""
    payload = compact(
        {
            "schema": SCHEMA,
            "device": vouch.device,
            "dose_id": vouch.dose_id,
            "outcome": vouch.outcome,
            "how": vouch.how,
            "by": vouch.by,
        }
    )
    _vouch(payload)
    return seal_document(KIND, payload, [person])


def is_vouch(data: bytes) -> bool:
    """Whether a file is meant to be one: not that it is sound."""
    return is_kind(KIND, data)


def unverified_vouch(document: str) -> tuple[Vouch, tuple[str, ...]]:
    """The word and who says to have signed it: for showing only."""
    payload, found = open_document(KIND, document)
    return _vouch(payload), tuple(f"{one['signer']} ({one['role']})" for one in found)


def verify_vouch(document: str, trusted: Sequence[Signer], *, device: str) -> tuple[Vouch, str]:
    """The word and who signed it; PlanRefused names the first reason against it."""
    payload, signatures = open_document(KIND, document)
    names = who_signed(KIND, payload, signatures, trusted)
    vouch = _vouch(payload)
    if vouch.device != device:
        raise PlanRefused("other-device", "device", "this word is for another device")
    if len(names) != 1 or person(names[0]) == person(vouch.by):
        sentence = "who has seen it and who signs must be two people"
        raise PlanRefused("same-signer", "signatures", sentence)
    return vouch, names[0]


def _vouch(payload: bytes) -> Vouch:
    read = read_json(payload)
    if not isinstance(read, dict) or set(read) != set(_FIELDS) or compact(read) != payload:
        raise KIND.refused()
    said = {key: value for key, value in read.items() if isinstance(value, str)}
    if len(said) < len(_FIELDS) or said["schema"] != SCHEMA:
        raise KIND.refused()
    dose_id = said["dose_id"]
    if len(dose_id) != 32 or dose_id.strip("0123456789abcdef"):
        raise PlanRefused("not-a-dose", "dose_id", "the number of a dose has 32 hex digits")
    if said["outcome"] not in OUTCOMES:
        raise PlanRefused("bad-outcome", "outcome", "say taken or missed; if unsure, sign nothing")
    texts = [said[key] for key in ("how", "by", "device")]
    if not all(0 < len(one.strip()) <= TEXT_MAX and one.isprintable() for one in texts):
        sentence = f"who, how and device are texts of 1 to {TEXT_MAX} characters that can be shown"
        raise PlanRefused("wrong-value", "payload", sentence)
    return Vouch(said["device"], dose_id, said["outcome"], said["how"], said["by"])
