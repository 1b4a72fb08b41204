"""Everything two people sign, and what a cheat does to it: documents for the tests of forgery.

Responsible for: one good document of each kind, its verification as a code, and ways to write,
cut and forge bytes. Not responsible for which code is right (test_cheats.py).
"""

import base64
import json
import struct
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from schedules import halt, rules, seal, signed, told_time, vouch
from schedules.canonical import plan_hash
from schedules.checked import Answer, Checked
from schedules.model import LastTaken, Plan, PlanRefused
from schedules.seal import Signer
from schedules.signed import compact
from tests.schedules.checking import NOW_S, medicine, plan

ORDER = 2**252 + 27742317777372353535851937790883648493  # of the base point, RFC 8032
FIELD = 2**255 - 19

Person = tuple[str, str, bytes]
Change = Callable[[dict[str, Any]], object]


def key(number: int) -> tuple[bytes, bytes]:
    """A pair that is the same in every run."""
    private = bytes([number] * 32)
    return private, seal.public_of(private)


ADA: Person = ("person/ada", "pharmacist", key(1)[0])
BEN: Person = ("person/ben", "checker", key(2)[0])
EVE: Person = ("person/eve", "checker", key(3)[0])


def entry(person: Person) -> Signer:
    """A person as the device trusts it."""
    return Signer(person[0], person[1], seal.public_of(person[2]))


TRUSTED = (entry(ADA), entry(BEN))
PLAN = plan(medicine(), valid_until="2026-12-06")
ANSWER = Answer("many-pieces", "metformin-500", "5 pieces in one taking", "titration, called")
CHECKED = Checked("starter 1 0123456789abcdef", (ANSWER,))
ENVELOPE = seal.seal(PLAN, [ADA, BEN], CHECKED)
NUMBER = "4711"
DOSE = "0123456789abcdef0123456789abcdef"


def refused(run: Callable[[], object]) -> str:
    """The code something is refused with, "" where it is taken."""
    try:
        run()
    except PlanRefused as fault:
        return fault.code
    return ""


def plan_code(
    data: bytes, trusted: Sequence[Signer] = TRUSTED, now_s: int = NOW_S, **given: Any
) -> str:
    """What a machine says to an envelope when it is brought."""
    options = {"device": "device-1", "patient": "pt-7Q2K"} | given

    def bring() -> None:
        taken = seal.verify(data, trusted, now_s=now_s, **options)
        seal.check_begin(taken, now_s)

    return refused(bring)


@dataclass(frozen=True)
class Sort:
    """One kind of small document: a good one, and what a machine says to any."""

    kind: signed.Kind
    good: str
    code: Callable[[str, Sequence[Signer]], str]


def _act(document: str, trusted: Sequence[Signer]) -> str:
    return refused(
        lambda: halt.verify_act(document, trusted, device="device-1", now_s=NOW_S, after=0)
    )


def _time(document: str, trusted: Sequence[Signer]) -> str:
    return refused(
        lambda: told_time.verify_time(
            document, trusted, device="device-1", number=NUMBER, now_s=NOW_S, after=0
        )
    )


def act(word: str, number: int = 7, not_after: int = NOW_S + 3600, **given: Any) -> halt.Act:
    """An act on the plan's medicine."""
    taken = LastTaken("never") if word == "resume" else halt.NOT_SAID
    one = halt.Act(word, "device-1", "pt-7Q2K", "metformin-500", number, not_after, taken)
    return replace(one, **given)


SAW = vouch.Vouch("device-1", DOSE, "missed", "counted", "person/ben")
RULES = compact(
    {
        "schema": rules.SCHEMA,
        "id": "site",
        "version": 3,
        "made_on": "2026-11-01",
        "expires_on": "2027-11-01",
        "complete": False,
        "label": "a few",
        "classes": {"maoi": ["selegiline"]},
        "rules": [],
    }
)
SORTS = {
    "stop": Sort(halt.KIND, halt.seal_act(act("stop"), [ADA]), _act),
    "resume": Sort(halt.KIND, halt.seal_act(act("resume"), [ADA, BEN]), _act),
    "vouch": Sort(
        vouch.KIND,
        vouch.seal_vouch(SAW, ADA),
        lambda document, trusted: refused(
            lambda: vouch.verify_vouch(document, trusted, device="device-1")
        ),
    ),
    "time": Sort(told_time.KIND, told_time.seal_time("device-1", NUMBER, NOW_S, ADA), _time),
    "rules": Sort(
        rules.KIND,
        rules.seal_rules(RULES, [ADA, BEN]),
        lambda document, trusted: refused(
            lambda: rules.verify_rules(document, trusted, now_s=NOW_S, after="site 3 x")
        ),
    ),
    "plan": Sort(
        signed.Kind("posology-envelope/2", seal.DOMAIN, "not-an-envelope", "no plan"),
        ENVELOPE.decode(),
        lambda document, trusted: plan_code(document.encode(errors="replace"), trusted),
    ),
}


def edited(data: bytes | str, change: Change) -> bytes:
    """A document after one change, written in its one spelling."""
    top = json.loads(data)
    change(top)
    return compact(top)


def payload(document: bytes | str) -> Any:
    """What a document says, as JSON."""
    return json.loads(base64.b64decode(json.loads(document)["payload"]))


def repacked(document: bytes | str, data: bytes) -> bytes:
    """The document with another payload and the old signatures."""
    return edited(document, lambda top: top.update(payload=base64.b64encode(data).decode()))


def forged(
    data: bytes, people: Sequence[Person] = (ADA, BEN), domain: bytes = seal.DOMAIN
) -> bytes:
    """Any payload under true signatures of a plan: the format, written down a second time."""
    top = json.loads(ENVELOPE)
    parts = [compact(top["compiled"]), compact(top["checked"]), data]
    signatures = []
    for name, role, private in people:
        told = domain + b"".join(
            struct.pack(">I", len(part)) + part for part in (role.encode(), name.encode(), *parts)
        )
        made = Ed25519PrivateKey.from_private_bytes(private).sign(told)
        signatures.append(
            {
                "role": role,
                "signer": name,
                "algorithm": "ed25519",
                "signature": base64.b64encode(made).decode(),
            }
        )
    top["payload"] = base64.b64encode(data).decode()
    top["signatures"] = signatures
    return compact(top)


def following(**given: Any) -> Plan:
    """Version 2 after PLAN."""
    return replace(PLAN, version=2, previous_hash=plan_hash(PLAN), **given)


def put(*path: Any) -> Change:
    """A change: the last of `path` is what is put in the place the others lead to."""

    def change(top: Any) -> None:
        for step in path[:-2]:
            top = top[step]
        top[path[-2]] = path[-1]

    return change
