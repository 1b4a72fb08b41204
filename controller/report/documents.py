"""What leaves the home: the public documents, and the seal that proves who wrote them.

Responsible for: the closed table of event fields that may be published, the state
document, the acknowledgement, and their seal (HMAC-SHA-256 under the hub key).
Not responsible for when anything is sent. No name of a person or a medicine passes:
what the table does not list is dropped, people become roles, regimens become
pseudonyms, and words that are not in the closed vocabulary become `other`.
"""

import datetime
import hashlib
import hmac
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Protocol, TypeAlias

from controller.canonical import Json, Unclear, canonical_json, strict_object
from controller.report.vocabulary import ROLES, WORDS, words

SCHEMA = 1
MAX_DOCUMENT = 16_384  # bytes; the largest message either side reads
MAX_LIST = 64  # ids in one list: more than the doses of one round will ever be
HEARTBEAT_MS = 300_000  # a state document is sent at least this often
OVERDUE_MS = 900_000  # after this without one the hub calls the machine silent

Document: TypeAlias = dict[str, Json]
Reader: TypeAlias = Callable[[Json, bytes], Json]


class Entry(Protocol):
    """One event as the journal hands it out."""

    @property
    def number(self) -> int: ...
    @property
    def at_ms(self) -> int: ...
    @property
    def kind(self) -> str: ...
    @property
    def body(self) -> Mapping[str, Json]: ...
    @property
    def prev(self) -> bytes: ...
    @property
    def hash(self) -> bytes: ...


_ALERT_ID = re.compile(r"([a-z-]+?)(?:-(?:[0-9]{1,4}|[0-9a-f]{12,32}))?")


def _number(value: Json, key: bytes) -> Json:
    """An integer or a yes/no; anything else is not published."""
    return value if isinstance(value, int) else None


def _flag(value: Json, key: bytes) -> Json:
    """Yes, or not there: most medicine is in the machine."""
    return True if value is True else None


def _numbers(value: Json, key: bytes) -> Json:
    """A list of integers."""
    if not isinstance(value, list):
        return None
    return [each for each in value[:MAX_LIST] if isinstance(each, int)]


def _hex(value: Json, key: bytes) -> Json:
    """An id of hex digits: dose ids, digests, epochs, hashes."""
    if isinstance(value, str) and len(value) <= 128 and not value.strip("0123456789abcdef"):
        return value
    return None


def _hexes(value: Json, key: bytes) -> Json:
    """A list of such ids."""
    if not isinstance(value, list):
        return None
    return [one for one in (_hex(each, key) for each in value[:MAX_LIST]) if one is not None]


def _word(value: Json, key: bytes) -> Json:
    """A word of the closed vocabulary, or a fault number; free text becomes `other`."""
    if isinstance(value, int):
        return value
    if value is None or value == "":
        return None
    text = str(value).lower().replace(" ", "-").replace("_", "-")
    return text if text in WORDS else "other"


def _role(value: Json, key: bytes) -> Json:
    """The part a person plays, never who: `person/ada` becomes `person`."""
    if not isinstance(value, str) or not value:
        return None
    role = value.partition("/")[0]
    return role if role in ROLES else "person"


def _pseudonym(value: Json, key: bytes) -> Json:
    """A stable name for a regimen that only the holder of the hub key could guess."""
    if not isinstance(value, str):
        return None
    return hmac.new(key, b"regimen|" + value.encode(errors="replace"), hashlib.sha256).hexdigest()[
        :16
    ]


def _pseudonyms(value: Json, key: bytes) -> Json:
    """A list of such names."""
    if not isinstance(value, list):
        return None
    return [_pseudonym(each, key) for each in value[:MAX_LIST]]


def _alert_id(value: Json, key: bytes) -> Json:
    """An id made of a public word and a number or dose id, else a keyed digest of it."""
    if not isinstance(value, str):
        return None
    parts = _ALERT_ID.fullmatch(value)
    if parts is not None and parts[1] in WORDS:
        return value
    return hmac.new(key, b"alert|" + value.encode(errors="replace"), hashlib.sha256).hexdigest()[
        :32
    ]


