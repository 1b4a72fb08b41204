"""Interaction rules as a signed file: what a site's two people have read and put in force.

Responsible for: the closed shape of a rule file, sealing, verifying, and what its names match.
Not responsible for looking at a plan (checks/interactions.py) or for signatures (signed.py). The
shape follows the W3C community's minimum information about a potential drug-drug interaction:
drugs, clinical consequence, seriousness, what to do, mechanism, evidence.
"""

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from schedules.canonical import Json, read_json
from schedules.ingredients import plain
from schedules.model import PlanRefused
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
from schedules.values import short_span_s

SCHEMA = "posology-rules/1"
MAX_BYTES = 1 << 21
KIND = Kind(
    "posology-signed-rules/1",
    b"posology rules signature 1\0",
    "not-rules",
    "this is not a signed rule file",
    MAX_BYTES,
)
KINDS = ("pair", "apart", "most", "advice")
SEVERITIES = ("refuse", "ask", "note")
ANY = "*"  # as second of a pair: every other medicine by mouth
MOST_RULES = 5000
TEXT_MAX = 400
_TOP = {
    "schema": str,
    "id": str,
    "version": int,
    "made_on": str,
    "expires_on": str,
    "complete": bool,
    "label": str,
    "classes": dict,
    "rules": list,
}
_TEXTS = ("id", "kind", "severity", "consequence", "todo", "evidence")
_MORE = {
    "pair": {"first", "second"},
    "apart": {"first", "second", "gap"},
    "most": {"first", "per_24h_mg"},
    "advice": {"first"},
}
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,63}")


@dataclass(frozen=True)
class Rule:
    """One fact about medicines: which, what happens, how bad, what to do, who says so."""

    id: str
    kind: str
    severity: str
    first: frozenset[str]  # plain names, classes resolved
    second: frozenset[str]  # or {ANY}; empty for `most` and `advice`
    consequence: str
    todo: str
    evidence: str
    mechanism: str = ""
    gap_s: int = 0  # apart
    per_24h_ug: int = 0  # most


@dataclass(frozen=True)
class Rules:
    """A rule file that may be used; `digest` names its very bytes."""

    id: str
    version: int
    made_on: date
    expires_on: date
    complete: bool
    label: str
    rules: tuple[Rule, ...]
    digest: str = field(repr=False)

    def name(self) -> str:
        """What a signed plan says it was checked with."""
        return f"{self.id} {self.version} {self.digest[:16]}"


def payload_of(data: bytes) -> bytes:
    """The bytes that are signed, of a rule file as people write it; PlanRefused otherwise."""
    payload = compact(_read(data))
    read_rules(payload)
    return payload


def seal_rules(payload: bytes, people: Sequence[Person]) -> str:
    """The signed rule file of a payload."""
    read_rules(payload)
    return seal_document(KIND, payload, people)


def countersign_rules(document: str, person: Person) -> str:
    """The signed rule file with one more signature."""
    read_rules(open_document(KIND, document)[0])
    return countersign_document(KIND, document, person)


def is_rules(data: bytes) -> bool:
    """Whether a file is meant to be a rule file, signed or not: not that it is sound."""
    return is_kind(KIND, data) or is_plain_rules(data)


def is_plain_rules(data: bytes) -> bool:
    """Whether a file is meant to be a rule file that nobody has signed."""
    try:
        top = read_json(data)
    except PlanRefused:
        return False
    return isinstance(top, dict) and top.get("schema") == SCHEMA


def unverified_rules(document: str) -> tuple[Rules, tuple[str, ...]]:
    """The rules and who says to have signed them: for showing only."""
    payload, found = open_document(KIND, document)
    return read_rules(payload), tuple(f"{one['signer']} ({one['role']})" for one in found)


def verify_rules(document: str, trusted: Sequence[Signer], *, now_s: int, after: str = "") -> Rules:
    """The rules two trusted people put in force; PlanRefused names the first reason against it.

    `after` is the name of the rule file that was used before: an older one is never used again.
    """
    if is_plain_rules(document.encode(errors="replace")):
        sentence = "nobody has signed this rule file: two people read and sign it first"
        raise PlanRefused("rules-unsigned", "signatures", sentence)
    payload, signatures = open_document(KIND, document)
    if len(who_signed(KIND, payload, signatures, trusted)) < len(ROLES):
        raise PlanRefused("one-signature", "signatures", "a rule file needs two signatures")
    rules = read_rules(payload)
    if datetime.fromtimestamp(now_s, UTC).date() > rules.expires_on:
        sentence = "this rule file is out of date: get a newer one"
        raise PlanRefused("rules-expired", "expires_on", sentence)
    before = after.split(" ")
    if len(before) == 3 and before[0] == rules.id and int(before[1]) > rules.version:
        sentence = f"version {before[1]} was used before: an older one is not"
        raise PlanRefused("rules-older", "version", sentence)
    return rules


