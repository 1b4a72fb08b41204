"""The envelope of a plan as bytes: what it holds, its one form, and the strict way back.

Responsible for: the shape. Not responsible for signatures (seal.py) or for what a plan says. An
envelope has one spelling: whatever reads as the same and is written otherwise is refused.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass

from schedules.canonical import MAX_BYTES, Json, read_json
from schedules.checked import Checked, checked_form, read_checked
from schedules.model import PlanRefused

SCHEMA = "posology-envelope/2"
MAX_ENVELOPE = 2 * MAX_BYTES
_KEYS = {"schema", "payload", "compiled", "checked", "signatures"}
_ROWS = {"until": int, "rows": int, "hash": str, "tzdata": str, "compiler": str}
_SIGNATURE = {"role", "signer", "algorithm", "signature"}


@dataclass(frozen=True)
class Envelope:
    """Canonical bytes of a plan, what they compile to, its checks, and who signed all of it."""

    payload: bytes
    rows: Mapping[str, Json]
    checked: Checked
    signatures: tuple[Mapping[str, str], ...]


def compact(value: Json) -> bytes:
    """The one way in which a document is written."""
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode()


def write_envelope(envelope: Envelope) -> bytes:
    """The bytes of an envelope."""
    signatures: list[Json] = [dict(one) for one in envelope.signatures]
    return compact(
        {
            "schema": SCHEMA,
            "payload": b64(envelope.payload),
            "compiled": dict(envelope.rows),
            "checked": checked_form(envelope.checked),
            "signatures": signatures,
        }
    )


def open_envelope(data: bytes) -> Envelope:
    """The envelope of its bytes, nobody's signature checked; PlanRefused for any other shape."""
    if len(data) > MAX_ENVELOPE:
        raise PlanRefused("too-large", "", "the envelope is larger than one can be")
    top = read_json(data)
    if not isinstance(top, dict) or set(top) != _KEYS:
        raise PlanRefused("not-an-envelope", "", "this is not the envelope of a plan")
    if top["schema"] != SCHEMA:
        raise PlanRefused("not-an-envelope", "schema", f"must be '{SCHEMA}'")
    payload, rows, found = top["payload"], top["compiled"], top["signatures"]
    if not isinstance(payload, str) or not isinstance(rows, dict) or not isinstance(found, list):
        raise PlanRefused("not-an-envelope", "", "this is not the envelope of a plan")
    if {key: type(value) for key, value in rows.items()} != _ROWS:
        raise PlanRefused("not-an-envelope", "compiled", "the compiled rows are not described")
    signatures = tuple(_signature(one, f"signatures[{i}]") for i, one in enumerate(found))
    envelope = Envelope(unb64(payload, "payload"), rows, read_checked(top["checked"]), signatures)
    if write_envelope(envelope) != data:
        raise PlanRefused("not-canonical", "", "an envelope is written in one way only")
    return envelope


def _signature(one: Json, place: str) -> dict[str, str]:
    pairs = one.items() if isinstance(one, dict) else ()
    texts = {key: value for key, value in pairs if isinstance(value, str)}
    if set(texts) != _SIGNATURE or not isinstance(one, dict) or len(one) != len(texts):
        raise PlanRefused("not-an-envelope", place, "not a signature")
    return texts


def b64(data: bytes) -> str:
    """Base64 as it stands in documents."""
    return base64.b64encode(data).decode()


def unb64(text: str, place: str) -> bytes:
    """The bytes of base64 in its one spelling; PlanRefused otherwise."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise PlanRefused("not-an-envelope", place, "this is not base64") from None
    if b64(data) != text:  # two spellings of the same bytes
        raise PlanRefused("not-an-envelope", place, "this is not base64 in its one form")
    return data