_NUMBERS = words(
    """
    boot_epoch close_at compartment door_count drops due_at fault fill known_fill lease_no
    lift_count next_at not_after number open_at order pieces point round said_at seconds severity
    simulated spread_s taken_at tolerance_mg tray_index version warn_at weight_delta_mg weight_mg
    """
)
_FIELDS: dict[str, Reader] = {
    **dict.fromkeys(_NUMBERS, _number),
    **dict.fromkeys(("dose_id", "digest", "plan_hash", "former_head", "former_epoch"), _hex),
    **dict.fromkeys(("code", "reason", "how", "why", "kind", "outcome", "verdict"), _word),
    **dict.fromkeys(("act", "word"), _word),
    **dict.fromkeys(("compartments", "fills"), _numbers),
    "doses": _hexes,
    "elsewhere": _flag,
    "known_heads": _hexes,
    "voided": _hexes,
    "by": _role,
    "second": _role,
    "signer": _role,
    "regimen": _pseudonym,
    "regimens": _pseudonyms,
    "alert_id": _alert_id,
}

# kind -> the fields of it that may leave the home; a kind that is not here leaves bare
PUBLIC: dict[str, tuple[str, ...]] = {
    "LogOpened": ("reason", "former_head", "former_epoch", "known_heads", "known_fill"),
    "Started": (),
    "ClockTrusted": ("spread_s",),
    "ClockDoubted": ("reason",),
    "ClockConfirmed": ("by",),
    "ClockRepaired": ("by", "voided", "signer", "said_at"),
    "GivenLate": ("dose_id", "by", "why"),
    "TakingSaid": ("dose_id", "word", "taken_at", "how", "by"),
    "BoardJoined": ("boot_epoch", "simulated"),
    "BoardLost": (),
    "BoardReset": ("boot_epoch", "code"),
    "Locked": ("reason",),
    "Unlocked": ("reason", "by"),
    "PlanApproved": ("version", "plan_hash"),
    "PlanRefused": ("code",),
    "PlanInForce": ("version", "plan_hash", "lease_no"),
    "RegimenHalted": ("regimen", "act", "number", "by"),
    "RegimenResumed": ("regimen", "number", "by", "point"),
    "RowsPaired": ("version", "code", "regimen", "by"),
    "FillFreed": ("compartment", "fill"),
    "LastTaken": ("regimen", "word", "taken_at", "by"),
    "ServiceOpened": (),
    "ServiceClosed": (),
    "ServiceMoveAsked": ("by",),
    "ServiceMoveEnded": (),
    "Loading": (*("compartment", "by", "kind", "doses", "regimens", "tray_index", "door_count"),),
    "Loaded": (
        *("compartment", "fill", "kind", "doses", "regimens", "pieces", "weight_mg"),
        *("tolerance_mg", "open_at", "due_at", "warn_at", "close_at", "tray_index"),
        *("door_count", "by"),
    ),
    "Emptied": ("compartment", "fill", "pieces", "by"),
    "GivenByHand": ("compartment", "fill", "doses", "pieces", "by"),
    "LoadingDone": ("by",),
    "LeaseAccepted": ("lease_no", "digest", "version"),
    "FillHeld": ("compartment", "fill", "code"),
    "FillVerified": ("compartment", "fill", "tray_index", "door_count", "by"),
    "DoseOpened": ("dose_id", "regimen", "open_at", "due_at", "warn_at", "close_at", "elsewhere"),
    "DoseFellDue": ("dose_id",),
    "Presented": ("doses",),
    "PresentationEnded": ("doses", "seconds"),
    "DoseWarned": ("dose_id",),
    "AskedGranted": (
        *("regimen", "dose_id", "number", "compartment", "open_at", "close_at", "elsewhere"),
    ),
    "AskedRefused": ("regimen", "code", "next_at"),
    "RoundOffered": ("round", "compartments", "fills", "digest"),
    "OrderPrepared": ("order", "round", "compartment", "fill", "doses", "not_after"),
    "OrderRefused": ("order", "code"),
    "OrderConsented": ("order", "round", "boot_epoch"),
    "OrderCommitted": ("order", "digest", "boot_epoch", "lift_count"),
    "OrderWithdrawn": ("order", "why"),
    "VerdictCameLate": ("order", "verdict", "code", "drops", "weight_delta_mg"),
    "OrderResolved": ("order", "verdict", "code", "drops", "weight_delta_mg", "lift_count"),
    "RoundEnded": ("round",),
    "CupLifted": ("round", "lift_count"),
    "CupCleared": ("round",),
    "TakenLate": ("dose_id",),
    "DoseClosed": ("dose_id", "outcome", "how", "order", "by"),
    "DoseSettled": ("dose_id", "outcome", "how", "by", "second"),
    "AlertRaised": ("alert_id", "code", "severity", "dose_id", "compartment", "fault"),
    "AlertAcknowledged": ("alert_id", "by"),
    "AlertResolved": ("alert_id", "how", "by"),
    "FaultSeen": ("code",),
    "FaultCleared": ("code",),
}
# Stays at home, though harmless in itself or needed there: `envelope` (the whole plan), `document`
# (a signed act), `groups` and `amounts` (ingredients and how much), `place`
# (quotes the plan), `quarters` (how much of a medicine), `version` of the software (info has it),
# `rows` (the plan again), `log_epoch` (every document has it).
PRIVATE = frozenset(
    ("amounts", "document", "envelope", "groups", "log_epoch", "place", "quarters", "rows")
)