def read_rules(payload: bytes) -> Rules:
    """The rules of canonical bytes; PlanRefused with the place of what does not fit."""
    top = _read(payload)
    if compact(top) != payload:
        raise PlanRefused("not-canonical", "", "these are not the bytes this file is signed in")
    if {key: type(value) for key, value in top.items()} != _TOP or top["schema"] != SCHEMA:
        raise _wrong("", "a rule file has just these keys: " + ", ".join(sorted(_TOP)))
    version, label, classes, found = top["version"], top["label"], top["classes"], top["rules"]
    assert isinstance(version, int) and isinstance(classes, dict) and isinstance(found, list)
    if version < 1 or not _ID.fullmatch(str(top["id"])):
        raise _wrong("version", "an id of small letters, and versions from 1")
    _text(label, "label")
    if len(found) > MOST_RULES:
        raise _wrong("rules", f"at most {MOST_RULES} rules")
    known = {name: _names(members, f"classes.{name}", {}) for name, members in classes.items()}
    rules = tuple(_rule(one, f"rules[{i}]", known) for i, one in enumerate(found))
    if len({one.id for one in rules}) < len(rules):
        raise _wrong("rules", "two rules have one id")
    return Rules(
        id=str(top["id"]),
        version=version,
        made_on=_day(top["made_on"], "made_on"),
        expires_on=_day(top["expires_on"], "expires_on"),
        complete=top["complete"] is True,
        label=str(label),
        rules=rules,
        digest=hashlib.sha256(payload).hexdigest(),
    )


def _read(data: bytes) -> dict[str, Json]:
    if len(data) > MAX_BYTES:
        raise PlanRefused("too-large", "", "the file is larger than a rule file can be")
    top = read_json(data)
    if not isinstance(top, dict):
        raise KIND.refused()
    return top


def _rule(value: Json, place: str, classes: Mapping[str, frozenset[str]]) -> Rule:
    if not isinstance(value, dict) or value.get("kind") not in _MORE:
        raise _wrong(place, "a rule has a kind: " + ", ".join(KINDS))
    kind = str(value["kind"])
    needed = _MORE[kind] | set(_TEXTS)
    if not needed <= set(value) <= needed | {"mechanism"}:
        raise _wrong(place, f"a rule of this kind has {', '.join(sorted(needed))}")
    said = {name: _text(value[name], f"{place}.{name}") for name in _TEXTS}
    if not _ID.fullmatch(said["id"]) or said["severity"] not in SEVERITIES:
        raise _wrong(place, "an id of small letters; severity is refuse, ask or note")
    gap, most = value.get("gap"), value.get("per_24h_mg")
    if kind == "apart" and not re.fullmatch(r"[1-9][0-9]{0,3}(min|h)", str(gap), re.ASCII):
        raise _wrong(f"{place}.gap", "a time span as 30min or 4h")
    if kind == "most" and (type(most) is not int or not 0 < most < 10**6):
        raise _wrong(f"{place}.per_24h_mg", "whole milligrams")
    second = value.get("second")
    return Rule(
        id=said["id"],
        kind=kind,
        severity=said["severity"],
        first=_names(value["first"], f"{place}.first", classes),
        second=frozenset() if second is None else _second(second, f"{place}.second", classes),
        consequence=said["consequence"],
        todo=said["todo"],
        evidence=said["evidence"],
        mechanism=_text(value["mechanism"], place) if "mechanism" in value else "",
        gap_s=short_span_s(str(gap)) if kind == "apart" else 0,
        per_24h_ug=most * 1000 if isinstance(most, int) else 0,
    )


def _second(value: Json, place: str, classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    return frozenset((ANY,)) if value == [ANY] else _names(value, place, classes)


def _names(value: Json, place: str, classes: Mapping[str, frozenset[str]]) -> frozenset[str]:
    """Plain names of ingredients; `class:ssri` stands for its members."""
    if not isinstance(value, list) or not value:
        raise _wrong(place, "a list of ingredients or classes")
    found: set[str] = set()
    for one in value:
        name = one if isinstance(one, str) else ""
        if name.startswith("class:"):
            if name[6:] not in classes:
                raise _wrong(place, "there is no class of this name")
            found |= classes[name[6:]]
        elif not _ID.fullmatch(name) or plain(name) != name:
            raise _wrong(place, "ingredients are written plainly: small letters, without salts")
        else:
            found.add(name)
    return frozenset(found)


def _text(value: Json, place: str) -> str:
    if not isinstance(value, str) or not value.isprintable() or not 0 < len(value) <= TEXT_MAX:
        raise _wrong(place, f"a text of 1 to {TEXT_MAX} characters")
    return value


def _day(value: Json, place: str) -> date:
    try:
        return date.fromisoformat(str(value))
    except ValueError:
        raise _wrong(place, "a date as 2026-11-23") from None


def _wrong(place: str, sentence: str) -> PlanRefused:
    return PlanRefused("wrong-rule", place, sentence)