def iso(at_ms: int) -> str:
    """Unix milliseconds as ISO 8601 in UTC with milliseconds."""
    at = datetime.datetime.fromtimestamp(at_ms // 1000, datetime.UTC)
    return f"{at:%Y-%m-%dT%H:%M:%S}.{at_ms % 1000:03d}Z"


def publish(body: Mapping[str, Json], names: Iterable[str], key: bytes) -> Document:
    """Those of the named fields that may leave the home, as they may be seen outside."""
    found = ((name, _FIELDS[name](body.get(name), key)) for name in names)
    return {name: value for name, value in found if value is not None}


def event(entry: Entry, log_epoch: str, key: bytes) -> Document:
    """The public document of one journal event."""
    document = publish(entry.body, PUBLIC.get(entry.kind, ()), key)
    if "kind" in document:
        document["row"] = document["kind"]  # of a fill; `kind` names the event itself
    document.update(
        schema=SCHEMA,
        log_epoch=log_epoch,
        n=entry.number,
        at=iso(entry.at_ms),
        kind=entry.kind,
        prev=entry.prev.hex(),
        hash=entry.hash.hex(),
    )
    return document


def acknowledgement(log_epoch: str, acked: int, head: str, *, ask: bool) -> Document:
    """All up to `acked` is stored, its hash is `head`; `ask`: send what comes after, now."""
    return {"schema": SCHEMA, "log_epoch": log_epoch, "acked": acked, "head": head, "ask": ask}


def seal(document: Mapping[str, Json], leaf: str, device: str, key: bytes) -> bytes:
    """The document as bytes with its `mac`, bound to the leaf and the device it is for."""
    sealed = canonical_json({**document, "mac": _mac(document, leaf, device, key)}).encode()
    assert len(sealed) <= MAX_DOCUMENT, "a public document has a bounded size"
    return sealed


def unseal(payload: bytes, leaf: str, device: str, key: bytes) -> Document | None:
    """The document in `payload`, without `mac`; None unless its seal is right."""
    if len(payload) > MAX_DOCUMENT:
        return None
    try:
        document = strict_object(payload)
        mac = document.pop("mac", None)
        expected = _mac(document, leaf, device, key)
    except (Unclear, UnicodeError):  # half a surrogate pair is text to JSON, but has no bytes
        return None
    if not isinstance(mac, str) or not mac.isascii():
        return None
    return document if hmac.compare_digest(expected, mac) else None


def _mac(document: Mapping[str, Json], leaf: str, device: str, key: bytes) -> str:
    """HMAC-SHA-256 over leaf, device and canonical document, as hex."""
    message = f"posology/v1|{leaf}|{device}|".encode() + canonical_json(document).encode()
    return hmac.new(key, message, hashlib.sha256).hexdigest()
